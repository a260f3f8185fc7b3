package serving

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

// TestSpecsWithoutDefaults holds that methods answer for a spec that has no defaults
// yet: programs may call them in any order.
func TestSpecsWithoutDefaults(t *testing.T) {
	path := field.NewPath("spec")
	for name, s := range map[string]Spec{
		"zero":      {},
		"one_model": {Name: "a", Namespace: "b", Model: Model{ID: "Qwen/Qwen3-8B"}, NodeGroups: []NodeGroup{{Name: "g", InstanceTypes: []string{"g5.2xlarge"}}}},
		"scaled": {Name: "a", Namespace: "b", Model: Model{ID: "s3://bucket/m"}, GPU: GPU{Type: "L40S"}, Replicas: Replicas{Max: 3},
			Scaling: Scaling{Policy: Load}, Ingress: Ingress{Class: ALBClass}, NodeGroup: NodeGroup{InstanceTypes: []string{"g6e.xlarge", "g6e.2xlarge"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := problemstest.KindsOf(s.Validate(path)); !slices.Contains(got, "spec.monitoring.namespace: invalid") {
				t.Errorf("the problems are %q, want the missing namespace of Prometheus among them", got)
			}
			if got := problemstest.KindsOf(s.Monitoring.Validate(path)); !slices.Equal(got, []string{"spec.namespace: invalid"}) {
				t.Errorf("the problems of monitoring are %q, want the missing namespace", got)
			}
			if n := s.Replicas.Least(); n != 1 {
				t.Errorf("the smallest number of replicas is %d, want 1", n)
			}
			if n := s.MaxUnavailable(); n < 1 {
				t.Errorf("%d replicas may be evicted at once", n)
			}
			s.Warnings()
		})
	}
}
