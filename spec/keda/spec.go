// Package keda declares the key keda: types, defaults, validation
// and what follows from them. It imports neither Pulumi nor the AWS SDK.
package keda

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
)

// Namespace is where KEDA runs.
const Namespace = "keda"

// Spec says whether KEDA is installed, and how.
type Spec struct {
	// Install installs KEDA. Without it, the cluster has one already, at least
	// versions.KEDA, or no model's scaling.policy is load or queue. Default: false.
	Install bool
	// Replicas is how many there are of each of KEDA's parts, of which one works and
	// the others take over. Default: 2.
	Replicas int
	// ServiceMonitor has Prometheus' operator scrape KEDA. It needs the operator's
	// custom resource definitions. Default: false.
	ServiceMonitor bool
	// Labels are added to the ServiceMonitors, for a Prometheus that selects by them.
	// Default: none.
	Labels map[string]string
	// Values are further values of the chart. Default: none.
	Values map[string]any
}

// setBy are the values that keys of the configuration set, of this component and
// of monitoring.
func setBy(path *field.Path) chart.SetBy {
	by := chart.SetBy{}
	for _, part := range []string{"operator", "metricsServer", "webhooks"} {
		by[part+".replicaCount"] = path.Child("replicas").String()
	}
	for _, part := range []string{"operator", "metricServer", "webhooks"} {
		by["prometheus."+part+".serviceMonitor.enabled"] = chart.ServiceMonitorKey
		by["prometheus."+part+".serviceMonitor.additionalLabels"] = chart.LabelsKey
	}
	return by
}

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	if s.Install && s.Replicas == 0 {
		s.Replicas = chart.DefaultReplicas
	}
	return s
}

// Validate returns every problem of a spec that has its defaults, each beginning
// with its key under path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	var found field.ErrorList
	chart.CheckReplicas(&found, path, s.Install, s.Replicas)
	if !s.Install {
		chart.CheckUnused(&found, path, chart.Field{Key: "values", Given: len(s.Values) > 0})
		return found
	}
	chart.CheckValues(&found, path.Child("values"), Values(s), s.Values, setBy(path))
	return found
}

// Namespaces are those that the box makes, which nobody else may claim.
func (s Spec) Namespaces() []string {
	if !s.Install {
		return nil
	}
	return []string{Namespace}
}
