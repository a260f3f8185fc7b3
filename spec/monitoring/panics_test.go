package monitoring_test

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Types: []any{monitoring.Spec{}},
		Functions: map[string]any{
			"StackValues": monitoring.StackValues, "GrafanaValues": monitoring.GrafanaValues, "ExporterValues": monitoring.ExporterValues,
			"ReceiverKey": monitoring.ReceiverKey, "AlertmanagerConfig": monitoring.AlertmanagerConfig, "ScaledObjectState": monitoring.ScaledObjectState,
		},
	}.Check(t, ".")
}
