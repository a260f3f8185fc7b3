package cluster

import (
	"context"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// Of the answers that an interruption cuts, those count that had missed the SLO before.
func TestAnInterruptionCountsLateAnswers(t *testing.T) {
	cut := "cut: " + context.Canceled.Error()
	c := Comparison{Settings: Settings{TimeScale: 1}, WarmUp: time.Minute}
	sent := 70 * time.Second
	counted := c.inTime([]load.Outcome{
		{At: 30 * time.Second},                                 // in the warm-up
		{At: sent, First: sent + 1, Last: sent + 2, Tokens: 2}, // answered
		{At: sent, Failure: cut},                               // without a first token in time
		{At: sent, First: sent + time.Second, Failure: cut},    // it may have met the SLO
		{At: sent, First: sent + 3*time.Second, Failure: cut},  // too late
		{At: 100 * time.Second, Failure: cut},                  // after the end
		{At: sent, Failure: "refused: 503 no engine at all"},   // whatever the interruption
	}, 30*time.Second)
	var met, missed int
	for _, r := range counted {
		if r.Failure == "" {
			met++
		} else {
			missed++
		}
	}
	if met != 1 || missed != 3 {
		t.Errorf("%d met the SLO and %d missed it, want 1 and 3: %+v", met, missed, counted)
	}
}
