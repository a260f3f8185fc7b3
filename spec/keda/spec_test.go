package keda

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

func TestValidate(t *testing.T) {
	tests := []struct {
		name string
		spec Spec
		want string
	}{
		{"default", Spec{}, ""},
		{"installed", Spec{Install: true}, ""},
		{"one", Spec{Install: true, Replicas: 1}, ""},
		{"too many", Spec{Install: true, Replicas: 4}, "keda.replicas: invalid"},
		{"negative", Spec{Install: true, Replicas: -1}, "keda.replicas: invalid"},
		{"values of ours", Spec{Install: true, Values: map[string]any{"operator": map[string]any{"replicaCount": 3}}},
			"keda.values.operator.replicaCount: forbidden"},
		{"values unused", Spec{Values: map[string]any{"a": 1}}, "keda.values: forbidden"},
		{"of no use", Spec{Replicas: 2}, "keda.replicas: forbidden"},
	}
	for _, test := range tests {
		err := problems.Err(test.spec.WithDefaults().Validate(field.NewPath("keda")))
		if got := strings.Join(problemstest.Kinds(err), ", "); got != test.want {
			t.Errorf("%s: the error is %v, want %q", test.name, err, test.want)
		}
	}
}

// TestNobodyElsesSecrets holds what KEDA may read.
func TestNobodyElsesSecrets(t *testing.T) {
	permissions, _ := Values(Spec{Install: true})["permissions"].(map[string]any)
	for _, part := range []string{"operator", "metricServer"} {
		p, _ := permissions[part].(map[string]any)
		if restrict, _ := p["restrict"].(map[string]any); restrict["secret"] != true {
			t.Errorf("KEDA's %s reads the Secrets of every namespace", part)
		}
	}
}

// TestKEDAIsNotLimitedToOneCore: the chart limits each part to one.
func TestKEDAIsNotLimitedToOneCore(t *testing.T) {
	parts, _ := Values(Spec{Install: true})["resources"].(map[string]any)
	for _, part := range []string{"operator", "metricServer", "webhooks"} {
		resources, _ := parts[part].(map[string]any)
		if limits, _ := resources["limits"].(map[string]any); limits["cpu"] != "2" {
			t.Errorf("%s is limited to %v cores", part, limits["cpu"])
		}
	}
}

// TestLabelsReachEveryServiceMonitor: without them, a Prometheus that selects by
// labels does not scrape KEDA.
func TestLabelsReachEveryServiceMonitor(t *testing.T) {
	parts, _ := Values(Spec{Install: true, ServiceMonitor: true, Labels: map[string]string{"release": "x"}})["prometheus"].(map[string]any)
	for _, part := range []string{"operator", "metricServer", "webhooks"} {
		settings, _ := parts[part].(map[string]any)
		monitor, _ := settings["serviceMonitor"].(map[string]any)
		if labels, _ := monitor["additionalLabels"].(map[string]any); labels["release"] != "x" {
			t.Errorf("the ServiceMonitor of %s has the labels %v", part, labels)
		}
	}
}
