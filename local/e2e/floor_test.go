//go:build engine

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/simulation"
)

// BenchmarkPreview compares the preview of prod with previews of as many empty resources, which
// bound what a program of that size can reach.
func BenchmarkPreview(b *testing.B) {
	folder := accountFolder(b)
	prod := newSimulated(b, filepath.Join(folder, "prod"), "prod", stackText(b, "prod"))
	preview := func(b *testing.B, s *simulated, environment ...string) (run simulation.Run) {
		for b.Loop() {
			var err error
			if run, err = s.Do(b.Context(), simulation.Options{Environment: environment}, "preview"); err != nil {
				b.Fatalf("%v\n%s", err, run.Output)
			}
		}
		b.ReportMetric(float64(len(run.Steps())-1), "resources") // without the stack itself
		return run
	}
	count := 0
	b.Run("prod", func(b *testing.B) { count = len(preview(b, prod).Steps()) - 1 })

	program := filepath.Join(folder, "floor")
	build := exec.CommandContext(b.Context(), filepath.Join(checkout(b).Root, "local/bootstrap"), "go", "-C", "local", "build", "-trimpath", "-o", program, "./e2e/floor")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	floor := newSimulated(b, filepath.Join(folder, "floors"), "floor", "config: {aws:region: us-west-2}\n")
	if err := floor.Write(program, "config: {aws:region: us-west-2}\n"); err != nil {
		b.Fatal(err)
	}
	resources := fmt.Sprintf("FLOOR_RESOURCES=%d", count)
	b.Run("empty resources", func(b *testing.B) {
		if got := len(preview(b, floor, resources).Steps()) - 1; got < count {
			b.Fatalf("%d resources, want %d", got, count)
		}
	})
	b.Run("empty resources and a cluster of pulumi-eks", func(b *testing.B) {
		preview(b, floor, resources, "FLOOR_EKS="+simulation.EKSVersion)
	})
}
