package monitoring

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards/grafana"
	"github.com/vllm-eks/vllm-eks/internal/release"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// dashboardLabel is the label, with the value "1", of the ConfigMaps that Grafana's sidecar
// loads. It is the default of the chart.
// https://github.com/grafana-community/helm-charts/blob/grafana-12.11.1/charts/grafana/values.yaml
const dashboardLabel = "grafana_dashboard"

// dashboardObjects returns one ConfigMap for each dashboard.
func dashboardObjects(s monitoringspec.Spec, prefix string) ([]release.Object, error) {
	var objects []release.Object
	for _, d := range dashboards.List() {
		text, err := grafana.JSON(d)
		if err != nil {
			return nil, err
		}
		name := "dashboard-" + d.Name
		marked := release.Labels()
		marked[dashboardLabel] = pulumi.String("1")
		objects = append(objects, release.Object{
			Type: "kubernetes:core/v1:ConfigMap",
			Name: name,
			Inputs: pulumi.Map{
				"apiVersion": pulumi.String("v1"),
				"kind":       pulumi.String("ConfigMap"),
				"metadata":   pulumi.Map{"name": pulumi.String(prefix + "-" + name), "namespace": pulumi.String(s.Namespace), "labels": marked},
				"data":       pulumi.Map{d.Name + ".json": pulumi.String(text)},
			},
		})
	}
	return objects, nil
}
