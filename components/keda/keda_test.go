package keda

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
	kedaspec "github.com/vllm-eks/vllm-eks/spec/keda"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

func TestInstalled(t *testing.T) {
	var made *release.Component
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) (err error) {
		made, err = New(ctx, "keda", Args{Spec: kedaspec.Spec{Install: true, ServiceMonitor: true}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	stacktest.Compare(t, "testdata/installed.json", recording)
	if len(made.Ready()) != 1 {
		t.Errorf("ScaledObjects wait for %d resources, want the release", len(made.Ready()))
	}
}

func TestNotInstalled(t *testing.T) {
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		made, err := New(ctx, "keda", Args{})
		if made.Ready() != nil {
			t.Errorf("ScaledObjects wait for %v", made.Ready())
		}
		return err
	})
	if err != nil || len(recording.Resources()) != 0 {
		t.Errorf("%d resources are registered: %v", len(recording.Resources()), err)
	}
}

// TestScaledObjectsGoBeforeKEDA records what a scaler that waits for KEDA comes
// to: the engine deletes in the reverse order.
func TestScaledObjectsGoBeforeKEDA(t *testing.T) {
	var scaler scaledObject
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		made, err := New(ctx, "keda", Args{Spec: kedaspec.Spec{Install: true}})
		if err != nil {
			return err
		}
		return ctx.RegisterResource("kubernetes:keda.sh/v1alpha1:ScaledObject", "chat", pulumi.Map{}, &scaler, pulumi.DependsOn(made.Ready()))
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

type scaledObject struct{ pulumi.CustomResourceState }

func TestValidate(t *testing.T) {
	tests := []struct {
		name string
		spec kedaspec.Spec
		want string
	}{
		{"default", kedaspec.Spec{}, ""},
		{"installed", kedaspec.Spec{Install: true}, ""},
		{"one", kedaspec.Spec{Install: true, Replicas: 1}, ""},
		{"too many", kedaspec.Spec{Install: true, Replicas: 4}, "keda.replicas: invalid"},
		{"negative", kedaspec.Spec{Install: true, Replicas: -1}, "keda.replicas: invalid"},
		{"values of ours", kedaspec.Spec{Install: true, Values: map[string]any{"operator": map[string]any{"replicaCount": 3}}},
			"keda.values.operator.replicaCount: forbidden"},
		{"values unused", kedaspec.Spec{Values: map[string]any{"a": 1}}, "keda.values: forbidden"},
		{"of no use", kedaspec.Spec{Replicas: 2}, "keda.replicas: forbidden"},
	}
	for _, test := range tests {
		err := problems.Err(test.spec.WithDefaults().Validate(field.NewPath("keda")))
		if got := strings.Join(problemstest.Kinds(err), ", "); got != test.want {
			t.Errorf("%s: the error is %v, want %q", test.name, err, test.want)
		}
		if err == nil {
			continue
		}
		recording, refused := stacktest.Record("test", func(ctx *pulumi.Context) error {
			_, err := New(ctx, "keda", Args{Spec: test.spec})
			return err
		})
		if refused == nil || len(recording.Resources()) != 0 {
			t.Errorf("%s: %d resources are registered: %v", test.name, len(recording.Resources()), refused)
		}
	}
}

func TestChartKnowsItsKeys(t *testing.T) {
	stacktest.ChartKeys(t, "testdata/keda.keys", versions.KEDAChart, kedaspec.Values(kedaspec.Spec{Install: true, Labels: map[string]string{"release": "x"}}.WithDefaults()))
}

// TestNobodyElsesSecrets holds what KEDA may read.
func TestNobodyElsesSecrets(t *testing.T) {
	permissions, _ := kedaspec.Values(kedaspec.Spec{Install: true})["permissions"].(map[string]any)
	for _, part := range []string{"operator", "metricServer"} {
		p, _ := permissions[part].(map[string]any)
		if restrict, _ := p["restrict"].(map[string]any); restrict["secret"] != true {
			t.Errorf("KEDA's %s reads the Secrets of every namespace", part)
		}
	}
}

// TestKEDAIsNotLimitedToOneCore: the chart limits each part to one.
func TestKEDAIsNotLimitedToOneCore(t *testing.T) {
	parts, _ := kedaspec.Values(kedaspec.Spec{Install: true})["resources"].(map[string]any)
	for _, part := range []string{"operator", "metricServer", "webhooks"} {
		given, _ := parts[part].(map[string]any)
		if limits, _ := given["limits"].(map[string]any); limits["cpu"] != "2" {
			t.Errorf("%s is limited to %v cores", part, limits["cpu"])
		}
	}
}

// TestLabelsReachEveryServiceMonitor: without them, a Prometheus that selects by
// labels does not scrape KEDA.
func TestLabelsReachEveryServiceMonitor(t *testing.T) {
	parts, _ := kedaspec.Values(kedaspec.Spec{Install: true, ServiceMonitor: true, Labels: map[string]string{"release": "x"}})["prometheus"].(map[string]any)
	for _, part := range []string{"operator", "metricServer", "webhooks"} {
		given, _ := parts[part].(map[string]any)
		monitor, _ := given["serviceMonitor"].(map[string]any)
		if labels, _ := monitor["additionalLabels"].(map[string]any); labels["release"] != "x" {
			t.Errorf("the ServiceMonitor of %s has the labels %v", part, labels)
		}
	}
}
