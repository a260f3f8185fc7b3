package engine

import (
	"slices"
	"testing"
)

// addFor queues a sequence for an adapter.
func (w *world) addFor(adapter string, output int) *Sequence {
	s := &Sequence{PromptTokens: 16, TargetTokens: output, Adapter: adapter}
	w.Add(s, w.now)
	return s
}

// batch returns the adapters of the next step, in its order.
func (w *world) batch(t *testing.T) (names []string) {
	t.Helper()
	if !w.step() {
		return nil
	}
	for _, work := range w.steps[len(w.steps)-1].Work {
		names = append(names, work.Sequence.Adapter)
	}
	return names
}

func TestBatchMixesAtMostMaxLoRAs(t *testing.T) {
	for _, c := range []struct {
		name     string
		maximum  int
		queue    []string
		batch    []string
		deferred int
	}{
		{"one", 1, []string{"a", "b", "a"}, []string{"a", "a"}, 1},
		{"the model needs no place", 1, []string{"", "a", "", "b"}, []string{"", "a", ""}, 1},
		{"two", 2, []string{"a", "b", "c", "b", "a"}, []string{"a", "b", "b", "a"}, 1},
		{"room for all", 3, []string{"a", "b", "c"}, []string{"a", "b", "c"}, 0},
		{"the model alone", 0, []string{"", ""}, []string{"", ""}, 0},
	} {
		config := roomy()
		config.MaxLoRAs = c.maximum
		w := newWorld(config)
		for _, adapter := range c.queue {
			w.addFor(adapter, 10)
		}
		if got := w.batch(t); !slices.Equal(got, c.batch) {
			t.Errorf("%s: the batch is %q, want %q", c.name, got, c.batch)
		}
		if load := w.Load(); load.Deferred != c.deferred || load.Waiting != len(c.queue)-len(c.batch) {
			t.Errorf("%s: %+v", c.name, load)
		}
	}
}

func TestDeferredSequenceKeepsItsPlace(t *testing.T) {
	config := roomy()
	config.MaxLoRAs = 1
	w := newWorld(config)
	oldest := w.addFor("a", 2)
	second := w.addFor("b", 2)
	third := w.addFor("c", 2)
	w.batch(t)
	w.addFor("a", 2) // later than the others, and served before them
	if got := w.batch(t); !slices.Equal(got, []string{"a", "a"}) {
		t.Fatalf("with an adapter in the batch: %q", got)
	}
	w.runAll(t)
	if !oldest.LastToken.Before(second.Scheduled) || !second.Scheduled.Before(third.Scheduled) {
		t.Errorf("b at %s and c at %s, a ended at %s", second.Scheduled, third.Scheduled, oldest.LastToken)
	}
	if load := w.Load(); load.Deferred != 0 || load.Waiting != 0 {
		t.Errorf("in the end: %+v", load)
	}
}

func TestAdaptersHaveRequests(t *testing.T) {
	config := roomy()
	config.MaxLoRAs = 1
	w := newWorld(config)
	w.addFor("b", 1)
	waiting := w.addFor("a", 1)
	w.addFor("", 1)
	w.addFor("b", 1)
	if got := w.Adapters(); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("in the queue: %q", got)
	}
	w.batch(t)
	if got := w.Adapters(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("once b is done: %q", got)
	}
	w.Cancel(waiting)
	if got := w.Adapters(); len(got) != 0 {
		t.Errorf("once a is cancelled: %q", got)
	}
}
