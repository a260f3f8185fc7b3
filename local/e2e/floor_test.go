//go:build engine

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/simulation"
)

// previewBudget bounds the duration of a preview of prod on two cores, without builds.
const previewBudget = 45 * time.Second

// TestEngineFloor compares the preview of prod with the preview of as many empty resources.
func TestEngineFloor(t *testing.T) {
	folder := accountFolder(t)
	prod := newSimulated(t, filepath.Join(folder, "prod"), "prod", stackText(t, "prod"))
	preview := func(s *simulated, environment ...string) (simulation.Run, time.Duration) {
		began := time.Now()
		run, err := s.Do(t.Context(), simulation.Options{Environment: environment}, "preview")
		if err != nil {
			t.Fatalf("%v\n%s", err, run.Output)
		}
		return run, time.Since(began)
	}
	run, took := preview(prod)
	count := len(run.Steps()) - 1 // without the stack itself
	program := filepath.Join(folder, "floor")
	build := exec.CommandContext(t.Context(), filepath.Join(checkout(t).Root, "local/bootstrap"), "go", "-C", "local", "build", "-trimpath", "-o", program, "./e2e/floor")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	floor := newSimulated(t, filepath.Join(folder, "floors"), "floor", "config: {aws:region: us-west-2}\n")
	if err := floor.Write(program, "config: {aws:region: us-west-2}\n"); err != nil {
		t.Fatal(err)
	}
	empty, bare := preview(floor, fmt.Sprintf("FLOOR_RESOURCES=%d", count))
	if got := len(empty.Steps()) - 1; got < count {
		t.Fatalf("%d resources, want %d", got, count)
	}
	_, component := preview(floor, fmt.Sprintf("FLOOR_RESOURCES=%d", count), "FLOOR_EKS="+simulation.EKSVersion)
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
	t.Logf("preview of prod, %d resources: %s; of as many empty ones: %s; of these and an empty cluster of pulumi-eks: %s",
		count, round(took), round(bare), round(component))
	if took > previewBudget {
		t.Errorf("the preview of prod took %s, want at most %s", took, previewBudget)
	}
}
