// Package ingress declares the key ingressController: types, defaults, validation
// and what follows from them. It imports neither Pulumi nor the AWS SDK.
package ingress

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
)

const (
	// Namespace is where the controller runs.
	Namespace = "aws-load-balancer-controller"
	// ServiceAccount is who it is to AWS.
	ServiceAccount = "aws-load-balancer-controller"
)

// Spec says whether the controller is installed, and how.
type Spec struct {
	// Install installs the controller. Without it, the cluster has one already, or
	// another, or no model has an Ingress. Default: false.
	Install bool
	// Replicas is how many there are, of which one works and the others take over.
	// Without one that answers, no pod of a namespace with readiness gates starts.
	// Default: 2.
	Replicas int
	// ServiceMonitor has Prometheus' operator scrape the controller. It needs the
	// operator's custom resource definitions. Default: false.
	ServiceMonitor bool
	// Labels are added to the ServiceMonitor, for a Prometheus that selects by them.
	// Default: none.
	Labels map[string]string
	// Values are further values of the chart. Default: none.
	Values map[string]any
}

// setBy are the values that keys of the configuration set, of this component and
// of others.
func setBy(path *field.Path) chart.SetBy {
	return chart.SetBy{"clusterName": "", "vpcId": "", "region": "aws:region", "replicaCount": path.Child("replicas").String(), "defaultTags": "tags",
		"serviceMonitor.enabled": chart.ServiceMonitorKey, "serviceMonitor.additionalLabels": chart.LabelsKey}
}

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	if s.Install && s.Replicas == 0 {
		s.Replicas = chart.DefaultReplicas
	}
	return s
}

// Namespaces are those that the box makes, which nobody else may claim.
func (s Spec) Namespaces() []string {
	if !s.Install {
		return nil
	}
	return []string{Namespace}
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
	chart.CheckValues(&found, path.Child("values"), Values(s, "", nil), s.Values, setBy(path))
	return found
}
