package serving

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
)

// TestVLLMAcceptsArguments reads what is rendered with vLLM's own table.
func TestVLLMAcceptsArguments(t *testing.T) {
	two := 2
	specs := map[string]Spec{
		"least": {Name: "a", Namespace: "n", Model: Model{ID: "org/m"}},
		"most": {Name: "a", Namespace: "n", GPU: GPU{Count: 8}, Replicas: Replicas{Min: &two},
			Model:     Model{ID: "org/m", Revision: "v1", ServedNames: []string{"m"}, MaxLen: 4096, MaxNumSeqs: 32},
			ExtraArgs: []string{"--max-num-batched-tokens", "4096"}},
	}
	for name, spec := range specs {
		t.Run(name, func(t *testing.T) {
			spec = spec.WithDefaults()
			if err := problems.Err(spec.Validate(field.NewPath("a"))); err != nil {
				t.Fatal(err)
			}
			if _, err := vllmflags.Parse(VLLMArgs(spec)); err != nil {
				t.Errorf("vLLM refuses %q: %v", VLLMArgs(spec), err)
			}
		})
	}
}

// everyFeature returns specs that together render every flag that the program has.
func everyFeature() map[string]Spec {
	specs := map[string]Spec{}
	for name, change := range map[string]func(*Spec){
		"Hugging Face": func(s *Spec) { s.Model.Revision = "v1" },
		"remote code": func(s *Spec) {
			s.Model.Revision, s.Model.TrustRemoteCode = strings.Repeat("0a", 20), true
			s.Speculative, s.Media = Speculative{Method: "ngram", Tokens: 2}, Media{Domains: []string{"a.example.com"}, Images: new(2)}
			s.KVCache.HostMemory, s.Queue = "2Gi", QueueLimits{MaxRequests: 64, MaxTokens: 100_000}
		},
		"S3":         func(s *Spec) { s.Model.ID = "s3://bucket/org/m" },
		"no caching": func(s *Spec) { s.Model.PrefixCaching = new(false) },
	} {
		spec := Spec{
			Name: "a", Namespace: "n", GPU: GPU{Count: 2}, Lifecycle: Lifecycle{HungSeconds: 300},
			Model: Model{
				ID: "org/m", ServedNames: []string{"m"}, MaxLen: 4096, MaxNumSeqs: 8, DType: "half", Quantization: "awq", KVCacheDType: "fp8", PrefixCaching: new(true),
				ToolCallParser: "hermes", ReasoningParser: "qwen3",
			},
			LoRA: LoRA{Adapters: []Adapter{{"sql", "/adapters/sql"}}},
		}
		change(&spec)
		specs[name] = spec.WithDefaults()
	}
	return specs
}

// TestExtraArgsCannotRepeatWhatIsRendered tries each flag that the program renders,
// in every spelling, as an extra argument.
func TestExtraArgsCannotRepeatWhatIsRendered(t *testing.T) {
	tried := map[string]bool{}
	for name, spec := range everyFeature() {
		if err := problems.Err(spec.Validate(field.NewPath("a"))); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, flag := range vllmflags.Flags() {
			if args, err := vllmflags.Parse(VLLMArgs(spec)); err != nil || !args.Has(flag.Name) {
				continue
			}
			tried[flag.Name] = true
			spellings := [][]string{{flag.Name, "1"}, {flag.Name + "=1"}, {strings.ReplaceAll(flag.Name, "-", "_")[2:], "1"}, {flag.Name + ".key", "1"}}
			spellings[2][0] = "--" + spellings[2][0]
			if flag.Short != "" {
				spellings = append(spellings, []string{flag.Short, "1"})
			}
			if flag.Kind == vllmflags.KindBool {
				spellings = append(spellings, []string{"--no-" + flag.Name[2:]})
			}
			for _, args := range spellings {
				again := spec
				again.ExtraArgs = args
				err := problems.Err(again.Validate(field.NewPath("a")))
				problemstest.Check(t, err, []string{"a.extraArgs[0]: invalid"}, []string{"a.extraArgs[0]: " + flag.Name + " is set by the component"})
			}
		}
	}
	for flag := range ownedFlags {
		if _, secret := map[string]bool{"--api-key": true, "--hf-token": true, "--host": true, "--model": true}[flag]; !tried[flag] && !secret {
			t.Errorf("%s is owned, and no feature renders it", flag)
		}
	}
	for _, flag := range []string{"--speculative-config", "--allowed-media-domains", "--limit-mm-per-prompt", "--trust-remote-code", "--code-revision", "--kv-offloading-size", "--max-num-queued-reqs", "--max-num-queued-tokens", "--load-format", "--model-loader-extra-config", "--enable-server-load-tracking"} {
		if !tried[flag] {
			t.Errorf("no feature renders %s", flag)
		}
	}
	// Without the feature, the flag is the user's.
	free := Spec{Name: "a", Namespace: "n", Model: Model{ID: "org/m"}, ExtraArgs: []string{"--load-format", "fastsafetensors", "--enable-server-load-tracking"}}
	if err := problems.Err(free.WithDefaults().Validate(field.NewPath("a"))); err != nil {
		t.Error(err)
	}
}

func TestImage(t *testing.T) {
	tests := []struct {
		name string
		spec Spec
		want string
	}{
		{"default", Spec{}, "vllm/vllm-openai:v0.33.0"},
		{"version", Spec{VLLMVersion: "v0.33.1"}, "vllm/vllm-openai:v0.33.1"},
		{"own", Spec{VLLMVersion: "v0.33.1", Image: "example.com/vllm:a"}, "example.com/vllm:a"},
	}
	for _, test := range tests {
		if got := test.spec.WithDefaults().ImageName(); got != test.want {
			t.Errorf("%s: the image is %s, want %s", test.name, got, test.want)
		}
	}
}
