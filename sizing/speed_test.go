package sizing

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

var chat = Lengths{Input: 1155, Output: 211}

// TestPrefillSpeedMatchesMeasurements compares prompts of 8192 tokens on an idle
// replica with 8192 tokens divided by the median TTFT (llm-d,
// guides/recipes/router/calibration of 2026, vLLM 0.30).
func TestPrefillSpeedMatchesMeasurements(t *testing.T) {
	for _, c := range []struct {
		model, gpu string
		gpus       int
		want       float64
	}{{"Qwen/Qwen3-32B", "H100", 2, 15928}, {"openai/gpt-oss-120b", "H100", 1, 39065}, {"Qwen/Qwen3-VL-32B-Instruct", "H200", 2, 15751}} {
		e := engine(t, c.model, c.gpu, c.gpus, 16384)
		got := 8192 / e.Speed().prompt(Lengths{Input: 8192, Output: 1}, 8192)
		if math.Abs(got/c.want-1) > 0.15 {
			t.Errorf("%s on %d %s reads %.0f tokens a second, measured %.0f", c.model, c.gpus, c.gpu, got, c.want)
		}
	}
}

// TestReadingOfTheCache checks that a cached token takes its bytes divided by nine
// tenths of the bandwidth: 43 µs for 1000 tokens of an 8B model on an H100, and no more
// beyond a window.
func TestReadingOfTheCache(t *testing.T) {
	s := engine(t, "meta-llama/Llama-3.1-8B", "H100", 1, 131072).Speed()
	if got := 1e6 * s.Reading(1000); math.Abs(got-43.5) > 0.5 {
		t.Errorf("1000 tokens take %.1f µs, want 43.5", got)
	}
	half := engine(t, "openai/gpt-oss-20b", "H100", 1, 131072).Speed() // every other layer has a window of 128
	if a, b := half.Reading(10_000), half.Reading(20_000); math.Abs(b/a-2) > 0.03 {
		t.Errorf("twice the context takes %.2f times as long", b/a)
	}
	if a, b := half.Reading(64), half.Reading(128); b < 1.99*a {
		t.Errorf("within the window twice the context takes %.2f times as long", b/a)
	}
}

// TestExpertsReadByBatch checks that one sequence reads few experts, and many sequences
// nearly all.
func TestExpertsReadByBatch(t *testing.T) {
	s := engine(t, "Qwen/Qwen3-235B-A22B", "H200", 8, 8192).Speed()
	single, many := s.products(1, 0, 0), s.products(4096, 0, 0)
	if single > s.weights+0.07*s.experts || many < s.experts {
		t.Errorf("one sequence %.1f ms, many %.1f, all experts %.1f", 1e3*single, 1e3*many, 1e3*s.experts)
	}
}

// TestInvariantsOfSpeed checks all models on all GPUs: more work takes longer; a larger
// batch serves more, each sequence slower; the planned speed is lower; a faster GPU is
// faster.
func TestInvariantsOfSpeed(t *testing.T) {
	models := []string{"meta-llama/Llama-3.1-8B", "openai/gpt-oss-20b", "Qwen/Qwen3-235B-A22B", "deepseek-ai/DeepSeek-V3", "google/gemma-3-27b-it", "Qwen/Qwen3.5-4B"}
	for _, gpu := range catalogue.GPUNames() {
		for _, model := range models {
			t.Run(fmt.Sprint(model, " on ", gpu), func(t *testing.T) {
				s := engine(t, model, gpu, 1, 8192).Speed()
				if !s.Known() {
					t.Fatal("nothing is known")
				}
				previous, rate := 0.0, 0.0
				for n := 1.0; n <= 1024; n *= 2 {
					step, tokens := s.typical(n, n, chat), s.Rate(n, chat)
					if step < previous || tokens < rate || math.IsInf(step, 0) || math.IsNaN(step) {
						t.Errorf("%g sequences: a step of %g s after %g, %g tokens/s after %g", n, step, previous, tokens, rate)
					}
					if back := s.SequencesAt(tokens, chat); math.Abs(back/n-1) > 0.01 {
						t.Errorf("%g sequences make %g tokens/s, which %g sequences make", n, tokens, back)
					}
					if planned := s.Planned().Rate(n, chat); math.Abs(planned/tokens-PlannedShare) > 1e-9 {
						t.Errorf("%g of %g tokens/s are planned", planned, tokens)
					}
					previous, rate = step, tokens
				}
				if a, b := s.step(Batch{Sequences: 8, PromptTokens: 512, PromptContext: 256}), s.step(Batch{Sequences: 8, PromptTokens: 1024, PromptContext: 512}); b < a {
					t.Errorf("more prompt takes %g s, less %g", b, a)
				}
				fast := engine(t, model, gpu, 1, 8192)
				fast.GPU.MemoryGBps *= 2
				fast.GPU.TFLOPS *= 2
				if got := fast.Speed().Rate(32, chat); got < rate/100 || got < s.Rate(32, chat) {
					t.Errorf("a faster GPU makes %g tokens/s, this one %g", got, s.Rate(32, chat))
				}
			})
		}
	}
}

