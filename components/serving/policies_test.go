package serving

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

// TestPolicies compares the object of every scaling policy, with the defaults of its
// settings, with its golden file.
func TestPolicies(t *testing.T) {
	for _, p := range servingspec.Policies() {
		t.Run(string(p.Name), func(t *testing.T) {
			spec := servingspec.Spec{
				Name: "chat", Namespace: "inference", Model: servingspec.Model{ID: "org/m"}, Replicas: servingspec.Replicas{Min: new(1), Max: 3},
				Scaling: servingspec.Scaling{Policy: p.Name}, Monitoring: servingspec.Monitoring{PrometheusURL: "http://prometheus:9090"},
			}.WithDefaults()
			for _, o := range manifest.Objects(spec, "test") {
				if kind := o.GetObjectKind().GroupVersionKind().Kind; !slices.Contains([]string{"ScaledObject", "HorizontalPodAutoscaler"}, kind) {
					continue
				}
				text, err := json.MarshalIndent(o.Object, "", "  ")
				if err != nil {
					t.Fatal(err)
				}
				stacktest.CompareText(t, "testdata/policies/"+string(p.Name)+".json", append(text, '\n'))
			}
		})
	}
}
