package nodes_test

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
)

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Types:     []any{nodes.AutoscalerSpec{}, nodes.Spec{}, nodes.Template{}},
		Functions: map[string]any{"AutoscalerValues": nodes.AutoscalerValues, "AutoscalerPolicy": nodes.AutoscalerPolicy, "TaggedKinds": nodes.TaggedKinds, "TemplateOf": nodes.TemplateOf, "ZonalName": nodes.ZonalName, "ParseName": nodes.ParseName},
	}.Check(t, ".")
}
