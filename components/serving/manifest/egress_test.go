package manifest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// places returns the destinations that rules allow.
func places(rules []networkingv1.NetworkPolicyEgressRule) []string {
	var list []string
	for _, r := range rules {
		for _, port := range r.Ports {
			for _, peer := range r.To {
				place := ""
				if peer.IPBlock != nil {
					place = peer.IPBlock.CIDR
				} else {
					place = peer.NamespaceSelector.MatchLabels[corev1.LabelMetadataName]
				}
				list = append(list, fmt.Sprintf("%s:%s", place, port.Port))
			}
		}
	}
	return list
}

func TestEgressOfTracesAndDestinations(t *testing.T) {
	cases := map[string]struct {
		change func(*serving.Spec)
		want   []string
		not    string
	}{
		"a collector of the cluster": {func(s *serving.Spec) {
			s.ExtraArgs = []string{"--otlp-traces-endpoint", "grpc://otel.tracing.svc.cluster.local:4317"}
		},
			[]string{"tracing:4317"}, "0.0.0.0/0:4317"},
		"a short name":                         {func(s *serving.Spec) { s.ExtraArgs = []string{"--otlp-traces-endpoint", "http://otel:4318/v1/traces"} }, []string{"inference:4318"}, "0.0.0.0/0:4318"},
		"a name of two parts":                  {func(s *serving.Spec) { s.ExtraArgs = []string{"--otlp-traces-endpoint=otel.tracing:4317"} }, []string{"tracing:4317", "0.0.0.0/0:4317"}, ""},
		"an address":                           {func(s *serving.Spec) { s.ExtraArgs = []string{"--otlp-traces-endpoint", "http://10.1.2.3"} }, []string{"10.1.2.3/32:4317"}, "0.0.0.0/0:4317"},
		"a namespace's pods":                   {func(s *serving.Spec) { s.Network.Egress = []serving.Destination{{Namespace: "cache", Port: 5555}} }, []string{"cache:5555"}, ""},
		"a range of addresses":                 {func(s *serving.Spec) { s.Network.Egress = []serving.Destination{{CIDR: "10.9.0.0/24", Port: 6379}} }, []string{"10.9.0.0/24:6379"}, ""},
		"nothing with the weights on a volume": {func(s *serving.Spec) { s.Storage.Weights.Claim = "weights" }, nil, "0.0.0.0/0:443"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			spec := onG5(c.change)
			if err := problems.Err(spec.Validate(field.NewPath("models[0]"))); err != nil {
				t.Fatal(err)
			}
			got := places(networkPolicy(spec, "m").Spec.Egress)
			for _, want := range c.want {
				if !slices.Contains(got, want) {
					t.Errorf("%v, want %s", got, want)
				}
			}
			if slices.Contains(got, c.not) {
				t.Errorf("%v, want no %s", got, c.not)
			}
			if dns := slices.Contains(got, "kube-system:53"); dns != (len(got) > 0) {
				t.Errorf("DNS is open: %t, of %v", dns, got)
			}
		})
	}
}

func TestDestinationsThatCannotBe(t *testing.T) {
	cases := map[string]struct {
		network serving.Network
		want    string // the key and the kind of the problem
	}{
		"neither":        {serving.Network{Egress: []serving.Destination{{Port: 80}}}, "models[0].network.egress[0]: not supported"},
		"both":           {serving.Network{Egress: []serving.Destination{{Namespace: "a", CIDR: "10.0.0.0/8", Port: 80}}}, "models[0].network.egress[0]: not supported"},
		"no port":        {serving.Network{Egress: []serving.Destination{{Namespace: "a"}}}, "models[0].network.egress[0].port: required"},
		"metadata":       {serving.Network{Egress: []serving.Destination{{CIDR: "169.254.169.254/32", Port: 80}}}, "models[0].network.egress[0].cidr: invalid"},
		"everywhere":     {serving.Network{Egress: []serving.Destination{{CIDR: "0.0.0.0/0", Port: 80}}}, "models[0].network.egress[0].cidr: invalid"},
		"open as it is":  {serving.Network{Unrestricted: true, Egress: []serving.Destination{{Namespace: "a", Port: 1}}}, "models[0].network.unrestricted: forbidden"},
		"no namespace's": {serving.Network{Egress: []serving.Destination{{Namespace: "A_b", Port: 1}}}, "models[0].network.egress[0].namespace: invalid"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := problems.Err(onG5(func(s *serving.Spec) { s.Network = c.network }).Validate(field.NewPath("models[0]")))
			problemstest.Check(t, err, []string{c.want}, nil)
		})
	}
}

