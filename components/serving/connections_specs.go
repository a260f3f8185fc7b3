package serving

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/vllm-eks/vllm-eks/internal/connections"
)

const (
	// middlewareAnnotation holds the source of vLLM's middleware. It is part of
	// the pod, so that a rollout replaces both together.
	middlewareAnnotation = "vllm-eks/" + connections.File
	// middlewareFolder is where the pod finds that annotation as a file.
	middlewareFolder = "/etc/vllm-eks"
)

// middlewareVolume returns the volume with the middleware's file.
func middlewareVolume() corev1.Volume {
	return corev1.Volume{Name: "middleware", VolumeSource: corev1.VolumeSource{DownwardAPI: &corev1.DownwardAPIVolumeSource{
		Items: []corev1.DownwardAPIVolumeFile{{
			Path:     connections.File,
			FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.annotations['" + middlewareAnnotation + "']"},
		}},
	}}}
}