// TestSplittingOverLinks checks that two GPUs with NVLink read a large model nearly
// twice as fast, and over PCIe less.
func TestSplittingOverLinks(t *testing.T) {
	gain := func(gpu string) float64 {
		single, double := engine(t, "Qwen/Qwen3-32B", gpu, 1, 8192), engine(t, "Qwen/Qwen3-32B", gpu, 2, 8192)
		return double.Speed().Rate(32, chat) / single.Speed().Rate(32, chat)
	}
	if nvlink, pcie := gain("A100-80"), gain("A100-PCIE"); nvlink < 1.5 || nvlink > 2 || pcie > 0.9*nvlink {
		t.Errorf("two GPUs are %.2f times as fast over NVLink, %.2f over PCIe", nvlink, pcie)
	}
}

// TestModelsWithoutAnswers checks that models that do not generate are planned by their
// prompts alone: longer prompts reduce the load, and the target never exceeds the
// planned rate.
func TestModelsWithoutAnswers(t *testing.T) {
	for _, c := range []struct {
		model string
		kind  catalogue.Kind
	}{{"BAAI/bge-m3", catalogue.Embedding}, {"Qwen/Qwen3-Embedding-8B", catalogue.Embedding}, {"Qwen/Qwen3-Reranker-4B", catalogue.Reranker}, {"openai/whisper-large-v3-turbo", catalogue.SpeechToText}} {
		w := workload(t, c.model, "g6e.xlarge", 0)
		e := Size(w)
		s := e.Serving
		if got := e.Workload.Engine.Shape.Kind; got != c.kind || e.Memory.Verdict != Fits {
			t.Errorf("%s is a %s and %s", c.model, got, e.Memory.Verdict)
		}
		if s.DecodeTokensPerSecond != 0 || s.ByTPOT != 0 || s.Target < 1 || s.Target > s.Usable || s.Usable > s.BySequences || s.TargetTokensPerSecond >= s.PrefillTokensPerSecond {
			t.Errorf("%s: %+v", c.model, s)
		}
		if n := e.Numbers(); n["usdPerMillionInputTokens"] == nil || n["usdPerMillionOutputTokens"] != nil || n["decodeTokensPerSecond"] != nil {
			t.Errorf("%s: %v", c.model, n)
		}
		if cached := e.Memory.Tokens > 0; strings.Contains(e.concurrency(), " at ") != cached {
			t.Errorf("%s: %q, and its cache holds %d tokens", c.model, e.concurrency(), e.Memory.Tokens)
		}
		w.Objectives.InputTokens = 64
		if short := Size(w).Serving; short.ByTTFT < s.ByTTFT {
			t.Errorf("%s: of short prompts %d are answered in time, of usual ones %d", c.model, short.ByTTFT, s.ByTTFT)
		}
	}
	args, err := vllmflags.Parse([]string{"Qwen/Qwen3-8B", "--runner", "pooling"})
	if err != nil {
		t.Fatal(err)
	}
	if e := engine(t, "Qwen/Qwen3-8B", "L40S", 1, 8192).WithArgs(args); e.Shape.Kind != catalogue.Embedding {
		t.Errorf("with a pooling runner it is a %s", e.Shape.Kind)
	}
}
