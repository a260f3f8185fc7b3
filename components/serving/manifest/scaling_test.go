package manifest

import (
	"slices"
	"testing"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// TestEveryPolicyHasItsObject compares the declared policies with the builders: a
// policy whose scaler needs an object has one, and no other has.
func TestEveryPolicyHasItsObject(t *testing.T) {
	kindsOf := map[serving.Scaler]string{
		serving.NoScaler: "", serving.OtherScaler: "", serving.KEDA: "ScaledObject", serving.PodAutoscaler: "HorizontalPodAutoscaler",
	}
	declared := map[serving.ScalingPolicy]bool{}
	for _, p := range serving.Policies() {
		declared[p.Name] = true
		t.Run(string(p.Name), func(t *testing.T) {
			want, known := kindsOf[p.Scaler]
			if !known {
				t.Fatalf("the kind of object of the scaler %q is not known here", p.Scaler)
			}
			least := 1
			s := serving.Spec{
				Name: "chat", Namespace: "inference", Model: serving.Model{ID: "org/m"}, Replicas: serving.Replicas{Min: &least, Max: 3},
				Scaling: serving.Scaling{Policy: p.Name}, Monitoring: serving.Monitoring{PrometheusURL: "http://prometheus:9090"},
			}.WithDefaults()
			var got []string
			for _, o := range Objects(s, "m") {
				if kind := o.GetObjectKind().GroupVersionKind().Kind; slices.Contains([]string{"ScaledObject", "HorizontalPodAutoscaler"}, kind) {
					got = append(got, kind)
				}
			}
			if want == "" && len(got) > 0 || want != "" && !slices.Equal(got, []string{want}) {
				t.Errorf("the policy has the objects %q, want %q; add its builder to scalers()", got, want)
			}
		})
	}
	for name := range scalers() {
		if !declared[name] {
			t.Errorf("the builder of %s has no policy in serving.Policies()", name)
		}
	}
}
