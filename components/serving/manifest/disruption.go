package manifest

import (
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// disruptionBudget lets engines be evicted, a few at a time. It never blocks a
// drain for ever: one may always go, and one that is not ready goes anyway.
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
