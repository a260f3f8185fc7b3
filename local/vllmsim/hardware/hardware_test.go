package hardware

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

func deployment(t *testing.T, gpu, model string) sizing.Engine {
	t.Helper()
	g, err := catalogue.FindGPU(gpu)
	if err != nil {
		t.Fatal(err)
	}
	shape, _ := FindModel(model)
	return sizing.Engine{Release: sizing.Release{Minor: 32}, GPU: g, Shape: shape}
}

func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*want
}

// steady returns the rate of output tokens of a simulated engine with a constant number of
// requests: whenever one ends, the next begins.
func steady(e sizing.Engine, requests, input, output int) float64 {
	core := engine.NewCore(engine.Config{
		Blocks: sizing.Fit(e).Tokens, BlockSize: sizing.BlockSize, // 16 times the real number, so that none is preempted
		MaxNumSeqs: e.MaxNumSeqs, MaxBatchedTokens: e.MaxBatchedTokens,
		Timing: Timing{Speed: e.Speed()},
	})
	start := time.Unix(0, 0)
	now := start
	var running []*engine.Sequence
	begin := func(target int) *engine.Sequence {
		s := &engine.Sequence{PromptTokens: input, TargetTokens: target}
		core.Add(s, now)
		return s
	}
	for i := range requests { // at all stages of progress, as after a long time
		running = append(running, begin(max(1, (i+1)*output/requests)))
	}
	tokens := 0
	var counted time.Time
	for finished := 0; finished < 8*requests; {
		step := core.Plan(now)
		now = now.Add(step.Duration)
		core.Apply(step, now)
		for i, s := range running {
			if s.Output() < s.TargetTokens {
				continue
			}
			if finished++; finished == 2*requests {
				counted = now // the time before was the warm-up
			}
			if finished > 2*requests {
				tokens += s.TargetTokens
			}
			running[i] = begin(output)
		}
	}
	return float64(tokens) / now.Sub(counted).Seconds()
}

// TestRatesAreWhatSizingPredicts holds that the simulated engine's rates are within 5 % of
// sizing's predictions.
func TestRatesAreWhatSizingPredicts(t *testing.T) {
	for _, c := range []struct {
		gpu, model string
		gpus       int
	}{
		{"A10G", "meta-llama/Llama-3.1-8B-Instruct", 1}, {"A10G", "Qwen/Qwen2.5-7B-Instruct", 1},
		{"A100-40", "meta-llama/Llama-3.3-70B-Instruct", 8}, {"L40S", "Qwen/Qwen3-30B-A3B", 2}, {"H100", "openai/gpt-oss-20b", 1},
	} {
		t.Run(fmt.Sprintf("%s on %d %s", c.model, c.gpus, c.gpu), func(t *testing.T) {
			e := deployment(t, c.gpu, c.model)
			e.TensorParallel = c.gpus
			e.MaxModelLen = 8192
			estimate := sizing.Size(sizing.Workload{Engine: e})
			if estimate.Memory.Verdict == sizing.DoesNotFit {
				t.Fatal(estimate.Refusal())
			}
			s, o := estimate.Serving, estimate.Workload.Objectives
			got := steady(estimate.Workload.Engine, s.Usable, o.InputTokens, o.OutputTokens)
			want := s.Speed.Rate(float64(s.Usable), sizing.Lengths{Input: float64(o.InputTokens), Output: float64(o.OutputTokens)})
			t.Logf("%d requests: %.0f output tokens/s simulated, %.0f predicted", s.Usable, got, want)
			if !near(got, want, 0.05) {
				t.Errorf("%d requests: %.0f output tokens/s simulated, %.0f predicted", s.Usable, got, want)
			}
		})
	}
}

// TestFit holds that the simulated engine accepts the models that fit according to sizing:
// a dense model, one with padding, a mixture of experts, and a hybrid.
func TestFit(t *testing.T) {
	cases := map[string]struct {
		gpu, model string
		gpus, len  int
		want       string
	}{
		"8B on a small GPU":        {"A10G", "meta-llama/Llama-3.1-8B-Instruct", 1, 8192, ""},
		"13B does not fit 24 GB":   {"A10G", "meta-llama/Llama-2-13b-hf", 1, 4096, "torch.OutOfMemoryError: CUDA out of memory. 24.24 GiB"},
		"13B on two":               {"A10G", "meta-llama/Llama-2-13b-hf", 2, 4096, ""},
		"70B needs four of 40 GB":  {"A100-40", "meta-llama/Llama-2-70b-chat-hf", 2, 4096, "torch.OutOfMemoryError"},
		"70B on four of 40 GB":     {"A100-40", "meta-llama/Llama-2-70b-chat-hf", 4, 4096, ""},
		"70B on two of 80 GB":      {"A100-80", "meta-llama/Llama-2-70b-chat-hf", 2, 4096, ""},
		"too long a context":       {"A10G", "meta-llama/Llama-3.1-8B-Instruct", 1, 131072, "ValueError: To serve at least one request with the models's max seq len (131072), (16.00 GiB KV cache is needed"},
		"heads that do not divide": {"A10G", "Qwen/Qwen2.5-7B-Instruct", 8, 4096, "ValueError: Total number of attention heads (28) must be divisible by tensor parallel size (8)."},
	}
	for name, c := range cases {
		e := deployment(t, c.gpu, c.model)
		e.TensorParallel, e.MaxModelLen = c.gpus, c.len
		err := Fit(e.WithDefaults(), sizing.Fit(e))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := deployment(t, "A10G", "meta-llama/Llama-3.1-8B")
	full.Utilization, full.MaxModelLen = 0.70, 16
	if err := Fit(full.WithDefaults(), sizing.Fit(full)); err == nil || !strings.Contains(err.Error(), "No available memory for the cache blocks") {
		t.Errorf("no room: %v", err)
	}
}

func TestUnknownModelsAreGuessedFromTheirName(t *testing.T) {
	for id, want := range map[string]float64{"acme/great-13b-chat": 13e9, "acme/tiny-0.5B": 0.5e9, "acme/great": 8_030_261_248, "acme/v2b": 8_030_261_248} {
		s, found := FindModel(id)
		if got := s.Weights.Total(); found || !near(got, want, 1e-6) {
			t.Errorf("%s: known %v, %v parameters, want %v", id, found, got, want)
		}
	}
	e := deployment(t, "A100-80", "acme/great-70b-awq")
	if gib := e.WithDefaults().WeightsGiB(); !near(gib, 37, 0.05) {
		t.Errorf("70B in four bits: %.1f GiB", gib)
	}
}
