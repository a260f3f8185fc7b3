package manifest

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

const (
	// vllmUser is the unprivileged user of the vLLM image. The files of the image belong
	// to the root group, so any other group fails.
	vllmUser  = 2000
	rootGroup = 0

	// nodeLostSeconds is the time that a replica stays on an unreachable node. It covers
	// short outages, because a new replica takes minutes to start.
	nodeLostSeconds = 60
)

// podSecurity returns the security context of a pod that the restricted Pod Security
// Standard requires.
func podSecurity() *corev1.PodSecurityContext {
	return &corev1.PodSecurityContext{
		RunAsNonRoot:   new(true),
		RunAsUser:      int64Of(vllmUser),
		RunAsGroup:     int64Of(rootGroup),
		FSGroup:        int64Of(rootGroup),
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

// containerSecurity returns the security context of a container that the restricted Pod
// Security Standard requires. The root file system is writable because NVIDIA's container
// hook writes to it.
func containerSecurity() *corev1.SecurityContext {
	return &corev1.SecurityContext{
		AllowPrivilegeEscalation: new(false),
		ReadOnlyRootFilesystem:   new(false),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

// tolerations returns the tolerations of replicas. They admit replicas to GPU nodes, and
// evict them from unreachable nodes earlier than Kubernetes' default of five minutes.
func tolerations(s serving.Spec) []corev1.Toleration {
	lost := func(key string) corev1.Toleration {
		return corev1.Toleration{
			Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: int64Of(nodeLostSeconds),
		}
	}
	list := []corev1.Toleration{
		{Key: string(gpuResource), Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
		lost("node.kubernetes.io/not-ready"),
		lost("node.kubernetes.io/unreachable"),
	}
	for _, t := range s.Scheduling.Tolerations {
		extra := corev1.Toleration{Key: t.Key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffect(t.Effect)}
		if t.Value != "" {
			extra.Operator, extra.Value = corev1.TolerationOpEqual, t.Value
		}
		list = append(list, extra)
	}
	return list
}
