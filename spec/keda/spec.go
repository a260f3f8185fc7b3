// Package keda declares the key keda: types, defaults, validation and the values that
// follow from them. It imports neither Pulumi nor the AWS SDK.
package keda

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// Spec holds whether KEDA is installed, and how.
type Spec struct {
	// Install installs KEDA. Set it to false if the cluster has KEDA already, or if no
	// model's scaling.policy is load or queue. Default: true on a created cluster.
	Install bool `key:"install"`
	// Replicas is the number of pods of each part of KEDA. One pod works, and the others
	// replace it if it fails.
	Replicas int `key:"replicas" range:"1..3" default:"2" if:"install" advice:"one works, the others wait for it to fail"`
	// Values are further values of the chart.
	Values map[string]any `key:"values"`
	// ServiceMonitor creates ServiceMonitors, so that Prometheus scrapes KEDA. It needs
	// the operator's custom resource definitions. Default: false.
	ServiceMonitor bool
	// Labels are added to the ServiceMonitors, for a Prometheus that selects by labels.
	// Default: none.
	Labels map[string]string
}

// setBy returns the values of the chart that keys of this component and of monitoring
// set.
func setBy(path *field.Path) chart.SetBy {
	keysByValue := chart.SetBy{}
	for _, part := range []string{"operator", "metricsServer", "webhooks"} {
		keysByValue[part+".replicaCount"] = path.Child("replicas").String()
	}
	for _, part := range []string{"operator", "metricServer", "webhooks"} {
		keysByValue["prometheus."+part+".serviceMonitor.enabled"] = chart.ServiceMonitorKey
		keysByValue["prometheus."+part+".serviceMonitor.additionalLabels"] = chart.LabelsKey
	}
	return keysByValue
}

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	keys.Complete(&s)
	return s
}

// Complete sets every field that has a default.
func (s *Spec) Complete() {
	if s != nil {
		*s = s.WithDefaults()
	}
}

// Validate returns every problem of a spec that has its defaults, each beginning
// with its key under path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&s, path)
	if !s.Install {
		chart.CheckUnused(&found, path, chart.Field{Key: "replicas", Given: s.Replicas != 0}, chart.Field{Key: "values", Given: len(s.Values) > 0})
		return found
	}
	chart.CheckValues(&found, path.Child("values"), Values(s), s.Values, setBy(path))
	return found
}

// Options returns the fields that the stack sets.
func (s *Spec) Options() chart.Options {
	if s == nil {
		return chart.Options{}
	}
	return chart.Options{Install: &s.Install, ServiceMonitor: &s.ServiceMonitor, Labels: &s.Labels}
}

// Component returns the type token of the component.
func (s *Spec) Component() string { return "vllm-eks:keda:KEDA" }

// Releases returns the Helm release, if the chart is installed.
func (s *Spec) Releases() []chart.Release {
	if s == nil || !s.Install {
		return nil
	}
	return []chart.Release{{
		Doc: "sets the number of replicas", Chart: versions.KEDAChart,
		Namespace: chart.Namespace{Name: "keda", Level: chart.Restricted},
		Values:    chart.Merge(Values(*s), s.Values),
	}}
}
