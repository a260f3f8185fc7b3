package conformance

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// defects are specs that were accepted once, and rendered objects that were
// wrong.
func defects() map[string]serving.Spec {
	all := map[string]serving.Spec{
		"more GPUs than a node has, where the model cannot be sized": least(func(s *serving.Spec) {
			s.Model, s.GPU.Count, s.NodeGroup = serving.Model{ID: "org/unknown"}, 2, serving.NodeGroup{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}}
		}),
		"more cores than the type has that does not have the least memory": least(func(s *serving.Spec) {
			s.Resources.CPU = "20"
			s.NodeGroup = serving.NodeGroup{Name: "l4", InstanceTypes: []string{"g6.8xlarge", "gr6.4xlarge"}, Labels: map[string]string{"pool": "gpu"}}
		}),
		"a node group without a name": least(func(s *serving.Spec) {
			s.NodeGroup = serving.NodeGroup{InstanceTypes: []string{"g6e.2xlarge"}, Labels: map[string]string{"a b": "c"}}
		}),
		"every address lets in the public ones alone": least(func(s *serving.Spec) { s.Network.Clients = []serving.Peer{{CIDR: "0.0.0.0/0"}} }),
		"every address may be reached":                least(func(s *serving.Spec) { s.Network.EgressCIDRs = []string{"0.0.0.0/0"} }),
		"IPv4 addresses that are written as IPv6":     least(func(s *serving.Spec) { s.Network.EgressCIDRs = []string{"::ffff:10.0.0.0/120"} }),
		"names with an empty part":                    least(func(s *serving.Spec) { s.Access.ServiceAccountName = "a..b" }),
		"prefixes of labels that are too long":        least(func(s *serving.Spec) { s.Labels = map[string]string{strings.Repeat("d", 254) + "/team": "x"} }),
		"an address as the host of an Ingress": least(func(s *serving.Spec) {
			s.Ingress = serving.Ingress{Class: "nginx", Host: "10.0.0.1", ControllerNamespace: "nginx"}
		}),
		"keys of Secrets that no Secret has": least(func(s *serving.Spec) { s.Access.APIKey = serving.SecretRef{Name: "keys", Key: ".."} }),
		"parts of a byte":                    least(func(s *serving.Spec) { s.Resources.Memory = "14000000000.5" }),
		"more bytes than can be counted":     least(func(s *serving.Spec) { s.Resources.Disk = "99999999999Ti" }),
		"more cores than there are":          least(func(s *serving.Spec) { s.Resources.CPU = "99999999999999999999" }),
		"a wakeQuery that is no PromQL": least(func(s *serving.Spec) {
			s.Replicas, s.Scaling.Wake.Query = serving.Replicas{Min: new(0), Max: 2}, badQuery
			s.Monitoring.PrometheusURL = "http://prometheus.monitoring.svc:9090"
		}),
		"a name of KEDA's": least(func(s *serving.Spec) { s.Name = "keda-hpa-a" }),
	}
	for _, patch := range []string{
		`{"spec":{"securityContext":{"runAsUser":null}}}`,
		`{"spec":{"securityContext":{"fsGroup":null}}}`,
		`{"spec":{"activeDeadlineSeconds":60}}`,
		`{"spec":{"terminationGracePeriodSeconds":100000}}`,
		`{"spec":{"nodeSelector":null}}`,
		`{"spec":{"nodeSelector":{"node.kubernetes.io/instance-type":"m5.large"}}}`,
		`{"spec":{"priorityClassName":"system-node-critical"}}`,
		`{"metadata":{"labels":{"a b":"c"}}}`,
		sidecar("containers", `,"ports":[{"name":"http","containerPort":9000}]`),
		sidecar("containers", `,"env":[{"name":"DB_PASSWORD","value":"x"}]`),
		sidecar("containers", `,"volumeMounts":[{"name":"none","mountPath":"/x"}]`),
		engine(`"env":[{"name":"VLLM_SERVER_DEV_MODE","value":"1"}]`),
		engine(`"env":[{"name":"GITHUB_TOKEN","value":"` + Canary + `"}]`),
		engine(`"volumeMounts":[{"mountPath":"/home/vllm","name":"home","readOnly":true}]`),
		engine(`"volumeMounts":[{"mountPath":"/home/vllm/.cache","name":"cache","subPath":"others"}]`),
	} {
		spec := full()
		spec.PodPatch = patch
		all["the patch "+patch] = spec
	}
	return all
}

// least is the smallest service that fits, changed.
func least(change func(*serving.Spec)) serving.Spec {
	s := serving.Spec{Name: "chat", Namespace: "inference", Model: serving.Model{ID: "Qwen/Qwen3-8B", Shape: smallConfig, MaxLen: 4096}}
	change(&s)
	return s
}

func TestDefectsAreMended(t *testing.T) {
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
				t.Errorf("is back: %v", problem)
			}
		})
	}
}
