package sizing

import (
	"math"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
)

func drafting(t *testing.T, model, gpu string, gpus int, args ...string) Engine {
	t.Helper()
	parsed, err := vllmflags.Parse(append([]string{model}, args...))
	if err != nil {
		t.Fatal(err)
	}
	return engine(t, model, gpu, gpus, 32768).WithArgs(parsed)
}

// TestMemoryOfDrafters checks that a drafter reduces the KV cache: a separate model by
// its weights and its cache, layers of the model by one layer each, and drafting from
// the text by nothing.
func TestMemoryOfDrafters(t *testing.T) {
	plain := Fit(engine(t, "Qwen/Qwen3-32B", "H100", 2, 32768))
	separate := drafting(t, "Qwen/Qwen3-32B", "H100", 2, "--speculative-config", `{"method": "draft_model", "model": "Qwen/Qwen3-0.6B", "num_speculative_tokens": 4}`)
	if m := Fit(separate); math.Abs(m.Drafter-0.55) > 0.02 || math.Abs(plain.KV-m.KV-m.Drafter) > 1e-9 {
		t.Errorf("a 0.6B over two GPUs takes %.2f GiB, and leaves %.2f of %.2f for the cache", m.Drafter, m.KV, plain.KV)
	} else if share := float64(m.Tokens) / float64(plain.Tokens) / (m.KV / plain.KV); share > 0.8 || share < 0.6 { // 28 layers in addition to 64, with the same number of heads
		t.Errorf("the cache of as many bytes holds %.2f as many tokens", share)
	}
	for _, text := range []string{`{"method": "ngram", "num_speculative_tokens": 4}`, `{"method": "suffix"}`} {
		if m := Fit(drafting(t, "Qwen/Qwen3-32B", "H100", 2, "--speculative-config", text)); m.KV != plain.KV || m.Tokens != plain.Tokens {
			t.Errorf("%s: %d tokens, without %d", text, m.Tokens, plain.Tokens)
		}
	}
	head := Fit(drafting(t, "Qwen/Qwen3-32B", "H100", 2, "--spec-method", "eagle3", "--spec-model", "org/head", "--spec-tokens", "3"))
	if head.Drafter < 0.4 || head.Drafter > 0.7 || head.Tokens >= plain.Tokens {
		t.Errorf("an EAGLE head takes %.2f GiB, %d tokens are left of %d", head.Drafter, head.Tokens, plain.Tokens)
	}
	if _, ok := drafting(t, "Qwen/Qwen3-32B", "H100", 2, "--speculative-config.method=draft_model", "--speculative-config.model=org/unheard-of").DrafterGiB(); ok {
		t.Error("the memory of an unknown model is known")
	}
}

// TestDraftersOfHybrids checks that a layer of MTP joins the full layers of a hybrid
// model, and that each request keeps one more state for each proposed token.
func TestDraftersOfHybrids(t *testing.T) {
	plain, mtp := engine(t, "Qwen/Qwen3.5-4B", "L40S", 1, 32768), drafting(t, "Qwen/Qwen3.5-4B", "L40S", 1, "--spec-method", "mtp", "--spec-tokens", "2")
	p, q := plain.WithDefaults(), mtp.WithDefaults()
	if a, b := p.statesPerRequest(), q.statesPerRequest(); b != a+2 {
		t.Errorf("%d states, without proposals %d", b, a)
	}
	if a, b := p.pool().layers, q.pool().layers; b != a+1 {
		t.Errorf("groups of %d layers, without MTP %d", b, a)
	}
	if a, b := Fit(plain), Fit(mtp); b.Tokens >= a.Tokens || b.Drafter <= 0 {
		t.Errorf("%d tokens, without MTP %d", b.Tokens, a.Tokens)
	}
}

// TestLimitsOfImages checks that a limit of images reduces the profiling run.
func TestLimitsOfImages(t *testing.T) {
	const model = "Qwen/Qwen2.5-VL-7B-Instruct"
	plain := engine(t, model, "L40S", 1, 32768).WithDefaults().ActivationGiB()
	for limits, want := range map[string]func(float64) bool{
		`{"image": 0}`: func(gib float64) bool { return gib < plain }, `{"image": {"count": 0}}`: func(gib float64) bool { return gib < plain },
		`{"image": 4}`: func(gib float64) bool { return gib == plain }, `{"video": 0}`: func(gib float64) bool { return gib == plain },
	} {
		if got := drafting(t, model, "L40S", 1, "--limit-mm-per-prompt", limits).WithDefaults().ActivationGiB(); !want(got) {
			t.Errorf("%s: %.2f GiB, without limits %.2f", limits, got, plain)
		}
	}
}
