package serving

import (
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// disruptionBudget lets engines be evicted, a few at a time. It never blocks a
// drain for ever: one may always go, and one that is not ready goes anyway.
func disruptionBudget(s Spec, manager string) *policyv1.PodDisruptionBudget {
	return &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: objectMeta(s, manager),
		Spec: policyv1.PodDisruptionBudgetSpec{
			MaxUnavailable:             number(s.maxUnavailable()),
			UnhealthyPodEvictionPolicy: new(policyv1.AlwaysAllow),
			Selector:                   &metav1.LabelSelector{MatchLabels: s.selectorLabels()},
		},
	}
}
