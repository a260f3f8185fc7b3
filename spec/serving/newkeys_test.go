package serving

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

// TestKeysOfVLLM holds what keys render, and what of them is refused.
func TestKeysOfVLLM(t *testing.T) {
	commit := strings.Repeat("0a", 20)
	cases := map[string]struct {
		change func(*Spec)
		args   []string // in this order, somewhere among the arguments
		want   []string // the key and the kind of every problem
		says   []string // begins messages that name another key, or a number that is computed
	}{
		"several names": {change: func(s *Spec) { s.Model.ServedNames = []string{"chat", "chat-v1", "org/chat"} },
			args: []string{"--served-model-name", "chat", "chat-v1", "org/chat", "--port"}},
		"a name twice": {change: func(s *Spec) { s.Model.ServedNames = []string{"chat", "chat"} },
			want: []string{"models[0].servedModelName[1]: duplicate"}},
		"a name that cannot be": {change: func(s *Spec) { s.Model.ServedNames = []string{"a", "a b"} },
			want: []string{"models[0].servedModelName[1]: invalid"}},
		"an adapter of the same name": {change: func(s *Spec) {
			s.Model.ServedNames, s.LoRA.Adapters = []string{"m", "sql"}, []Adapter{{"sql", "org/sql"}}
		}, want: []string{"models[0].lora.adapters[0].name: duplicate"}},
		"code at a commit": {change: func(s *Spec) { s.Model.TrustRemoteCode, s.Model.Revision = true, commit },
			args: []string{"--revision", commit, "--trust-remote-code", "--code-revision", commit}},
		"code at a branch": {change: func(s *Spec) { s.Model.TrustRemoteCode, s.Model.Revision = true, "main" },
			want: []string{"models[0].revision: invalid"}},
		"code that can move": {change: func(s *Spec) { s.Model.TrustRemoteCode = true }, want: []string{"models[0].revision: invalid"}},
		"code on a volume": {change: func(s *Spec) { s.Model.TrustRemoteCode, s.Storage.Weights.Claim = true, "weights" },
			args: []string{"--trust-remote-code"}},
		"a cache in the node": {change: func(s *Spec) { s.NodeGroup.InstanceTypes, s.KVCache.HostMemory = []string{"g5.4xlarge"}, "20Gi" },
			args: []string{"--kv-offloading-size", "20"}},
		"half a GiB more": {change: func(s *Spec) { s.NodeGroup.InstanceTypes, s.KVCache.HostMemory = []string{"g5.4xlarge"}, "1536Mi" },
			args: []string{"--kv-offloading-size", "1.5"}},
		"no amount":       {change: func(s *Spec) { s.KVCache.HostMemory = "much" }, want: []string{"models[0].kvCache.hostMemory: invalid"}},
		"next to nothing": {change: func(s *Spec) { s.KVCache.HostMemory = "1Mi" }, want: []string{"models[0].kvCache.hostMemory: invalid"}},
		"more than the node": {change: func(s *Spec) { s.KVCache.HostMemory = "64Gi" },
			want: []string{"models[0].resources.memory: invalid"},
			says: []string{"models[0].resources.memory: is 76Gi, including 64 GiB of kvCache.hostMemory"}},
		"a bounded queue": {change: func(s *Spec) { s.Queue = QueueLimits{MaxRequests: 64, MaxTokens: 500_000} },
			args: []string{"--max-num-queued-reqs", "64", "--max-num-queued-tokens", "500000"}},
		"a queue of less than none": {change: func(s *Spec) { s.Queue.MaxTokens = -1 }, want: []string{"models[0].queue.maxTokens: invalid"}},
		"a model without the layers": {change: func(s *Spec) { s.Speculative = Speculative{Method: "mtp", Tokens: 2} },
			want: []string{"models[0].speculative.method: invalid"},
			says: []string{"models[0].speculative.method: is mtp, and models of the type qwen3 have no layers for it"}},
		"a model without answers": {change: func(s *Spec) { s.Model.ID, s.Speculative = "BAAI/bge-m3", Speculative{Method: "ngram", Tokens: 2} },
			want: []string{"models[0].speculative.method: forbidden"}},
		"a drafter of the model": {change: func(s *Spec) {
			s.NodeGroup.InstanceTypes, s.Model.ID, s.Speculative = []string{"g6e.2xlarge"}, "Qwen/Qwen3.5-4B", Speculative{Method: "mtp", Tokens: 2}
		}, args: []string{"--speculative-config", `{"method":"mtp","num_speculative_tokens":2}`}},
		"a drafter of its own": {change: func(s *Spec) {
			s.NodeGroup.InstanceTypes, s.Speculative = []string{"g6e.2xlarge"}, Speculative{"draft_model", "Qwen/Qwen3-0.6B", 4}
		}, args: []string{"--speculative-config", `{"method":"draft_model","model":"Qwen/Qwen3-0.6B","num_speculative_tokens":4}`}},
		"no such drafter": {change: func(s *Spec) { s.Speculative = Speculative{Method: "magic", Tokens: 2} },
			want: []string{"models[0].speculative.method: not supported"}},
		"a drafter without its model": {change: func(s *Spec) { s.Speculative = Speculative{Method: "eagle3", Tokens: 2} },
			want: []string{"models[0].speculative.model: required"}},
		"a model without use": {change: func(s *Spec) { s.Speculative = Speculative{"ngram", "org/m", 2} },
			want: []string{"models[0].speculative.model: forbidden"}},
		"no number of tokens": {change: func(s *Spec) { s.Speculative.Method = "ngram" }, want: []string{"models[0].speculative.tokens: required"}},
		"a drafter by key and by flag": {change: func(s *Spec) {
			s.Speculative, s.ExtraArgs = Speculative{Method: "ngram", Tokens: 2}, []string{"--spec-tokens", "4"}
		}, want: []string{"models[0].extraArgs[0]: forbidden"},
			says: []string{"models[0].extraArgs[0]: --spec-tokens is set by the component; use speculative instead"}},
		"media from named hosts": {change: func(s *Spec) {
			s.Media = Media{Domains: []string{"a.example.com", "b"}, Images: new(0), Sounds: new(2)}
		}, args: []string{"--allowed-media-domains", "a.example.com", "b", "--limit-mm-per-prompt", `{"audio":2,"image":0}`}},
		"no host":         {change: func(s *Spec) { s.Media.Domains = []string{"https://a/b"} }, want: []string{"models[0].media.domains[0]: invalid"}},
		"too many images": {change: func(s *Spec) { s.Media.Images = new(1000) }, want: []string{"models[0].media.images: invalid"}},
		"the key and the flag": {change: func(s *Spec) {
			s.NodeGroup.InstanceTypes, s.KVCache.HostMemory, s.ExtraArgs = []string{"g5.4xlarge"}, "4Gi", []string{"--kv-offloading-size", "8"}
		}, want: []string{"models[0].extraArgs[0]: invalid"},
			says: []string{"models[0].extraArgs[0]: --kv-offloading-size is set by the component; use kvCache.hostMemory instead"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			spec := sizeable(c.change)
			problemstest.Check(t, problems.Err(spec.Validate(field.NewPath("models[0]"))), c.want, c.says)
			args := VLLMArgs(spec)
			for i, start := 0, 0; i < len(c.args); i++ {
				index := slices.Index(args[start:], c.args[i])
				if index < 0 {
					t.Fatalf("%q is not in order in %q", c.args[i], args)
				}
				start += index + 1
			}
		})
	}
}

// TestModelsThatWantTheirCode holds the warning, and that the key silences it.
func TestModelsThatWantTheirCode(t *testing.T) {
	warned := func(change func(*Spec)) bool {
		return strings.Contains(strings.Join(sizeable(change).Warnings(), "\n"), "need the Python code of their repository")
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
