package conformance

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/local/conformance/specs"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// defects returns specs that were accepted once and rendered wrong objects.
func defects() map[string]serving.Spec {
	return map[string]serving.Spec{
		"more GPUs than a node has, where the model cannot be sized": smallest(func(s *serving.Spec) {
			s.Model, s.GPU.Count, s.NodeGroup = serving.Model{ID: "org/unknown"}, 2, serving.NodeGroup{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}}
		}),
		"more cores than one of the two types has": smallest(func(s *serving.Spec) {
			s.Resources.CPU = "20"
			s.NodeGroup = serving.NodeGroup{Name: "l4", InstanceTypes: []string{"g6.8xlarge", "gr6.4xlarge"}, Labels: map[string]string{"pool": "gpu"}}
		}),
		"a node group without a name": smallest(func(s *serving.Spec) {
			s.NodeGroup = serving.NodeGroup{InstanceTypes: []string{"g6e.2xlarge"}, Labels: map[string]string{"a b": "c"}}
		}),
		"every address as clients":             smallest(func(s *serving.Spec) { s.Network.Clients = []serving.Peer{{CIDR: "0.0.0.0/0"}} }),
		"every address as egress":              smallest(func(s *serving.Spec) { s.Network.EgressCIDRs = []string{"0.0.0.0/0"} }),
		"IPv4 addresses in the form of IPv6":   smallest(func(s *serving.Spec) { s.Network.EgressCIDRs = []string{"::ffff:10.0.0.0/120"} }),
		"names with an empty part":             smallest(func(s *serving.Spec) { s.Access.ServiceAccountName = "a..b" }),
		"prefixes of labels that are too long": smallest(func(s *serving.Spec) { s.Labels = map[string]string{strings.Repeat("d", 254) + "/team": "x"} }),
		"an address as the host of an Ingress": smallest(func(s *serving.Spec) {
			s.Ingress = serving.Ingress{Class: "nginx", Host: "10.0.0.1", ControllerNamespace: "nginx"}
		}),
		"invalid keys of Secrets":           smallest(func(s *serving.Spec) { s.Access.APIKey = serving.SecretRef{Name: "keys", Key: ".."} }),
		"a fraction of a byte":              smallest(func(s *serving.Spec) { s.Resources.Memory = "14000000000.5" }),
		"more bytes than fit in an integer": smallest(func(s *serving.Spec) { s.Resources.Disk = "99999999999Ti" }),
		"more cores than fit in an integer": smallest(func(s *serving.Spec) { s.Resources.CPU = "99999999999999999999" }),
		"a wakeQuery without valid PromQL": smallest(func(s *serving.Spec) {
			s.Replicas, s.Scaling.Wake.Query = serving.Replicas{Min: new(0), Max: 2}, specs.BadQuery
			s.Monitoring.PrometheusURL = "http://prometheus.monitoring.svc:9090"
		}),
		"a name with the prefix of KEDA": smallest(func(s *serving.Spec) { s.Name = "keda-hpa-a" }),
	}
}

// smallest returns the smallest service that fits, after a change.
func smallest(change func(*serving.Spec)) serving.Spec {
	s := serving.Spec{Name: "chat", Namespace: "inference", Model: serving.Model{ID: "Qwen/Qwen3-8B", Shape: specs.SmallConfig, MaxLen: 4096}}
	change(&s)
	return s
}

func TestFixedDefectsStayFixed(t *testing.T) {
	keys := modelKeys(t)
	for name, spec := range defects() {
		t.Run(name, func(t *testing.T) {
			spec := spec.WithDefaults()
			var found []error
			if err := problems.Err(manifest.Validate(spec, field.NewPath(modelPath))); err != nil {
				found = refusalProblems(err, keys)
			} else {
				found = acceptanceProblems(spec)
			}
			for _, problem := range found {
				t.Errorf("%v", problem)
			}
		})
	}
}
