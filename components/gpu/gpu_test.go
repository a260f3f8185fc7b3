package gpu

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

func record(t *testing.T, spec Spec) (*stacktest.Recording, *release.Component) {
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
	recording, made := record(t, Spec{Install: true})
	stacktest.Compare(t, "testdata/installed.json", recording)
	if len(made.Ready()) != 1 {
		t.Errorf("engines wait for %d resources, want the release", len(made.Ready()))
	}
}

func TestNotInstalled(t *testing.T) {
	recording, made := record(t, Spec{})
	if n := len(recording.Resources()); n != 0 || made.Ready() != nil {
		t.Errorf("%d resources are registered, and engines wait for %v", n, made.Ready())
	}
}

func TestChartKnowsItsKeys(t *testing.T) {
	stacktest.ChartKeys(t, "testdata/nvidia-device-plugin.keys", versions.NVIDIADevicePlugin, values())
}
