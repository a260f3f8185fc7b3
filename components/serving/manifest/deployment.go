package manifest

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

const gpuResource corev1.ResourceName = "nvidia.com/gpu"

// deployment returns the Deployment of the replicas.
func deployment(s serving.Spec, manager string) *appsv1.Deployment {
	d := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: objectMeta(s, manager),
		Spec: appsv1.DeploymentSpec{
			Selector:                &metav1.LabelSelector{MatchLabels: s.SelectorLabels()},
			Strategy:                strategy(s.Lifecycle.Rollout),
			ProgressDeadlineSeconds: int32Of(s.Lifecycle.ProgressDeadlineSeconds()),
			Template:                podTemplate(s),
		},
	}
	if !s.Scaled() {
		d.Spec.Replicas = int32Of(s.Replicas.Max)
	}
	return d
}

func strategy(r serving.Rollout) appsv1.DeploymentStrategy {
	surge, unavailable := 1, 0
	if r == serving.InPlace {
		surge, unavailable = 0, 1
	}
	return appsv1.DeploymentStrategy{
		Type:          appsv1.RollingUpdateDeploymentStrategyType,
		RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: number(surge), MaxUnavailable: number(unavailable)},
	}
}

// replicaPod returns the template of the replicas before the user's patch.
func replicaPod(s serving.Spec) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: s.PodLabels(), Annotations: s.PodAnnotations()},
		Spec: corev1.PodSpec{
			ServiceAccountName:           s.ServiceAccount(),
			AutomountServiceAccountToken: new(false),
			// A Service named vllm would set VLLM_PORT, which vLLM reads as its setting.
			EnableServiceLinks:            new(false),
			TerminationGracePeriodSeconds: int64Of(s.Lifecycle.GraceSeconds()),
			SecurityContext:               podSecurity(),
			Tolerations:                   tolerations(s),
			TopologySpreadConstraints:     spread(s),
			PriorityClassName:             s.Scheduling.PriorityClass,
			NodeSelector:                  s.NodeSelector(),
			Affinity:                      affinity(s),
			Containers:                    []corev1.Container{container(s)},
			Volumes:                       volumes(s),
		},
	}
}

func container(s serving.Spec) corev1.Container {
	return corev1.Container{
		Name:  serving.ContainerName,
		Image: s.ImageName(),
		// Tags are versions and never move, so the image on a node is the right one.
		ImagePullPolicy: corev1.PullIfNotPresent,
		Args:            serving.VLLMArgs(s),
		Env:             serving.Environment(s),
		Ports:           []corev1.ContainerPort{{Name: serving.PortName, ContainerPort: serving.Port, Protocol: corev1.ProtocolTCP}},
		Resources:       containerResources(s),
		StartupProbe:    startupProbe(s.Lifecycle),
		ReadinessProbe:  readinessProbe(),
		LivenessProbe:   livenessProbe(s.Lifecycle),
		// /health stays 200 while vLLM shuts down, so the readiness probe does not remove
		// the pod from the Service. The pod serves until every proxy has removed it.
		Lifecycle: &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{
			Sleep: &corev1.SleepAction{Seconds: int64(s.Lifecycle.DrainSeconds)},
		}},
		SecurityContext: containerSecurity(),
		VolumeMounts:    volumeMounts(s),
	}
}

func containerResources(s serving.Spec) corev1.ResourceRequirements {
	gpus := serving.Quantity(strconv.Itoa(s.GPU.Count))
	memory := serving.Quantity(s.Resources.Memory)
	return corev1.ResourceRequirements{
		Requests: corev1.ResourceList{
			corev1.ResourceCPU:              serving.Quantity(s.Resources.CPU),
			corev1.ResourceMemory:           memory,
			corev1.ResourceEphemeralStorage: serving.Quantity(s.DiskRequest()),
			gpuResource:                     gpus,
		},
		Limits: corev1.ResourceList{corev1.ResourceMemory: memory, gpuResource: gpus},
	}
}

func number(n int) *intstr.IntOrString { return new(intstr.FromInt(n)) }

func int32Of(n int) *int32 { return new(int32(n)) }

func int64Of(n int) *int64 { return new(int64(n)) }
