package conformance

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"pgregory.net/rapid"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// colliding holds names that start or end with names that are derived from others.
var colliding = []string{
	"a", "b", "a-cache", "a-cache-cache", "a-api-key", "a-huggingface", "vllm", "a-a", "cache", "home", strings.Repeat("a", 54), strings.Repeat("a", 48) + "-cache",
}

// The objects of several services of one namespace have different names, for any specs. Package config
// refuses two services with one name.
func TestServicesOfOneNamespaceDoNotCollide(t *testing.T) {
	draw(t, "500")
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.Permutation(colliding).Draw(t, "names")
		var services [][]manifest.Object
		for i := range 3 {
			s := serving.Spec{
				Name: names[2*i], Namespace: "inference", Model: serving.Model{ID: "Qwen/Qwen3-8B"},
				Replicas: serving.Replicas{Max: rapid.IntRange(1, 3).Draw(t, "max")},
				Scaling:  serving.Scaling{Policy: rapid.SampledFrom([]serving.ScalingPolicy{serving.Load, serving.CPU}).Draw(t, "policy")},
			}
			s.Monitoring.PrometheusURL = "http://prometheus.monitoring.svc:9090"
			if rapid.Bool().Draw(t, "renamed") {
				s.PreviousNames = names[2*i+1 : 2*i+2]
			}
			if rapid.Bool().Draw(t, "cached") {
				s.Storage.Cache.StorageClass = "efs"
			}
			s = s.WithDefaults()
			if err := problems.Err(manifest.Validate(s, field.NewPath(modelPath))); err != nil {
				t.Fatal(err)
			}
			services = append(services, manifest.Objects(s, manager))
		}
		for _, problem := range Collisions(services...) {
			t.Error(problem)
		}
	})
}
