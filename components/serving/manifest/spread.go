package manifest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// spread keeps the engines of one version of a service on different zones and
// nodes as far as there are any with free GPUs; an engine that would have to
// wait for one runs anyway.
func spread(s serving.Spec) []corev1.TopologySpreadConstraint {
	if s.Replicas.Max < 2 {
		return nil
	}
	over := func(key string) corev1.TopologySpreadConstraint {
		return corev1.TopologySpreadConstraint{
			MaxSkew:           1,
			TopologyKey:       key,
			WhenUnsatisfiable: corev1.ScheduleAnyway,
			LabelSelector:     &metav1.LabelSelector{MatchLabels: s.SelectorLabels()},
			MatchLabelKeys:    []string{"pod-template-hash"},
		}
	}
	return []corev1.TopologySpreadConstraint{over(corev1.LabelTopologyZone), over(corev1.LabelHostname)}
}
