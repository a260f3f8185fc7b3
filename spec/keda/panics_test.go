package keda_test

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/spec/keda"
)

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Types:     []any{keda.Spec{}},
		Functions: map[string]any{"Values": keda.Values},
	}.Check(t, ".")
}
