package sizing

import "testing"

// BenchmarkFit computes the memory of one model on one GPU.
func BenchmarkFit(b *testing.B) {
	for _, model := range []string{"mistralai/Mistral-7B-Instruct-v0.2", "google/gemma-3-27b-it", "Qwen/Qwen3-30B-A3B"} {
		b.Run(model, func(b *testing.B) {
			e := engine(b, model, "A100-80", 1, 8192)
			for b.Loop() {
				Fit(e)
			}
		})
	}
}

// BenchmarkSize computes everything that a preview computes for one model.
func BenchmarkSize(b *testing.B) {
	w := workload(b, "mistralai/Mistral-7B-Instruct-v0.2", "g5.2xlarge", 8192)
	for b.Loop() {
		Size(w)
	}
}

// BenchmarkRefusal also searches for changes that make the model fit.
func BenchmarkRefusal(b *testing.B) {
	e := Size(workload(b, "meta-llama/Llama-2-13b-chat-hf", "g5.2xlarge", 4096))
	for b.Loop() {
		e.Refusal()
	}
}
