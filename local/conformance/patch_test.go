package conformance

import (
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/local/conformance/specs"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// full returns a service with everything that a patch could remove.
func full() serving.Spec {
	return serving.Spec{
		Name: "chat", PreviousNames: []string{"talk"}, Namespace: "inference", Model: serving.Model{ID: "Qwen/Qwen3-8B", MaxLen: 8192},
		NodeGroup: serving.NodeGroup{Name: "g6e", InstanceTypes: []string{"g6e.2xlarge"}, Max: 9},
		Replicas:  serving.Replicas{Min: new(2), Max: 4},
		Access:    serving.Access{APIKey: serving.SecretRef{Name: "keys"}},
		Scheduling: serving.Scheduling{
			NodeSelector: map[string]string{"kubernetes.io/arch": "amd64"}, PriorityClass: "serving", Tolerations: []serving.Toleration{{Key: "team"}},
		},
		Storage: serving.Storage{Cache: serving.Cache{StorageClass: "efs"}},
		Network: serving.Network{Clients: []serving.Peer{{Namespace: "apps"}, {CIDR: "10.1.0.0/16"}}, EgressCIDRs: []string{"10.2.0.0/24"}},
		Ingress: serving.Ingress{Class: serving.ALBClass, Host: "chat.example.com", ALB: serving.ALB{
			InternetFacing: true, AllowedCIDRs: []string{"203.0.113.0/24"}, SubnetCIDRs: []string{"10.0.0.0/24"},
		}},
		Monitoring: serving.Monitoring{PrometheusURL: "http://prometheus.monitoring.svc:9090"},
	}.WithDefaults()
}

// A patch is refused, or the patched pods pass every check.
func TestPatchesAreRefusedOrHarmless(t *testing.T) {
	keys := modelKeys(t)
	try := func(patch string) (refused bool) {
		spec := full()
		spec.PodPatch = patch
		if err := problems.Err(manifest.Validate(spec, field.NewPath(modelPath))); err != nil {
			for _, problem := range refusalProblems(err, keys) {
				t.Errorf("%s: %v", patch, problem)
			}
			return true
		}
		for _, problem := range acceptanceProblems(spec) {
			t.Errorf("%s is accepted: %v", patch, problem)
		}
		return false
	}
	for _, patch := range specs.GoodPatches {
		if try(patch) {
			t.Errorf("%s is refused", patch)
		}
	}
	for _, patch := range specs.BadPatches {
		try(patch)
	}
}
