package sizing

import (
	"math"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

func TestAdapters(t *testing.T) {
	tests := []struct {
		name, model string
		tensor      int
		args        []string
		want        float64 // MiB on one GPU
		ok          bool
	}{
		{"none", "meta-llama/Llama-3.1-8B", 1, nil, 0, true},
		// 32 layers, 16 x (7 x 4096 + 2 x 4096 + 2 x 1024 + 3 x 14336), 2 bytes; and
		// 2 x 16 x (128,256 + 4096) of the vocabulary, on every GPU
		{"vLLM's defaults", "meta-llama/Llama-3.1-8B", 1, []string{"--enable-lora"}, 88.08, true},
		{"four of rank 64", "meta-llama/Llama-3.1-8B", 1, []string{"--enable-lora", "--max-loras", "4", "--max-lora-rank", "64"}, 1409.25, true},
		{"over two GPUs", "meta-llama/Llama-3.1-8B", 2, []string{"--enable-lora"}, 62.08, true},
		{"without a part for the vocabulary", "Qwen/Qwen2.5-7B-Instruct", 1, []string{"--enable-lora"}, 77, true},
		{"experts", "openai/gpt-oss-20b", 1, []string{"--enable-lora"}, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			shape, ok := catalogue.FindShape(test.model)
			gpu, err := catalogue.FindGPU("A10G")
			args, errArgs := vllmflags.Parse(append([]string{test.model}, test.args...))
			if !ok || err != nil || errArgs != nil {
				t.Fatal(ok, err, errArgs)
			}
			e := Engine{Release: Release{Minor: 32}, Shape: shape, GPU: gpu}.WithArgs(args)
			e.TensorParallel = test.tensor
			got, ok := e.AdaptersGiB()
			if math.Abs(got*1024-test.want) > 0.5 || ok != test.ok {
				t.Errorf("%.1f MiB, known: %t; want %.0f, %t", got*1024, ok, test.want, test.ok)
			}
			plain := e
			plain.LoRASlots = 0
			if adapted, base := Fit(e), Fit(plain); math.Abs(base.KV-base.Short-(adapted.KV-adapted.Short)-got) > 1e-9 {
				t.Errorf("the KV cache is %.3f GiB with adapters and %.3f without, want %.3f less", adapted.KV, base.KV, got)
			}
		})
	}
}