func TestWarningsOfWhatRequestsCanDo(t *testing.T) {
	vision := func(args ...string) func(*serving.Spec) {
		return func(s *serving.Spec) { s.Model.ID, s.ExtraArgs = "Qwen/Qwen2.5-VL-7B-Instruct", args }
	}
	const media, closed = "fetch an image from any address", "which the NetworkPolicy refuses without network.egress"
	cases := map[string]struct {
		change func(*serving.Spec)
		want   string
		warned bool
	}{
		"images of any address": {vision(), media, true},
		"images of named hosts": {vision("--allowed-media-domains", "images.example.com"), media, false},
		"no images":             {vision("--language-model-only"), media, false},
		"a model of text":       {nil, media, false},
		"transfers": {func(s *serving.Spec) {
			s.ExtraArgs = []string{"--kv-transfer-config", `{"kv_connector":"NixlConnector"}`}
		}, closed, true},
		"events": {func(s *serving.Spec) { s.ExtraArgs = []string{"--kv-events-config", `{"enable_kv_cache_events":true}`} }, closed, true},
		"transfers with a place": {func(s *serving.Spec) {
			s.ExtraArgs = []string{"--kv-transfer-config", `{"kv_connector":"NixlConnector"}`}
			s.Network.Egress = []serving.Destination{{Namespace: "inference", Port: 5600}}
		}, closed, false},
		"transfers without rules": {func(s *serving.Spec) {
			s.ExtraArgs = []string{"--kv-transfer-config", `{"kv_connector":"NixlConnector"}`}
			s.Network.Unrestricted = true
		}, closed, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if warned := strings.Contains(strings.Join(onG5(c.change).Warnings(), "\n"), c.want); warned != c.warned {
				t.Errorf("warned is %t, want %t", warned, c.warned)
			}
		})
	}
}

// TestMetricsBehindTheAPIKey checks that Prometheus sends the API key.
func TestMetricsBehindTheAPIKey(t *testing.T) {
	spec := onG5(func(s *serving.Spec) {
		s.Access.APIKey = serving.SecretRef{Name: "keys", Key: "vllm"}
		s.Monitoring.PrometheusURL = "http://prometheus.monitoring.svc:9090"
		s.Lifecycle.HungSeconds = 300
	})
	endpoints := serviceMonitor(spec, "m").Object["spec"].(map[string]any)["endpoints"].([]any)
	want := "map[credentials:map[key:vllm name:keys] type:Bearer]"
	if got := fmt.Sprint(endpoints[0].(map[string]any)["authorization"]); got != want {
		t.Errorf("authorization is %s, want %s", got, want)
	}
	spec.Access.APIKey = serving.SecretRef{}
	endpoints = serviceMonitor(spec, "m").Object["spec"].(map[string]any)["endpoints"].([]any)
	if _, has := endpoints[0].(map[string]any)["authorization"]; has {
		t.Error("an authorization without an API key")
	}
}

func TestVariablesThatOpenWhatMustStayClosed(t *testing.T) {
	for _, name := range []string{
		"VLLM_PLUGINS", "VLLM_LORA_RESOLVER_CACHE_DIR", "VLLM_LORA_RESOLVER_HF_REPO_LIST", "VLLM_ENABLE_RESPONSES_API_STORE", "VLLM_USE_RUST_FRONTEND",
		"VLLM_RUST_FRONTEND_PATH", "VLLM_DEBUG_LOG_API_SERVER_RESPONSE", "VLLM_KEEP_ALIVE_ON_ENGINE_DEATH", "VLLM_USE_MODELSCOPE", "VLLM_DP_SIZE", "VLLM_DP_MASTER_IP",
	} {
		err := problems.Err(onG5(func(s *serving.Spec) { s.Env = map[string]string{name: "CANARY"} }).Validate(field.NewPath("models[0]")))
		problemstest.Check(t, err, []string{"models[0].env." + name + ": invalid"}, nil)
		if err != nil && strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: the error repeats the value: %v", name, err)
		}
	}
}

// TestRedirectsOfMediaAreOff checks the default, and that env can replace it.
func TestRedirectsOfMediaAreOff(t *testing.T) {
	value := func(spec serving.Spec) string {
		for _, v := range serving.Environment(spec) {
			if v.Name == "VLLM_MEDIA_URL_ALLOW_REDIRECTS" {
				return v.Value
			}
		}
		return "missing"
	}
	if got := value(onG5(nil)); got != "0" {
		t.Errorf("VLLM_MEDIA_URL_ALLOW_REDIRECTS is %s, want 0", got)
	}
	if got := value(onG5(func(s *serving.Spec) { s.Env = map[string]string{"VLLM_MEDIA_URL_ALLOW_REDIRECTS": "1"} })); got != "1" {
		t.Errorf("VLLM_MEDIA_URL_ALLOW_REDIRECTS is %s, want the user's 1", got)
	}
}

// onG5 returns a valid spec with a known model and a known GPU, after a change.
func onG5(change func(*serving.Spec)) serving.Spec {
	s := serving.Spec{
		Name: "a", Namespace: "inference",
		Model:     serving.Model{ID: "Qwen/Qwen3-8B", MaxLen: 4096},
		NodeGroup: serving.NodeGroup{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 4},
	}
	if change != nil {
		change(&s)
	}
	return s.WithDefaults()
}
