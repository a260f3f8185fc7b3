package catalogue_test

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Types:     []any{catalogue.Format(0), catalogue.GPU{}, catalogue.Instance{}, catalogue.Kind(0), catalogue.Link{}, catalogue.Mix{}, catalogue.MoE{}, catalogue.Price{}, catalogue.Prices{}, catalogue.Quantization{}, catalogue.Shape{}, catalogue.Types{}, catalogue.Weights{}},
		Functions: map[string]any{"ParseConfig": catalogue.ParseConfig, "ParseShape": catalogue.ParseShape, "GPUNames": catalogue.GPUNames, "FindGPU": catalogue.FindGPU, "FindProduct": catalogue.FindProduct, "Excluded": catalogue.Excluded, "Instances": catalogue.Instances, "FindInstance": catalogue.FindInstance, "FindShape": catalogue.FindShape, "ShapeOf": catalogue.ShapeOf, "ShapeNames": catalogue.ShapeNames, "IDOf": catalogue.IDOf, "CapabilityOf": catalogue.CapabilityOf, "FindLink": catalogue.FindLink, "InChina": catalogue.InChina, "LevelOf": catalogue.LevelOf, "Priced": catalogue.Priced, "QuantizationOf": catalogue.QuantizationOf},
	}.Check(t, ".")
}
