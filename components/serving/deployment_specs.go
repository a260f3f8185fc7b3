package serving

import (
	"strconv"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const gpuResource = "nvidia.com/gpu"

// deploymentArgs is the Deployment of the engines.
func deploymentArgs(s Spec, c credentials, manager string) *appsv1.DeploymentArgs {
	spec := &appsv1.DeploymentSpecArgs{
		Selector:                &metav1.LabelSelectorArgs{MatchLabels: selectorLabels(s.Name)},
		Strategy:                strategy(s.Lifecycle.Rollout),
		ProgressDeadlineSeconds: pulumi.Int(s.Lifecycle.progressDeadlineSeconds()),
		Template: &corev1.PodTemplateSpecArgs{
			Metadata: &metav1.ObjectMetaArgs{
				Labels: labels(s.Name),
				Annotations: pulumi.StringMap{
					// Engines are born slowly: node autoscalers leave them alone.
					"cluster-autoscaler.kubernetes.io/safe-to-evict": pulumi.String("false"),
					"karpenter.sh/do-not-disrupt":                    pulumi.String("true"),
				},
			},
			Spec: podSpec(s, c),
		},
	}
	if !s.scaled() {
		spec.Replicas = pulumi.Int(s.Replicas.Max)
	}
	return &appsv1.DeploymentArgs{Metadata: objectMeta(s, manager), Spec: spec}
}

func strategy(r Rollout) *appsv1.DeploymentStrategyArgs {
	surge, unavailable := 1, 0
	if r == InPlace {
		surge, unavailable = 0, 1
	}
	return &appsv1.DeploymentStrategyArgs{
		Type: pulumi.String("RollingUpdate"),
		RollingUpdate: &appsv1.RollingUpdateDeploymentArgs{
			MaxSurge:       pulumi.Int(surge),
			MaxUnavailable: pulumi.Int(unavailable),
		},
	}
}

func podSpec(s Spec, c credentials) *corev1.PodSpecArgs {
	pod := &corev1.PodSpecArgs{
		ServiceAccountName:           pulumi.String(s.Name),
		AutomountServiceAccountToken: pulumi.Bool(false),
		// A Service called vllm would set VLLM_PORT, which vLLM reads as its own.
		EnableServiceLinks:            pulumi.Bool(false),
		TerminationGracePeriodSeconds: pulumi.Int(s.Lifecycle.graceSeconds()),
		SecurityContext:               podSecurity(),
		Tolerations:                   tolerations(),
		Containers:                    corev1.ContainerArray{container(s, c)},
		Volumes:                       volumes(s.Resources),
	}
	if constraints := spread(s); constraints != nil {
		pod.TopologySpreadConstraints = constraints
	}
	if class := s.Scheduling.PriorityClass; class != "" {
		pod.PriorityClassName = pulumi.String(class)
	}
	if selector := s.nodeSelector(); len(selector) > 0 {
		pod.NodeSelector = pulumi.ToStringMap(selector)
	}
	return pod
}

func container(s Spec, c credentials) *corev1.ContainerArgs {
	return &corev1.ContainerArgs{
		Name:  pulumi.String(containerName),
		Image: pulumi.String(s.image()),
		// Tags are versions and never move, so what a node has is right.
		ImagePullPolicy: pulumi.String("IfNotPresent"),
		Args:            pulumi.ToStringArray(engineArgs(s)),
		Env:             environment(s, c),
		Ports: corev1.ContainerPortArray{&corev1.ContainerPortArgs{
			Name:          pulumi.String(portName),
			ContainerPort: pulumi.Int(port),
			Protocol:      pulumi.String("TCP"),
		}},
		Resources:      containerResources(s),
		StartupProbe:   startupProbe(s.Lifecycle),
		ReadinessProbe: readinessProbe(),
		LivenessProbe:  livenessProbe(s.Lifecycle),
		// /health stays 200 while vLLM shuts down, so readiness would not take the
		// pod out: it goes on serving until every proxy has heard that it leaves.
		Lifecycle: &corev1.LifecycleArgs{PreStop: &corev1.LifecycleHandlerArgs{
			Sleep: &corev1.SleepActionArgs{Seconds: pulumi.Int(s.Lifecycle.DrainSeconds)},
		}},
		SecurityContext: containerSecurity(),
		VolumeMounts:    volumeMounts(),
	}
}

func containerResources(s Spec) *corev1.ResourceRequirementsArgs {
	gpus := pulumi.String(strconv.Itoa(s.GPU.Count))
	memory := pulumi.String(s.Resources.Memory)
	return &corev1.ResourceRequirementsArgs{
		Requests: pulumi.StringMap{
			"cpu":               pulumi.String(s.Resources.CPU),
			"memory":            memory,
			"ephemeral-storage": pulumi.String(s.Resources.Disk),
			gpuResource:         gpus,
		},
		Limits: pulumi.StringMap{"memory": memory, gpuResource: gpus},
	}
}
