package checklist_test

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/spec/checklist"
)

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Types:     []any{checklist.Item{}, checklist.Spec{}},
		Functions: map[string]any{"Find": checklist.Find, "Items": checklist.Items},
	}.Check(t, ".")
}
