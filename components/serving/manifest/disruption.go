package manifest

import (
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// disruptionBudget returns the budget that limits the evicted replicas at the same time.
// It never blocks a drain forever: one replica may always be evicted, and a replica that
// is not ready as well.
func disruptionBudget(s serving.Spec, manager string) *policyv1.PodDisruptionBudget {
	return &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: objectMeta(s, manager),
		Spec: policyv1.PodDisruptionBudgetSpec{
			MaxUnavailable:             number(s.MaxUnavailable()),
			UnhealthyPodEvictionPolicy: new(policyv1.AlwaysAllow),
			Selector:                   &metav1.LabelSelector{MatchLabels: s.SelectorLabels()},
		},
	}
}
