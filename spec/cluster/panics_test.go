package cluster_test

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
)

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Types:     []any{cluster.Access{}, cluster.Addon{}, cluster.Existing{}, cluster.Location{}, cluster.Spec{}},
		Functions: map[string]any{"EarlyAddons": cluster.EarlyAddons, "LateAddons": cluster.LateAddons, "VolumeDriver": cluster.VolumeDriver, "Locate": cluster.Locate},
	}.Check(t, ".")
}
