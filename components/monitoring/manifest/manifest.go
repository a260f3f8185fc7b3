// Package manifest builds the Kubernetes objects with which Prometheus' operator loads the
// rules of a stack, and Grafana its dashboards. It imports no Pulumi.
package manifest

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards/grafana"
	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
)

// dashboardLabel is the label, with the value "1", of the ConfigMaps that Grafana's sidecar
// loads. It is the default of the chart.
// https://github.com/grafana-community/helm-charts/blob/grafana-12.11.1/charts/grafana/values.yaml
const dashboardLabel = "grafana_dashboard"

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// Name returns the beginning of the names of a stack's objects, so that several stacks can
// share the namespace of Prometheus.
func Name(stack string) string {
	return strings.TrimSuffix("vllm-eks-"+notInNames.ReplaceAllString(strings.ToLower(stack), "-"), "-")
}

// labels returns the labels of every object, and further ones.
func labels(further map[string]string) map[string]any {
	all := map[string]any{"app.kubernetes.io/part-of": "vllm-eks", "app.kubernetes.io/managed-by": "pulumi"}
	for label, value := range further {
		all[label] = value
	}
	return all
}

// Rules returns the PrometheusRule with which Prometheus' operator loads the groups. Extra
// labels are for a Prometheus that selects rules by labels.
func Rules(stack, namespace string, extra map[string]string, groups []rules.Group) (map[string]any, error) {
	text, err := json.Marshal(map[string]any{"groups": groups})
	if err != nil {
		return nil, err
	}
	var spec map[string]any
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, err
	}
	return map[string]any{
		"apiVersion": "monitoring.coreos.com/v1",
		"kind":       "PrometheusRule",
		"metadata":   map[string]any{"name": Name(stack), "namespace": namespace, "labels": labels(extra)},
		"spec":       spec,
	}, nil
}

// Dashboard is the object of one dashboard.
type Dashboard struct {
	// Name is the name of the dashboard.
	Name string
	// Object is the ConfigMap with its JSON.
	Object map[string]any
}

// Dashboards returns one ConfigMap for each dashboard, which Grafana's sidecar loads.
func Dashboards(stack, namespace string) ([]Dashboard, error) {
	var list []Dashboard
	for _, d := range dashboards.List() {
		text, err := grafana.JSON(d)
		if err != nil {
			return nil, err
		}
		list = append(list, Dashboard{Name: d.Name, Object: map[string]any{
			"apiVersion": "v1",
			"kind":       "ConfigMap",
			"metadata": map[string]any{
				"name": Name(stack) + "-dashboard-" + d.Name, "namespace": namespace,
				"labels": labels(map[string]string{dashboardLabel: "1"}),
			},
			"data": map[string]any{d.Name + ".json": string(text)},
		}})
	}
	return list, nil
}
