package monitoring

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// watched returns two models that rules describe.
func watched() []monitoringspec.Model {
	return []monitoringspec.Model{
		{Namespace: "inference", Service: "chat", ID: "Qwen/Qwen3-8B", MaxReplicas: 4, TTFTSeconds: 2, TPOTSeconds: .1, Share: .95},
		{Namespace: "inference", Service: "code", ID: "Qwen/Qwen3-8B", MaxReplicas: 2, TTFTSeconds: 1, TPOTSeconds: .1, Share: .95},
	}
}

// recordRules records the rules and dashboards of models.
func recordRules(t *testing.T, spec monitoringspec.Spec, models ...monitoringspec.Model) *stacktest.Recording {
	t.Helper()
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		_, err := NewRules(ctx, "rules", RulesArgs{Spec: spec, Models: models})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

func TestDashboards(t *testing.T) {
	const limit = 1 << 20 // bytes of a ConfigMap
	recording := recordRules(t, monitoringspec.Spec{Install: true, Namespace: "watch"}, watched()...)
	maps := ofType(recording, ":ConfigMap")
	if len(maps) != 4 {
		t.Fatalf("there are %d dashboards, want 4", len(maps))
	}
	for i, name := range []string{"gpus-and-nodes", "model", "scaling", "stack"} {
		m := maps[i]
		if lookUp(m.Inputs, "metadata", "name") != "vllm-eks-test-dashboard-"+name || lookUp(m.Inputs, "metadata", "namespace") != "watch" {
			t.Errorf("the dashboard %s is %v in %v", name, lookUp(m.Inputs, "metadata", "name"), lookUp(m.Inputs, "metadata", "namespace"))
		}
		if lookUp(m.Inputs, "metadata", "labels", "grafana_dashboard") != "1" {
			t.Errorf("%s: Grafana's sidecar does not load the labels %v", name, lookUp(m.Inputs, "metadata", "labels"))
		}
		text, _ := lookUp(m.Inputs, "data", name+".json").(string)
		if !json.Valid([]byte(text)) || len(text) > limit/2 {
			t.Errorf("%s: %d bytes are no dashboard, or more than half of a ConfigMap", name, len(text))
		}
		file, err := os.ReadFile("../../docs/dashboards/" + name + ".json")
		if err != nil || string(file) != text {
			t.Errorf("%s differs from docs/dashboards: %v", name, err)
		}
	}
}

func TestRulesAndDashboardsByKey(t *testing.T) {
	for name, test := range map[string]struct {
		spec              monitoringspec.Spec
		models            []monitoringspec.Model
		rules, dashboards int
	}{
		"installed":          {monitoringspec.Spec{Install: true}, watched(), 1, 4},
		"existing operator":  {monitoringspec.Spec{ServiceMonitor: true}, watched(), 1, 4},
		"no operator":        {monitoringspec.Spec{}, watched(), 0, 0},
		"no models":          {monitoringspec.Spec{Install: true}, nil, 0, 0},
		"no dashboards":      {monitoringspec.Spec{Install: true, Dashboards: new(false)}, watched(), 1, 0},
		"no rules":           {monitoringspec.Spec{Install: true, Rules: new(false)}, watched(), 0, 0},
		"rules of operators": {monitoringspec.Spec{Rules: new(true)}, watched(), 1, 4},
	} {
		t.Run(name, func(t *testing.T) {
			recording := recordRules(t, test.spec, test.models...)
			if got := len(ofType(recording, ":PrometheusRule")); got != test.rules {
				t.Errorf("there are %d objects of rules, want %d", got, test.rules)
			}
			if got := len(ofType(recording, ":ConfigMap")); got != test.dashboards {
				t.Errorf("there are %d dashboards, want %d", got, test.dashboards)
			}
			if test.rules+test.dashboards == 0 && len(recording.Resources()) > 0 {
				t.Errorf("a component without objects is registered: %v", recording.Resources())
			}
		})
	}
}

// TestSpecsOfRulesAreNotShared checks that WithDefaults does not change the caller's spec.
func TestSpecsOfRulesAreNotShared(t *testing.T) {
	original := monitoringspec.Spec{Rules: new(true), Dashboards: new(true)}
	complete := original.WithDefaults()
	*complete.Dashboards, *complete.Rules = false, false
	if !*original.Dashboards || !*original.Rules {
		t.Error("WithDefaults returns a spec that shares memory with the one it was called on")
	}
	complete = monitoringspec.Spec{Rules: new(true)}.WithDefaults()
	*complete.Dashboards = false
	if !*complete.Rules {
		t.Error("the two keys share memory")
	}
}
