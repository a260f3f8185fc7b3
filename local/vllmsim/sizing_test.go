package main

import (
	"strconv"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// TestExposedTokensArePredicted holds that a replica exposes the KV cache that sizing
// predicts for its arguments, to the token, for models of all kinds.
func TestExposedTokensArePredicted(t *testing.T) {
	tests := map[string]struct {
		gpu  string
		args []string
	}{
		"dense":        {"A10G", []string{"mistralai/Mistral-7B-Instruct-v0.2", "--max-model-len", "8192", "--max-num-seqs", "56"}},
		"8-bit cache":  {"A10G", []string{"Qwen/Qwen2.5-7B-Instruct", "--max-model-len", "8192", "--kv-cache-dtype", "fp8"}},
		"split":        {"A100-40", []string{"meta-llama/Llama-3.3-70B-Instruct", "--max-model-len", "32k", "-tp", "8"}},
		"4-bit":        {"A10G", []string{"Qwen/Qwen2.5-14B-Instruct-AWQ", "--max-model-len", "8192", "--enforce-eager"}},
		"experts":      {"L40S", []string{"Qwen/Qwen3-30B-A3B", "--max-model-len", "16384", "-tp", "2"}},
		"padded":       {"A100-80", []string{"google/gemma-3-27b-it", "--max-model-len", "8192"}},
		"a hybrid":     {"L4", []string{"Qwen/Qwen3.5-4B", "--max-model-len", "32768"}},
		"what is left": {"A10G", []string{"meta-llama/Llama-3.1-8B-Instruct", "--max-model-len", "auto", "--gpu-memory-utilization", "0.9"}},
	}
	release, _ := sizing.ParseRelease(version)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			args, err := vllmflags.Parse(test.args)
			if err != nil {
				t.Fatal(err)
			}
			gpu, err := catalogue.FindGPU(test.gpu)
			if err != nil {
				t.Fatal(err)
			}
			shape, found := catalogue.FindShape(args.Model)
			if !found {
				t.Fatalf("%s is not in the catalogue", args.Model)
			}
			want := sizing.Fit(sizing.Engine{Release: release, GPU: gpu, Shape: shape}.WithArgs(args)).Tokens
			s, err := newSettings(args, func(name string) string {
				return map[string]string{"VLLMSIM_GPU": test.gpu}[name]
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := cacheConfig(s)["kv_cache_size_tokens"]; want == 0 || got != strconv.Itoa(want) {
				t.Errorf("%s tokens are exposed, %d predicted", got, want)
			}
			if blocks := s.engine.Blocks; blocks != want/sizing.BlockSize {
				t.Errorf("the scheduler has %d blocks for %d tokens", blocks, want)
			}
		})
	}
}
