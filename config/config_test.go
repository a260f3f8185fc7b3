package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// load decodes the lines below `config:` of a stack's file.
func load(t *testing.T, yaml string) (*Config, error) {
	t.Helper()
	c, err := stacktest.ParseConfig("config:\n  vllm-eks:cluster: {existing: {context: test}}\n" + yaml)
	if err != nil {
		t.Fatal(err)
	}
	var source Source
	source.Capture(&pulumi.RunInfo{Config: c.Values, ConfigSecretKeys: c.Secret})
	return Load(&source, nil)
}

func mustLoad(t *testing.T, yaml string) *Config {
	t.Helper()
	cfg, err := load(t, yaml)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestDefaults(t *testing.T) {
	cfg := mustLoad(t, "  vllm-eks:models: [{name: a, model: org/m}]")
	if want := []serving.NamespaceSpec{{Name: "inference"}}; !slices.Equal(cfg.Namespaces, want) {
		t.Errorf("namespaces are %v, want %v", cfg.Namespaces, want)
	}
	if cfg.HuggingFaceToken != nil || cfg.APIKey != nil {
		t.Error("a secret that was not given is not nil")
	}
	m := cfg.Models[0]
	if m.Namespace != "inference" || m.Model.ServedName() != "org/m" || m.GPU.Count != 1 || *m.Replicas.Min != 1 || m.Replicas.Max != 1 {
		t.Errorf("the defaults of a model are %+v", m)
	}
	if want := (serving.Resources{CPU: "3", Memory: "12Gi", ShmSize: "2Gi", Disk: "60Gi"}); m.Resources != want {
		t.Errorf("resources are %v, want %v", m.Resources, want)
	}
	if l := m.Lifecycle; l.LoadSeconds != 600 || l.ProvisionSeconds != 600 || l.DrainSeconds != 15 || l.ShutdownSeconds != 120 || l.Rollout != serving.Surge || l.HungSeconds != 0 {
		t.Errorf("the lifecycle is %+v", l)
	}
}

func TestNoModelsIsAStack(t *testing.T) {
	if cfg := mustLoad(t, ""); len(cfg.Models) != 0 {
		t.Errorf("models are %v, want none", cfg.Models)
	}
}

// TestModelsTakeWhatTheyLackFromDefaults covers texts, numbers, mappings, which
// are merged key by key, and lists, which are not.
func TestModelsTakeWhatTheyLackFromDefaults(t *testing.T) {
	cfg := mustLoad(t, `
  vllm-eks:defaults:
    vllmVersion: v0.33.0
    lifecycle: {loadSeconds: 100, drainSeconds: 30}
    env: {A: default, B: default}
    nodeSelector: {pool: gpu}
    extraArgs: [--max-num-batched-tokens, "4096"]
  vllm-eks:models:
    - {name: takes, model: org/m}
    - {name: says, model: org/m, vllmVersion: v0.34.0, lifecycle: {loadSeconds: 200}, env: {B: own, C: ""},
       nodeSelector: {zone: a}, extraArgs: []}
    - {name: image, model: org/m, image: "example.com/vllm:v0.35.0"}`)
	takes, says, image := cfg.Models[0], cfg.Models[1], cfg.Models[2]
	if takes.VLLMVersion != "v0.33.0" || says.VLLMVersion != "v0.34.0" || image.VLLMVersion != "" {
		t.Errorf("versions are %q, %q and %q", takes.VLLMVersion, says.VLLMVersion, image.VLLMVersion)
	}
	if takes.Lifecycle.LoadSeconds != 100 || says.Lifecycle.LoadSeconds != 200 || says.Lifecycle.DrainSeconds != 30 {
		t.Errorf("lifecycles are %v and %v", takes.Lifecycle, says.Lifecycle)
	}
	if want := map[string]string{"A": "default", "B": "default"}; !maps.Equal(takes.Env, want) {
		t.Errorf("env is %v, want %v", takes.Env, want)
	}
	if want := map[string]string{"A": "default", "B": "own", "C": ""}; !maps.Equal(says.Env, want) {
		t.Errorf("env is %v, want %v", says.Env, want)
	}
	if want := map[string]string{"pool": "gpu", "zone": "a"}; !maps.Equal(says.Scheduling.NodeSelector, want) {
		t.Errorf("nodeSelector is %v, want %v", says.Scheduling.NodeSelector, want)
	}
	if !slices.Equal(takes.ExtraArgs, []string{"--max-num-batched-tokens", "4096"}) || len(says.ExtraArgs) != 0 {
		t.Errorf("extraArgs are %q and %q", takes.ExtraArgs, says.ExtraArgs)
	}
}

// TestAModelsVersionOrImageReplacesThatOfTheDefaults covers both directions:
// either key says which vLLM runs.
func TestAModelsVersionOrImageReplacesThatOfTheDefaults(t *testing.T) {
	const version, image = "v0.34.0", "example.com/vllm:v0.34.0"
	tests := []struct{ name, defaults, model, wantVersion, wantImage string }{
		{"version over image", "image: example.com/vllm:a", "vllmVersion: " + version, version, ""},
		{"image over version", "vllmVersion: v0.33.0", "image: " + image, "", image},
		{"image over both", "vllmVersion: v0.33.0, image: example.com/vllm:a", "image: " + image, "", image},
		{"version over both", "vllmVersion: v0.33.0, image: example.com/vllm:v0.33.0", "vllmVersion: " + version, version, ""},
		{"both over both", "vllmVersion: v0.33.0, image: example.com/vllm:a", "vllmVersion: " + version + ", image: " + image, version, image},
		{"neither", "vllmVersion: v0.33.0, image: example.com/vllm:v0.33.0", "maxModelLen: 1", "v0.33.0", "example.com/vllm:v0.33.0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := mustLoad(t, "  vllm-eks:defaults: {"+test.defaults+"}\n  vllm-eks:models: [{name: a, model: org/m, "+test.model+"}]").Models[0]
			if m.VLLMVersion != test.wantVersion || m.Image != test.wantImage {
				t.Errorf("got version %q and image %q, want %q and %q", m.VLLMVersion, m.Image, test.wantVersion, test.wantImage)
			}
		})
	}
}

