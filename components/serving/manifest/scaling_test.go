package manifest

import (
	"slices"
	"testing"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// TestEveryPolicyHasItsObject compares the declared policies with the built objects: only
// a policy whose scaler needs an object has one, and every trigger has a query.
func TestEveryPolicyHasItsObject(t *testing.T) {
	kindsOf := map[serving.Scaler]string{
		serving.NoScaler: "", serving.OtherScaler: "", serving.KEDA: "ScaledObject", serving.PodAutoscaler: "HorizontalPodAutoscaler",
	}
	used := map[string]bool{}
	for _, p := range serving.Policies() {
		for _, name := range p.Triggers {
			used[name] = true
			if queries()[name] == nil {
				t.Errorf("the trigger %s of the policy %s has no query; add it to queries()", name, p.Name)
			}
			if p.Settings(serving.Replicas{Max: 3}).Target(name) == 0 {
				t.Errorf("the trigger %s of the policy %s has no target; add it to Settings.Target in spec/serving", name, p.Name)
			}
		}
		if (p.Scaler == serving.KEDA) != (len(p.Triggers) > 0) {
			t.Errorf("the policy %s has the triggers %q, and its scaler is %q", p.Name, p.Triggers, p.Scaler)
		}
		t.Run(string(p.Name), func(t *testing.T) {
			want, declared := kindsOf[p.Scaler]
			if !declared {
				t.Fatalf("the kind of object of the scaler %q is not known here", p.Scaler)
			}
			minimum := 1
			s := serving.Spec{
				Name: "chat", Namespace: "inference", Model: serving.Model{ID: "org/m"}, Replicas: serving.Replicas{Min: &minimum, Max: 3},
				Scaling: serving.Scaling{Policy: p.Name}, Monitoring: serving.Monitoring{PrometheusURL: "http://prometheus:9090"},
			}.WithDefaults()
			var got []string
			for _, o := range Objects(s, "m") {
				if kind := o.GetObjectKind().GroupVersionKind().Kind; slices.Contains([]string{"ScaledObject", "HorizontalPodAutoscaler"}, kind) {
					got = append(got, kind)
				}
			}
			if want == "" && len(got) > 0 || want != "" && !slices.Equal(got, []string{want}) {
				t.Errorf("the policy has the objects %q, want %q", got, want)
			}
		})
	}
	for name := range queries() {
		if !used[name] {
			t.Errorf("no policy has the trigger %s", name)
		}
	}
}
