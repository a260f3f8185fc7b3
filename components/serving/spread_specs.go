package serving

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// spread keeps the engines of one version of a service on different zones and
// nodes as far as there are any with free GPUs; an engine that would have to
// wait for one runs anyway.
func spread(s Spec) corev1.TopologySpreadConstraintArray {
	if s.Replicas.Max < 2 {
		return nil
	}
	over := func(key string) *corev1.TopologySpreadConstraintArgs {
		return &corev1.TopologySpreadConstraintArgs{
			MaxSkew:           pulumi.Int(1),
			TopologyKey:       pulumi.String(key),
			WhenUnsatisfiable: pulumi.String("ScheduleAnyway"),
			LabelSelector:     &metav1.LabelSelectorArgs{MatchLabels: selectorLabels(s.Name)},
			MatchLabelKeys:    pulumi.StringArray{pulumi.String("pod-template-hash")},
		}
	}
	return corev1.TopologySpreadConstraintArray{over("topology.kubernetes.io/zone"), over("kubernetes.io/hostname")}
}
