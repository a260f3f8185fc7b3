package sizing_test

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/sizing"
)

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Types:     []any{sizing.Bill{}, sizing.Change{}, sizing.ColdStart{}, sizing.Cost{}, sizing.Engine{}, sizing.Estimate{}, sizing.Memory{}, sizing.Objectives{}, sizing.Obstacle{}, sizing.Release{}, sizing.Speed{}},
		Functions: map[string]any{"Compare": sizing.Compare, "Changes": sizing.Changes, "Storages": sizing.Storages, "Start": sizing.Start, "Nodes": sizing.Nodes, "Charge": sizing.Charge, "Account": sizing.Account, "Size": sizing.Size, "FitOn": sizing.FitOn, "Fit": sizing.Fit, "Place": sizing.Place, "ParseRelease": sizing.ParseRelease, "Serve": sizing.Serve, "Table": sizing.Table},
	}.Check(t, ".")
}
