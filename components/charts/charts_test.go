package charts_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/charts"
	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/spec/gpu"
	"github.com/vllm-eks/vllm-eks/spec/keda"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// record records the component of a chart.
func record(t *testing.T, name string, args charts.Args) (*stacktest.Recording, *release.Component) {
	t.Helper()
	var component *release.Component
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) (err error) {
		component, err = charts.New(ctx, name, args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return recording, component
}

// TestEveryChart compares what each plain chart registers with its golden file, and its
// values with the keys that this version of the chart has.
func TestEveryChart(t *testing.T) {
	for _, c := range new(config.Platform).Plain() {
		t.Run(c.Key, func(t *testing.T) {
			recording, component := record(t, c.Key, charts.Args{Spec: c.Spec})
			if n := len(recording.Resources()); n != 0 || component.Ready() != nil {
				t.Errorf("without install, %d resources are registered, and models wait for %v", n, component.Ready())
			}
			options := c.Spec.Options()
			*options.Install = true
			if options.ServiceMonitor != nil {
				*options.ServiceMonitor = true
			}
			recording, component = record(t, c.Key, charts.Args{Spec: c.Spec})
			stacktest.Compare(t, "testdata/"+c.Key+".json", recording)
			if got, want := len(component.Ready()), len(c.Spec.Releases()); got != want {
				t.Errorf("models wait for %d resources, want the %d releases", got, want)
			}
			if options.Labels != nil {
				*options.Labels = map[string]string{"release": "x"}
			}
			for _, r := range c.Spec.Releases() {
				stacktest.ChartKeys(t, "testdata/"+r.Chart.Name+".keys", r.Chart, r.Values)
			}
		})
	}
}

// TestWrongSpecRegistersNothing holds that the keys of a spec are checked under the name
// of the component.
func TestWrongSpecRegistersNothing(t *testing.T) {
	for name, args := range map[string]charts.Args{
		"keda.replicas: invalid":                  {Spec: &keda.Spec{Install: true, Replicas: 4}},
		"gpu.values.priorityClassName: forbidden": {Spec: &gpu.Spec{Install: true, Values: map[string]any{"priorityClassName": "x"}}},
		"gpu.values: forbidden":                   {Spec: &gpu.Spec{Values: map[string]any{"a": 1}}},
		"no key: InternalError":                   {},
	} {
		t.Run(name, func(t *testing.T) {
			key, _, _ := strings.Cut(name, ".")
			var found []string
			recording, _ := stacktest.Record("test", func(ctx *pulumi.Context) error {
				_, err := charts.New(ctx, key, args)
				found = problemstest.Kinds(err)
				return err
			})
			if n := len(recording.Resources()); n != 0 || strings.Join(found, ", ") != name {
				t.Errorf("%d resources are registered, and the problems are %q", n, found)
			}
		})
	}
}

// TestUsersValuesAreInstalled holds that they reach the chart, beside ours.
func TestUsersValuesAreInstalled(t *testing.T) {
	recording, _ := record(t, "gpu", charts.Args{Spec: &gpu.Spec{Install: true, Values: map[string]any{"failOnInitError": false}}})
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

type scaledObject struct{ pulumi.CustomResourceState }

// TestScaledObjectsGoBeforeKEDA records what a scaler that waits for KEDA comes
// to: the engine deletes in the reverse order.
func TestScaledObjectsGoBeforeKEDA(t *testing.T) {
	var scaler scaledObject
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		installed, err := charts.New(ctx, "keda", charts.Args{Spec: &keda.Spec{Install: true}})
		if err != nil {
			return err
		}
		return ctx.RegisterResource("kubernetes:keda.sh/v1alpha1:ScaledObject", "chat", pulumi.Map{}, &scaler, pulumi.DependsOn(installed.Ready()))
	})
	if err != nil {
		t.Fatal(err)
	}
	waits := map[string]string{}
	for _, r := range recording.Resources() {
		waits[r.Type] = strings.Join(r.DependsOn, " ")
	}
	if got, want := waits["kubernetes:keda.sh/v1alpha1:ScaledObject"], "kubernetes:helm.sh/v3:Release::keda"; got != want {
		t.Errorf("the ScaledObject waits for %q, want %q", got, want)
	}
	if got, want := waits["kubernetes:helm.sh/v3:Release"], "kubernetes:core/v1:Namespace::keda"; got != want {
		t.Errorf("KEDA waits for %q, want %q", got, want)
	}
}
