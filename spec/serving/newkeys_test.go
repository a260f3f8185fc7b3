package serving

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// TestKeysOfTheEngine holds what keys render, and what of them is refused.
func TestKeysOfTheEngine(t *testing.T) {
	commit := strings.Repeat("0a", 20)
	cases := map[string]struct {
		change func(*Spec)
		args   []string // in this order, somewhere among the arguments
		want   string   // the error; "": none
	}{
		"several names": {func(s *Spec) { s.Model.ServedNames = []string{"chat", "chat-v1", "org/chat"} },
			[]string{"--served-model-name", "chat", "chat-v1", "org/chat", "--port"}, ""},
		"a name twice": {func(s *Spec) { s.Model.ServedNames = []string{"chat", "chat"} }, nil,
			`models[0].servedModelName[1]: is "chat", which is listed already`},
		"a name that cannot be": {func(s *Spec) { s.Model.ServedNames = []string{"a", "a b"} }, nil, `models[0].servedModelName[1]: is "a b", want`},
		"an adapter of the same name": {func(s *Spec) {
			s.Model.ServedNames, s.LoRA.Adapters = []string{"m", "sql"}, []Adapter{{"sql", "org/sql"}}
		}, nil, `models[0].lora.adapters[0].name: is "sql", which is the name of the model already`},
		"code at a commit": {func(s *Spec) { s.Model.TrustRemoteCode, s.Model.Revision = true, commit },
			[]string{"--revision", commit, "--trust-remote-code", "--code-revision", commit}, ""},
		"code at a branch":    {func(s *Spec) { s.Model.TrustRemoteCode, s.Model.Revision = true, "main" }, nil, `models[0].revision: is "main", and trustRemoteCode runs code`},
		"code that can move":  {func(s *Spec) { s.Model.TrustRemoteCode = true }, nil, `models[0].revision: is "", and trustRemoteCode runs code`},
		"code on a volume":    {func(s *Spec) { s.Model.TrustRemoteCode, s.Storage.Weights.Claim = true, "weights" }, []string{"--trust-remote-code"}, ""},
		"a cache in the node": {func(s *Spec) { s.NodeGroup.InstanceTypes, s.KVCache.HostMemory = []string{"g5.4xlarge"}, "20Gi" }, []string{"--kv-offloading-size", "20"}, ""},
		"half a GiB more":     {func(s *Spec) { s.NodeGroup.InstanceTypes, s.KVCache.HostMemory = []string{"g5.4xlarge"}, "1536Mi" }, []string{"--kv-offloading-size", "1.5"}, ""},
		"no amount":           {func(s *Spec) { s.KVCache.HostMemory = "much" }, nil, `models[0].kvCache.hostMemory: is "much", want an amount of at least 1Gi`},
		"next to nothing":     {func(s *Spec) { s.KVCache.HostMemory = "1Mi" }, nil, `models[0].kvCache.hostMemory: is "1Mi", want an amount of at least 1Gi`},
		"more than the node":  {func(s *Spec) { s.KVCache.HostMemory = "64Gi" }, nil, "models[0].resources.memory: is 76Gi, 64 GiB of kvCache.hostMemory among it"},
		"a bounded queue": {func(s *Spec) { s.Queue = QueueLimits{MaxRequests: 64, MaxTokens: 500_000} },
			[]string{"--max-num-queued-reqs", "64", "--max-num-queued-tokens", "500000"}, ""},
		"a queue of less than none":  {func(s *Spec) { s.Queue.MaxTokens = -1 }, nil, "models[0].queue.maxTokens: is -1, want 1 to"},
		"a model without the layers": {func(s *Spec) { s.Speculative = Speculative{Method: "mtp", Tokens: 2} }, nil, "models[0].speculative.method: is mtp, and models of the type qwen3 have no layers for it"},
		"a model without answers": {func(s *Spec) { s.Model.ID, s.Speculative = "BAAI/bge-m3", Speculative{Method: "ngram", Tokens: 2} }, nil,
			`models[0].speculative.method: is "ngram", and the model, of the kind embedding model, generates no tokens`},
		"a drafter of the model": {func(s *Spec) {
			s.NodeGroup.InstanceTypes, s.Model.ID, s.Speculative = []string{"g6e.2xlarge"}, "Qwen/Qwen3.5-4B", Speculative{Method: "mtp", Tokens: 2}
		},
			[]string{"--speculative-config", `{"method":"mtp","num_speculative_tokens":2}`}, ""},
		"a drafter of its own": {func(s *Spec) {
			s.NodeGroup.InstanceTypes, s.Speculative = []string{"g6e.2xlarge"}, Speculative{"draft_model", "Qwen/Qwen3-0.6B", 4}
		}, []string{"--speculative-config", `{"method":"draft_model","model":"Qwen/Qwen3-0.6B","num_speculative_tokens":4}`}, ""},
		"no such drafter":             {func(s *Spec) { s.Speculative = Speculative{Method: "magic", Tokens: 2} }, nil, `models[0].speculative.method: is "magic", want one of draft_model, eagle, eagle3, mtp, ngram, suffix`},
		"a drafter without its model": {func(s *Spec) { s.Speculative = Speculative{Method: "eagle3", Tokens: 2} }, nil, "models[0].speculative.model: is missing"},
		"a model without use":         {func(s *Spec) { s.Speculative = Speculative{"ngram", "org/m", 2} }, nil, `models[0].speculative.model: is "org/m", and ngram needs no model`},
		"no number of tokens":         {func(s *Spec) { s.Speculative.Method = "ngram" }, nil, "models[0].speculative.tokens: is missing"},
		"a drafter by key and by flag": {func(s *Spec) {
			s.Speculative, s.ExtraArgs = Speculative{Method: "ngram", Tokens: 2}, []string{"--spec-tokens", "4"}
		}, nil, "models[0].extraArgs[0]: --spec-tokens is set by the component; use speculative instead"},
		"media from named hosts": {func(s *Spec) {
			s.Media = Media{Domains: []string{"a.example.com", "b"}, Images: new(0), Sounds: new(2)}
		}, []string{"--allowed-media-domains", "a.example.com", "b", "--limit-mm-per-prompt", `{"audio":2,"image":0}`}, ""},
		"no host":         {func(s *Spec) { s.Media.Domains = []string{"https://a/b"} }, nil, `models[0].media.domains[0]: is "https://a/b", want the name of a host`},
		"too many images": {func(s *Spec) { s.Media.Images = new(1000) }, nil, "models[0].media.images: is 1000, want 0 to 999"},
		"the key and the flag": {func(s *Spec) {
			s.NodeGroup.InstanceTypes, s.KVCache.HostMemory, s.ExtraArgs = []string{"g5.4xlarge"}, "4Gi", []string{"--kv-offloading-size", "8"}
		}, nil, "models[0].extraArgs[0]: --kv-offloading-size is set by the component; use kvCache.hostMemory instead"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			spec := sizeable(c.change)
			err := problems.Err(spec.Validate(field.NewPath("models[0]")))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			args := EngineArgs(spec)
			for i, first := 0, 0; i < len(c.args); i++ {
				at := slices.Index(args[first:], c.args[i])
				if at < 0 {
					t.Fatalf("%q is not in order in %q", c.args[i], args)
				}
				first += at + 1
			}
		})
	}
}

// TestModelsThatWantTheirCode holds the warning, and that the key silences it.
func TestModelsThatWantTheirCode(t *testing.T) {
	warned := func(change func(*Spec)) bool {
		return strings.Contains(strings.Join(sizeable(change).Warnings(), "\n"), "bring Python code of their own")
	}
	if !warned(func(s *Spec) { s.Model.ID = "openbmb/MiniCPM-V-4_5" }) {
		t.Error("no warning of MiniCPM")
	}
	if warned(func(s *Spec) {
		s.Model.ID, s.Model.TrustRemoteCode, s.Model.Revision = "openbmb/MiniCPM-V-4_5", true, strings.Repeat("0a", 20)
	}) || warned(nil) {
		t.Error("a warning of a model whose code is trusted, or that has none")
	}
}
