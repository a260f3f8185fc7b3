package telemetry_test

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/spec/telemetry"
)

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Types:     []any{telemetry.Spec{}},
		Functions: map[string]any{"CollectorValues": telemetry.CollectorValues, "LogsValues": telemetry.LogsValues, "CollectorConfig": telemetry.CollectorConfig},
	}.Check(t, ".")
}
