package manifest

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// TestTraces holds what makes vLLM send traces: the flag, the variables of its SDK, with the name
// of the pod before the variable that refers to it, and the way through the NetworkPolicy.
func TestTraces(t *testing.T) {
	s := valid(t, func(s *serving.Spec) {
		s.Traces = serving.Traces{CollectorURL: "http://otel-collector.telemetry.svc:4318/", Percent: new(2.5)}
	})
	args := serving.VLLMArgs(s)
	if i := slices.Index(args, "--otlp-traces-endpoint"); i < 0 || args[i+1] != "http://otel-collector.telemetry.svc:4318/v1/traces" {
		t.Errorf("the arguments are %q", args)
	}
	env := serving.Environment(s)
	position := func(name string) int {
		return slices.IndexFunc(env, func(v corev1.EnvVar) bool { return v.Name == name })
	}
	attributes := position("OTEL_RESOURCE_ATTRIBUTES")
	if attributes < 0 || !strings.Contains(env[attributes].Value, "k8s.pod.name=$(K8S_POD_NAME)") || position("K8S_POD_NAME") > attributes {
		t.Errorf("the pod has no name in %+v", env)
	}
	for name, want := range map[string]string{
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf", "OTEL_SERVICE_NAME": s.Name, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.025",
	} {
		if i := position(name); i < 0 || env[i].Value != want {
			t.Errorf("%s is not %s: %+v", name, want, env)
		}
	}
	allowed := false
	for _, rule := range networkPolicy(s, "test").Spec.Egress {
		for _, peer := range rule.To {
			allowed = allowed || peer.NamespaceSelector != nil && peer.NamespaceSelector.MatchLabels[corev1.LabelMetadataName] == "telemetry" && rule.Ports[0].Port.IntValue() == 4318
		}
	}
	if !allowed {
		t.Error("the NetworkPolicy does not allow the collector")
	}
	s.Traces.Percent = new(0.0)
	if args := serving.VLLMArgs(s); slices.Contains(args, "--otlp-traces-endpoint") || len(serving.Environment(s)) >= len(env) {
		t.Errorf("traces are on with 0 percent: %q", args)
	}
}
