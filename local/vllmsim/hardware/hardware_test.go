package hardware

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

func deployment(t *testing.T, gpu, model string) Deployment {
	t.Helper()
	g, err := FindGPU(gpu)
	if err != nil {
		t.Fatal(err)
	}
	return Deployment{GPU: g, Model: FindModel(model, ""), TensorParallel: 1, PipelineStages: 1, Utilization: 0.92, KVCacheDType: "auto", MaxNumSeqs: g.MaxSeqs}
}

func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*want
}

// The time to first token and per output token at three batch sizes, from the
// scheduler, against the constants that the card is documented with.
func TestLatencyMatchesTheConstants(t *testing.T) {
	const prompt, output = 1000, 100
	d := deployment(t, "A10G", "meta-llama/Llama-3.1-8B-Instruct")
	base, perSequence, prefill := d.StepTime()
	config := engine.Config{
		Blocks: 100_000, BlockSize: BlockSize, MaxNumSeqs: 256, MaxBatchedTokens: 2048,
		Timing: engine.Timing{Base: base, PerSequence: perSequence, PrefillPerToken: prefill},
	}
	for _, batch := range []int{1, 8, 32} {
		core, now := engine.NewCore(config), time.Unix(0, 0)
		var sequences []*engine.Sequence
		for range batch {
			s := &engine.Sequence{PromptTokens: prompt, TargetTokens: output}
			core.Add(s, now)
			sequences = append(sequences, s)
		}
		for step := core.Plan(now); len(step.Work) > 0; step = core.Plan(now) {
			now = now.Add(step.Duration)
			core.Apply(step, now)
		}
		last := sequences[batch-1]
		ttft := last.FirstToken.Sub(last.Arrived).Seconds()
		tpot := last.LastToken.Sub(last.FirstToken).Seconds() / (output - 1)
		// A10G: a = 28 ms, b = 0.14 ms per sequence, 3000 prompt tokens/s. The
		// prompts come in steps of 2048 tokens.
		steps := math.Ceil(float64(batch*prompt) / 2048)
		wantTTFT := steps*0.028 + 0.00014*float64(batch) + float64(batch*prompt)/3000
		wantTPOT := 0.028 + 0.00014*float64(batch)
		if !near(ttft, wantTTFT, 0.1) || !near(tpot, wantTPOT, 0.1) {
			t.Errorf("batch %d: TTFT %.3f s (want %.3f), time per token %.2f ms (want %.2f)", batch, ttft, wantTTFT, tpot*1e3, wantTPOT*1e3)
		}
		t.Logf("batch %2d: TTFT %.3f s (constants: %.3f), time per token %.2f ms (%.2f)", batch, ttft, wantTTFT, tpot*1e3, wantTPOT*1e3)
	}
}

// The measured decode steps that the fits stand for, and are said to match
// within 10 %.
func TestFitsMatchTheMeasurements(t *testing.T) {
	cases := map[string]map[int]float64{ // milliseconds per step by sequences
		"A100-80": {1: 9.7, 32: 10.9, 128: 13.2, 256: 19.5},
		"H100":    {1: 5.6, 32: 5.8, 128: 6.4, 256: 9.2},
		"A6000":   {1: 21.9, 8: 22.3, 64: 27.5, 128: 36.0, 256: 53.1},
	}
	for name, steps := range cases {
		gpu, err := FindGPU(name)
		if err != nil {
			t.Fatal(err)
		}
		for batch, want := range steps {
			got := (gpu.Base + time.Duration(batch)*gpu.PerSequence).Seconds() * 1e3
			if !near(got, want, 0.1) {
				t.Errorf("%s at %d sequences: %.1f ms, measured %.1f", name, batch, got, want)
			}
		}
	}
}

func TestKVSizeIsNearWhatLogsSay(t *testing.T) {
	d := deployment(t, "A10G", "meta-llama/Llama-3.1-8B")
	if d.KVBytesPerToken() != 128*1024 {
		t.Errorf("%d bytes per token, want 128 KiB", d.KVBytesPerToken())
	}
	// 31,232 tokens at 0.90 in an old version; later ones keep less for activations.
	if tokens := d.KVBlocks() * BlockSize; !near(float64(tokens), 31232, 0.15) {
		t.Errorf("%d tokens", tokens)
	}
	fp8 := d
	fp8.KVCacheDType = "fp8"
	if blocks := d.KVBlocks(); fp8.KVBlocks() != 2*blocks && fp8.KVBlocks() != 2*blocks+1 {
		t.Errorf("fp8: %d blocks, 16 bit: %d", fp8.KVBlocks(), blocks)
	}
	split := d
	split.TensorParallel = 2
	if split.KVBytesPerToken() != 64*1024 || split.KVBlocks() <= 2*d.KVBlocks() {
		t.Errorf("two GPUs: %d bytes per token, %d blocks", split.KVBytesPerToken(), split.KVBlocks())
	}
}

func TestWhatFits(t *testing.T) {
	cases := map[string]struct {
		gpu, model string
		gpus, len  int
		want       string
	}{
		"8B on a small card":       {"A10G", "meta-llama/Llama-3.1-8B-Instruct", 1, 8192, ""},
		"13B does not fit 24 GB":   {"A10G", "meta-llama/Llama-2-13b-hf", 1, 4096, "torch.OutOfMemoryError: CUDA out of memory. 24.24 GiB"},
		"13B on two":               {"A10G", "meta-llama/Llama-2-13b-hf", 2, 4096, ""},
		"70B needs four of 40 GB":  {"A100-40", "meta-llama/Llama-2-70b-chat-hf", 2, 4096, "torch.OutOfMemoryError"},
		"70B on four of 40 GB":     {"A100-40", "meta-llama/Llama-2-70b-chat-hf", 4, 4096, ""},
		"70B on two of 80 GB":      {"A100-80", "meta-llama/Llama-2-70b-chat-hf", 2, 4096, ""},
		"too long a context":       {"A10G", "meta-llama/Llama-3.1-8B-Instruct", 1, 131072, "ValueError: To serve at least one request with the models's max seq len (131072), (16.00 GiB KV cache is needed"},
		"heads that do not divide": {"A10G", "Qwen/Qwen2.5-7B-Instruct", 8, 4096, "ValueError: Total number of attention heads (28) must be divisible by tensor parallel size (8)."},
	}
	for name, c := range cases {
		d := deployment(t, c.gpu, c.model)
		d.TensorParallel = c.gpus
		err := d.Fit(c.len)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := deployment(t, "A10G", "meta-llama/Llama-3.1-8B")
	full.Utilization = 0.70
	if err := full.Fit(16); err == nil || !strings.Contains(err.Error(), "No available memory for the cache blocks") {
		t.Errorf("no room: %v", err)
	}
}

func TestUnknownModelsAreGuessedFromTheirName(t *testing.T) {
	for id, want := range map[string]float64{"acme/great-13b-chat": 13e9, "acme/tiny-0.5B": 0.5e9, "acme/great": 8_030_261_248, "acme/v2b": 8_030_261_248} {
		m := FindModel(id, "")
		if m.Known || m.Params != want {
			t.Errorf("%s: known %v, %v parameters, want %v", id, m.Known, m.Params, want)
		}
	}
	if m := FindModel("acme/great-70b", "awq"); !near(m.WeightGiB, 34.1, 0.05) {
		t.Errorf("70B in four bits: %.1f GiB", m.WeightGiB)
	}
	if _, err := FindGPU("RTX"); err == nil || !strings.Contains(err.Error(), "A100-40") {
		t.Errorf("unknown card: %v", err)
	}
}
