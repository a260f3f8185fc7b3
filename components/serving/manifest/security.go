package manifest

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

const (
	// vllmUser is the unprivileged user of the vLLM image; its files belong to
	// the root group, so any other group fails.
	vllmUser  = 2000
	rootGroup = 0

	// nodeLostSeconds is how long an engine stays on a node that is not heard
	// of: long enough for a hiccup, since a new engine takes minutes.
	nodeLostSeconds = 60
)

// podSecurity is what the restricted Pod Security Standard asks of a pod.
func podSecurity() *corev1.PodSecurityContext {
	return &corev1.PodSecurityContext{
		RunAsNonRoot:   new(true),
		RunAsUser:      int64Of(vllmUser),
		RunAsGroup:     int64Of(rootGroup),
		FSGroup:        int64Of(rootGroup),
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

// containerSecurity is what it asks of a container. The root file system is
// writable because NVIDIA's container hook writes to it.
func containerSecurity() *corev1.SecurityContext {
	return &corev1.SecurityContext{
		AllowPrivilegeEscalation: new(false),
		ReadOnlyRootFilesystem:   new(false),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

// tolerations let engines onto GPU nodes, and off lost ones sooner than the
// five minutes that Kubernetes waits.
func tolerations(s serving.Spec) []corev1.Toleration {
	lost := func(key string) corev1.Toleration {
		return corev1.Toleration{
			Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: int64Of(nodeLostSeconds),
		}
	}
	all := []corev1.Toleration{
		{Key: string(gpuResource), Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
		lost("node.kubernetes.io/not-ready"),
		lost("node.kubernetes.io/unreachable"),
	}
	for _, t := range s.Scheduling.Tolerations {
		own := corev1.Toleration{Key: t.Key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffect(t.Effect)}
		if t.Value != "" {
			own.Operator, own.Value = corev1.TolerationOpEqual, t.Value
		}
		all = append(all, own)
	}
	return all
}
