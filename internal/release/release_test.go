package release

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// TestRecorded records a chart and its namespaces, with a value of another resource in
// the chart's values.
func TestRecorded(t *testing.T) {
	if err := stacktest.Isolate(); err != nil {
		t.Fatal(err)
	}
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		for _, level := range []chart.Level{chart.Privileged, chart.Baseline, chart.Restricted} {
			if _, err := NewNamespace(ctx, string(level), level); err != nil {
				return err
			}
		}
		_, err := New(ctx, "example", Args{
			Chart:     versions.Chart{Name: "example", Version: "1.2.3", Repository: "https://charts.example.com"},
			Namespace: "restricted",
			Values: map[string]any{
				"text": "a", "number": 1, "truth": false, "list": []any{"b", map[string]any{"c": 2}}, "nothing": map[string]any{}, "replaced": "x",
			},
			Given: pulumi.Map{"replaced": pulumi.String("from another").ToStringOutput()},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	stacktest.Compare(t, "testdata/recorded.json", recording)
}

// TestValuesAreNotShared checks that the caller's values do not change.
func TestValuesAreNotShared(t *testing.T) {
	values := map[string]any{"a": "b"}
	releaseInputs(Args{Values: values, Given: pulumi.Map{"a": pulumi.String("c"), "d": pulumi.String("e")}})
	if len(values) != 1 || values["a"] != "b" {
		t.Errorf("the values have become %v", values)
	}
}