func TestKeysOfOthersAreLeftAlone(t *testing.T) {
	cfg := mustLoad(t, "  aws:region: us-west-2\n  other:models: nonsense\n")
	if len(cfg.Models) != 0 {
		t.Errorf("models are %v, want none", cfg.Models)
	}
}

// TestKeysOfTheProviderAreTexts holds what may stand in place of a profile: Pulumi hands
// over text, so that a number is one.
func TestKeysOfTheProviderAreTexts(t *testing.T) {
	for value, want := range map[string]string{
		"staging": "", "123456789012": "", "1.5": "", `"quoted"`: "",
		"true": "aws:profile: wrong type", "[1]": "aws:profile: wrong type", "{a: b}": "aws:profile: wrong type",
		`""`: "aws:profile: required", "{secure: x}": "aws:profile: forbidden",
	} {
		_, err := load(t, "  aws:profile: "+value+"\n")
		if got := strings.Join(problemstest.Kinds(err), ", "); got != want {
			t.Errorf("%s has the problems %q, want %q", value, got, want)
		}
	}
}

// TestSecretsStaySecret reads them back the way a resource would.
func TestSecretsStaySecret(t *testing.T) {
	cfg := mustLoad(t, "  vllm-eks:huggingFaceToken: {secure: hf_canary}\n  vllm-eks:apiKey: {secure: \"7\"}\n")
	for name, input := range map[string]pulumi.StringPtrInput{"hf_canary": cfg.HuggingFaceToken, "7": cfg.APIKey} {
		output := input.ToStringPtrOutput()
		if !pulumi.IsSecret(output) {
			t.Errorf("%s is no secret", name)
		}
		value := make(chan string, 1)
		output.ApplyT(func(v *string) error { value <- *v; return nil })
		if got := <-value; got != name {
			t.Errorf("the secret is %q, want %q", got, name)
		}
	}
}

// TestProblemsStandWhereTheUserTypedThem holds that a wrong value in the defaults is
// reported at its key in the defaults, and not at the model that uses it.
func TestProblemsStandWhereTheUserTypedThem(t *testing.T) {
	_, err := load(t, `
  vllm-eks:defaults: {image: "vllm/vllm-openai:latest", env: {HF_TOKEN: x}, extraArgs: [--swap-space, "4"], lifecycle: {loadSeconds: -1}}
  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}]`)
	want := []string{"defaults.env.HF_TOKEN: invalid", "defaults.extraArgs[0]: invalid", "defaults.image: invalid", "defaults.lifecycle.loadSeconds: invalid"}
	if got := problemstest.Kinds(err); !slices.Equal(got, want) {
		t.Errorf("the problems are %q, want %q", got, want)
	}
}

// TestEveryProblemIsReportedOnce adds unknown keys to one problem of a
// namespace: none may displace another, whatever their number.
func TestEveryProblemIsReportedOnce(t *testing.T) {
	tests := []struct{ name, namespaces, model, want string }{
		{"not listed", "[{name: x}]", "namespace: y", "models[0].namespace: not supported"},
		{"not chosen", "[{name: x}, {name: y}]", "maxModelLen: 1", "models[0].namespace: required"},
		{"wrong type", "[{name: x}]", "namespace: 5", "models[0].namespace: wrong type"},
		{"malformed name", "[{name: X}]", "maxModelLen: 1", "namespaces[0].name: invalid"},
		{"without a name", "[{}]", "namespace: x", "namespaces[0].name: required"},
		{"no mapping", "[x]", "namespace: x", "namespaces[0]: wrong type"},
		{"no list", "x", "namespace: x", "namespaces: wrong type"},
		{"empty", "[]", "namespace: x", "namespaces: required"},
	}
	for _, test := range tests {
		for unknown := range 9 {
			t.Run(fmt.Sprintf("%s and %d unknown keys", test.name, unknown), func(t *testing.T) {
				model, want := test.model, []string{test.want}
				for i := range unknown {
					model += fmt.Sprintf(", zzzzzzzz%d: 1", i)
					want = append(want, fmt.Sprintf("models[0].zzzzzzzz%d: forbidden", i))
				}
				_, err := load(t, "  vllm-eks:namespaces: "+test.namespaces+"\n  vllm-eks:models: [{name: a, model: org/m, "+model+"}]")
				slices.Sort(want)
				if got := problemstest.Kinds(err); !slices.Equal(got, want) {
					t.Errorf("the problems are %q, want %q", got, want)
				}
			})
		}
	}
}

