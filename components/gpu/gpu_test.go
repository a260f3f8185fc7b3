package gpu

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	gpuspec "github.com/vllm-eks/vllm-eks/spec/gpu"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

func record(t *testing.T, spec gpuspec.Spec) (*stacktest.Recording, *release.Component) {
	t.Helper()
	var made *release.Component
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) (err error) {
		made, err = New(ctx, "gpu", Args{Spec: spec})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return recording, made
}

func TestInstalled(t *testing.T) {
	recording, made := record(t, gpuspec.Spec{Install: true})
	stacktest.Compare(t, "testdata/installed.json", recording)
	if len(made.Ready()) != 1 {
		t.Errorf("engines wait for %d resources, want the release", len(made.Ready()))
	}
}

func TestNotInstalled(t *testing.T) {
	recording, made := record(t, gpuspec.Spec{})
	if n := len(recording.Resources()); n != 0 || made.Ready() != nil {
		t.Errorf("%d resources are registered, and engines wait for %v", n, made.Ready())
	}
}

func TestChartKnowsItsKeys(t *testing.T) {
	stacktest.ChartKeys(t, "testdata/nvidia-device-plugin.keys", versions.NVIDIADevicePlugin, gpuspec.Values())
}

func TestValidate(t *testing.T) {
	for want, spec := range map[string]gpuspec.Spec{
		"": {Install: true, Values: map[string]any{"failOnInitError": true}},
		"gpu.values.priorityClassName: forbidden": {Install: true, Values: map[string]any{"priorityClassName": "x"}},
		"gpu.values: forbidden":                   {Values: map[string]any{"a": 1}},
	} {
		err := problems.Err(spec.WithDefaults().Validate(field.NewPath("gpu")))
		if got := strings.Join(problemstest.Kinds(err), ", "); got != want {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}

// TestUsersValuesAreInstalled holds that they reach the chart, beside ours.
func TestUsersValuesAreInstalled(t *testing.T) {
	recording, _ := record(t, gpuspec.Spec{Install: true, Values: map[string]any{"failOnInitError": false}})
	for _, r := range recording.Resources() {
		if values, _ := r.Inputs["values"].(map[string]any); values != nil {
			if values["failOnInitError"] != false || values["priorityClassName"] != "system-node-critical" {
				t.Errorf("the values are %v", values)
			}
			return
		}
	}
	t.Error("no chart is installed")
}
