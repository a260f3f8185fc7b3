package engine

import (
	"testing"
	"time"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// world runs a Core in virtual time.
type world struct {
	*Core
	now   time.Time
	steps []Step
}

func newWorld(c Config) *world {
	return &world{Core: NewCore(c), now: start}
}

func (w *world) add(prompt, output int) *Sequence {
	s := &Sequence{PromptTokens: prompt, TargetTokens: output}
	w.Add(s, w.now)
	return s
}

// step runs one step, and reports whether there was work.
func (w *world) step() bool {
	step := w.Plan(w.now)
	if len(step.Work) == 0 {
		return false
	}
	w.steps = append(w.steps, step)
	w.now = w.now.Add(step.Duration)
	w.Apply(step, w.now)
	return true
}

func (w *world) runAll(t *testing.T) {
	t.Helper()
	for range 1_000_000 {
		if !w.step() {
			return
		}
	}
	t.Fatal("the engine never became idle")
}

func roomy() Config {
	return Config{Blocks: 10_000, BlockSize: 16, MaxNumSeqs: 256, MaxBatchedTokens: 2048, Timing: Linear{Base: time.Millisecond}}
}

func TestPreemptionBeginsExactlyWhenTheCacheIsFull(t *testing.T) {
	config := roomy()
	config.Blocks = 8 // 128 tokens
	w := newWorld(config)
	sequences := []*Sequence{w.add(64, 1000), w.add(40, 1000)}
	w.step()
	for w.Preemptions == 0 {
		need := 0
		for _, s := range sequences {
			need += w.blocksFor(s.computed + 1)
		}
		if !w.step() {
			t.Fatal("idle before any preemption")
		}
		if preempted := w.Preemptions > 0; preempted != (need > 8) {
			t.Fatalf("preempted %v with %d blocks needed of 8", preempted, need)
		}
	}
	if load := w.Load(); load.Running != 1 || load.Waiting != 1 {
		t.Errorf("after preemption: %+v", load)
	}
}

func TestNoPreemptionAsLongAsEverythingFits(t *testing.T) {
	config := roomy()
	config.Blocks = 8
	w := newWorld(config)
	// The last token's KV is never written: 64 tokens fill 4 blocks each.
	w.add(32, 33)
	w.add(32, 33)
	w.runAll(t)
	if w.Preemptions != 0 {
		t.Errorf("%d preemptions although 2 × 64 tokens fit 8 blocks of 16", w.Preemptions)
	}
	v := newWorld(config)
	v.add(32, 34)
	v.add(32, 34)
	v.runAll(t)
	if v.Preemptions == 0 {
		t.Error("no preemption although 2 × 65 tokens do not fit 8 blocks of 16")
	}
}

func TestTheNewestIsPreemptedAndRecomputed(t *testing.T) {
	config := roomy()
	config.Blocks = 8
	w := newWorld(config)
	old, young := w.add(60, 60), w.add(60, 60)
	w.runAll(t)
	if old.Preemptions != 0 || young.Preemptions == 0 {
		t.Errorf("preemptions: old %d, young %d", old.Preemptions, young.Preemptions)
	}
	if old.Output() != 60 || young.Output() != 60 {
		t.Errorf("outputs: %d, %d; want 60 each", old.Output(), young.Output())
	}
	if load := w.Load(); load.UsedBlocks != 0 || load.Running+load.Waiting != 0 {
		t.Errorf("left behind: %+v", load)
	}
	if !old.LastToken.Before(young.LastToken) {
		t.Error("the preempted sequence did not finish last")
	}
}

func TestTheTokenBudgetIsSharedByDecodeAndPrefill(t *testing.T) {
	config := roomy()
	config.MaxBatchedTokens = 100
	w := newWorld(config)
	for range 10 {
		w.add(5, 50)
	}
	w.step() // 50 prompt tokens: all ten sequences decode now
	long := w.add(300, 5)
	w.step()
	if step := w.steps[len(w.steps)-1]; step.DecodeTokens != 10 || step.PrefillTokens != 90 {
		t.Errorf("step of %d decode and %d prefill tokens, want 10 and 90", step.DecodeTokens, step.PrefillTokens)
	}
	w.runAll(t)
	for i, step := range w.steps {
		if total := step.DecodeTokens + step.PrefillTokens; total > 100 {
			t.Errorf("step %d has %d tokens", i, total)
		}
	}
	// 300 tokens in chunks of 90: the first token comes with the fourth chunk.
	if got := long.FirstToken.Sub(long.Arrived); got != 4*time.Millisecond {
		t.Errorf("first token after %v, want four steps", got)
	}
}

func TestAdmissionIsInOrderAndBounded(t *testing.T) {
	config := roomy()
	config.MaxNumSeqs = 2
	config.Blocks = 100
	w := newWorld(config)
	oldest, second, third := w.add(10, 3), w.add(10, 3), w.add(10, 3)
	w.step()
	if load := w.Load(); load.Running != 2 || load.Waiting != 1 {
		t.Fatalf("%+v", load)
	}
	w.runAll(t)
	if oldest.Scheduled.After(second.Scheduled) || !second.Scheduled.Before(third.Scheduled) {
		t.Error("not first come, first served")
	}
	// A prompt that does not fit as a whole waits, and so do all sequences behind it.
	w = newWorld(config)
	w.add(1000, 100)
	w.step()
	w.add(800, 1)
	small := w.add(10, 1)
	w.step()
	if load := w.Load(); load.Running != 1 || load.Waiting != 2 || !small.Scheduled.IsZero() {
		t.Errorf("%+v: somebody overtook", load)
	}
}

func TestCancelFreesTheBlocksAtOnce(t *testing.T) {
	w := newWorld(roomy())
	s := w.add(160, 100)
	waiting := w.add(10, 1)
	step := w.Plan(w.now)
	if used := w.Load().UsedBlocks; used != 11 {
		t.Fatalf("%d blocks in use, want 11", used)
	}
	if !w.Cancel(s) || !w.Cancel(waiting) || w.Cancel(s) {
		t.Error("cancel should succeed once per sequence")
	}
	if load := w.Load(); load.UsedBlocks != 0 || load.Running+load.Waiting != 0 {
		t.Errorf("%+v", load)
	}
	// The step in flight yields no tokens for them.
	if tokens := w.Apply(step, w.now); len(tokens) != 0 {
		t.Errorf("%d tokens for cancelled sequences", len(tokens))
	}
}

func TestLongPrefillThreshold(t *testing.T) {
	config := roomy()
	config.LongPrefillThreshold = 100
	w := newWorld(config)
	w.add(250, 1)
	w.runAll(t)
	if len(w.steps) != 3 || w.steps[0].PrefillTokens != 100 || w.steps[2].PrefillTokens != 50 {
		t.Errorf("%d steps, the first of %d tokens", len(w.steps), w.steps[0].PrefillTokens)
	}
}