// TestWhatCannotBeDecodedIsNotCheckedAgain covers mappings, and values that models take
// from the defaults.
func TestWhatCannotBeDecodedIsNotCheckedAgain(t *testing.T) {
	tests := []struct{ name, yaml, want string }{
		{"a mapping of a model", "  vllm-eks:models: [{name: a, model: org/m, lifecycle: surge}]", "models[0].lifecycle: wrong type"},
		{"an item of the defaults", "  vllm-eks:defaults: {extraArgs: [5]}\n  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}]",
			"defaults.extraArgs[0]: wrong type"},
		{"a mapping, in whose place the defaults are wrong", "  vllm-eks:defaults: {gpu: {count: -1}}\n  vllm-eks:models: [{name: a, model: org/m, gpu: 2}]",
			"defaults.gpu.count: invalid, models[0].gpu: wrong type"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(t, test.yaml)
			if got := strings.Join(problemstest.Kinds(err), ", "); got != test.want {
				t.Errorf("the problems are %q, want %q", got, test.want)
			}
		})
	}
}

// TestNewKeysComeFromDefaultsToo covers a truth, a list of mappings and a
// mapping of mappings.
func TestNewKeysComeFromDefaultsToo(t *testing.T) {
	cfg := mustLoad(t, `
  vllm-eks:defaults:
    tolerations: [{key: team}]
    storage: {offline: true, cache: {claim: cache}}
    ingress: {class: nginx, controllerNamespace: n, open: true}
  vllm-eks:models:
    - {name: a, model: org/m, ingress: {host: a.example.com}}
    - {name: b, model: org/m, tolerations: [], storage: {offline: false}, ingress: {host: b.example.com}}`)
	a, b := cfg.Models[0], cfg.Models[1]
	if len(a.Scheduling.Tolerations) != 1 || len(b.Scheduling.Tolerations) != 0 {
		t.Errorf("tolerations are %v and %v", a.Scheduling.Tolerations, b.Scheduling.Tolerations)
	}
	if !*a.Storage.Offline || *b.Storage.Offline || b.Storage.Cache.Claim != "cache" {
		t.Errorf("storage is %v and %v", a.Storage, b.Storage)
	}
	if a.Ingress.Class != "nginx" || a.Ingress.Host == b.Ingress.Host {
		t.Errorf("ingresses are %v and %v", a.Ingress, b.Ingress)
	}
}

// TestKeysOfTheEngineAreRead holds that each key arrives where it belongs, and that
// a model's own replaces that of the defaults.
func TestKeysOfTheEngineAreRead(t *testing.T) {
	c, err := load(t, `  vllm-eks:defaults: {kvCache: {hostMemory: 8Gi}, queue: {maxRequests: 32, maxTokens: 100000}}
  vllm-eks:models:
    - {name: a, model: org/m, servedModelName: [chat, chat-v1], queue: {maxRequests: 64}, network: {egress: [{namespace: cache, port: 5555}, {cidr: 10.1.0.0/24, port: 6379}]}}
    - {name: b, model: org/m, servedModelName: b, trustRemoteCode: true, revision: 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a}`)
	if err != nil {
		t.Fatal(err)
	}
	a, b := c.Models[0], c.Models[1]
	if !slices.Equal(a.Model.ServedNames, []string{"chat", "chat-v1"}) || !slices.Equal(b.Model.ServedNames, []string{"b"}) {
		t.Errorf("names %q and %q", a.Model.ServedNames, b.Model.ServedNames)
	}
	if want := (serving.QueueLimits{MaxRequests: 64, MaxTokens: 100000}); a.Queue != want || b.Queue.MaxRequests != 32 {
		t.Errorf("queues %+v and %+v", a.Queue, b.Queue)
	}
	if a.KVCache.HostMemory != "8Gi" || a.Model.TrustRemoteCode || !b.Model.TrustRemoteCode {
		t.Errorf("host memory %q, code trusted: %t and %t", a.KVCache.HostMemory, a.Model.TrustRemoteCode, b.Model.TrustRemoteCode)
	}
	if want := []serving.Destination{{Namespace: "cache", Port: 5555}, {CIDR: "10.1.0.0/24", Port: 6379}}; !slices.Equal(a.Network.Egress, want) {
		t.Errorf("egress %+v, want %+v", a.Network.Egress, want)
	}
}
