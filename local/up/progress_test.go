package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func testProgress(steps []step) (*progress, *bytes.Buffer) {
	out := &bytes.Buffer{}
	return &progress{out: out, steps: steps, began: time.Now(), stepped: time.Now(), done: make(chan struct{})}, out
}

func TestRemainingFollowsThePace(t *testing.T) {
	steps := []step{{name: "one", cost: 100, serial: true}, {name: "two", cost: 300, serial: true}}
	p, _ := testProgress(steps)
	p.begin(0)
	if got := p.remaining(); got < 395 || got > 400 {
		t.Errorf("at the beginning: got %.0f s, want the planned 400", got)
	}
	p.stepped = time.Now().Add(-200 * time.Second) // twice as slow as planned
	p.end()
	p.begin(1)
	if got := p.remaining(); got < 450 || got > 600 {
		t.Errorf("at half the pace: got %.0f s, want about 530 of the planned 300", got)
	}
	p.update(0.9, "almost")
	if got := p.remaining(); got > 60 {
		t.Errorf("at nine tenths: got %.0f s", got)
	}
}

func TestProgressLine(t *testing.T) {
	p, out := testProgress([]step{{name: "build", cost: 60, serial: true}, {name: "start", cost: 5, serial: true}})
	p.begin(0)
	p.update(0.5, "%d of %d packages", 5, 10)
	line := p.line()
	for _, want := range []string{"[1/2] build", "5 of 10 packages", "elapsed", "left"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %q", line, want)
		}
	}
	p.end()
	if !strings.Contains(out.String(), "[1/2] build: done in") {
		t.Errorf("output: %q", out)
	}
}

func TestRunPlanStopsAtTheFirstFailure(t *testing.T) {
	ran := []string{}
	do := func(name string, err error) func(context.Context, *progress) error {
		return func(context.Context, *progress) error { ran = append(ran, name); return err }
	}
	broken := errors.New("broken")
	err := runPlan(context.Background(), "A plan.", []step{
		{name: "first", do: do("first", nil)}, {name: "second", do: do("second", broken)}, {name: "third", do: do("third", nil)},
	})
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "second: ") {
		t.Errorf("error: %v", err)
	}
	if got := strings.Join(ran, " "); got != "first second" {
		t.Errorf("ran: %s", got)
	}
}

func TestFollowBuild(t *testing.T) {
	p, _ := testProgress([]step{{name: "build", cost: 10}})
	problem := followBuild(strings.NewReader("go: downloading k8s.io/api v0.35.4\nk8s.io/api/core/v1\nfmt\n# example.com/x\nx.go:3:1: syntax error\n"), 4, p)
	if problem != "# example.com/x\nx.go:3:1: syntax error\n" {
		t.Errorf("problem: %q", problem)
	}
	if p.fraction != 0.5 {
		t.Errorf("fraction: got %v, want 2 of 4", p.fraction)
	}
}

// TestFollowLinesReadsALongLine holds that the reader does not stop at a long line, because
// the program would block on a full pipe.
func TestFollowLinesReadsALongLine(t *testing.T) {
	text := strings.NewReader("first\n" + strings.Repeat("x", 1<<20) + "\nlast\n")
	var lines []string
	followLines(text, func(line string) { lines = append(lines, line) })
	if text.Len() != 0 || len(lines) == 0 || lines[0] != "first" {
		t.Errorf("%d bytes are left; lines: %d", text.Len(), len(lines))
	}
}
