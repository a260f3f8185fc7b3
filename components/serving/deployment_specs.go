package serving

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const gpuResource corev1.ResourceName = "nvidia.com/gpu"

// deployment is the Deployment of the engines.
func deployment(s Spec, manager string) *appsv1.Deployment {
	d := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: objectMeta(s, manager),
		Spec: appsv1.DeploymentSpec{
			Selector:                &metav1.LabelSelector{MatchLabels: s.selectorLabels()},
			Strategy:                strategy(s.Lifecycle.Rollout),
			ProgressDeadlineSeconds: int32Of(s.Lifecycle.progressDeadlineSeconds()),
			Template:                podTemplate(s),
		},
	}
	if !s.scaled() {
		d.Spec.Replicas = int32Of(s.Replicas.Max)
	}
	return d
}

func strategy(r Rollout) appsv1.DeploymentStrategy {
	surge, unavailable := 1, 0
	if r == InPlace {
		surge, unavailable = 0, 1
	}
	return appsv1.DeploymentStrategy{
		Type:          appsv1.RollingUpdateDeploymentStrategyType,
		RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: number(surge), MaxUnavailable: number(unavailable)},
	}
}

// enginePod is the template of the engines' pods before the user's patch.
func enginePod(s Spec) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: s.allLabels(), Annotations: s.podAnnotations()},
		Spec: corev1.PodSpec{
			ServiceAccountName:           s.serviceAccount(),
			AutomountServiceAccountToken: new(false),
			// A Service called vllm would set VLLM_PORT, which vLLM reads as its own.
			EnableServiceLinks:            new(false),
			TerminationGracePeriodSeconds: int64Of(s.Lifecycle.graceSeconds()),
			SecurityContext:               podSecurity(),
			Tolerations:                   tolerations(s),
			TopologySpreadConstraints:     spread(s),
			PriorityClassName:             s.Scheduling.PriorityClass,
			NodeSelector:                  s.nodeSelector(),
			Affinity:                      affinity(s),
			Containers:                    []corev1.Container{container(s)},
			Volumes:                       volumes(s),
		},
	}
}

func container(s Spec) corev1.Container {
	return corev1.Container{
		Name:  containerName,
		Image: s.image(),
		// Tags are versions and never move, so what a node has is right.
		ImagePullPolicy: corev1.PullIfNotPresent,
		Args:            engineArgs(s),
		Env:             environment(s),
		Ports:           []corev1.ContainerPort{{Name: portName, ContainerPort: port, Protocol: corev1.ProtocolTCP}},
		Resources:       containerResources(s),
		StartupProbe:    startupProbe(s.Lifecycle),
		ReadinessProbe:  readinessProbe(),
		LivenessProbe:   livenessProbe(s.Lifecycle),
		// /health stays 200 while vLLM shuts down, so readiness would not take the
		// pod out: it goes on serving until every proxy has heard that it leaves.
		Lifecycle: &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{
			Sleep: &corev1.SleepAction{Seconds: int64(s.Lifecycle.DrainSeconds)},
		}},
		SecurityContext: containerSecurity(),
		VolumeMounts:    volumeMounts(s),
	}
}

func containerResources(s Spec) corev1.ResourceRequirements {
	gpus := quantity(strconv.Itoa(s.GPU.Count))
	memory := quantity(s.Resources.Memory)
	return corev1.ResourceRequirements{
		Requests: corev1.ResourceList{
			corev1.ResourceCPU:              quantity(s.Resources.CPU),
			corev1.ResourceMemory:           memory,
			corev1.ResourceEphemeralStorage: quantity(s.diskRequest()),
			gpuResource:                     gpus,
		},
		Limits: corev1.ResourceList{corev1.ResourceMemory: memory, gpuResource: gpus},
	}
}

func number(n int) *intstr.IntOrString { return new(intstr.FromInt(n)) }

func int32Of(n int) *int32 { return new(int32(n)) }

func int64Of(n int) *int64 { return new(int64(n)) }
