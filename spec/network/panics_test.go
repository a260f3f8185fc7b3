package network_test

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/spec/network"
)

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Types:     []any{network.Spec{}},
		Functions: map[string]any{"Plan": network.Plan, "ServiceName": network.ServiceName},
	}.Check(t, ".")
}
