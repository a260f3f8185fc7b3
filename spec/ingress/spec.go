// Package ingress declares the key ingressController: types, defaults, validation and the
// values that follow from them. It imports neither Pulumi nor the AWS SDK.
package ingress

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

const (
	// Namespace is the namespace of the controller.
	Namespace = "aws-load-balancer-controller"
	// ServiceAccount is the ServiceAccount with the controller's AWS role.
	ServiceAccount = "aws-load-balancer-controller"
)

// Spec holds whether the controller is installed, and how.
type Spec struct {
	// Install installs the AWS Load Balancer Controller. Set it to false if the cluster
	// has one already, if it has another controller, or if no model has an Ingress.
	// Default: true on a created cluster.
	Install bool `key:"install"`
	// Replicas is the number of pods. One pod works, and the others replace it if it
	// fails. Without a working pod, no pod starts in a namespace with readiness gates.
	Replicas int `key:"replicas" range:"1..3" default:"2" if:"install" advice:"one works, the others wait for it to fail"`
	// Values are further values of the chart.
	Values map[string]any `key:"values"`
	// ServiceMonitor creates a ServiceMonitor, so that Prometheus scrapes the controller.
	// It needs the operator's custom resource definitions. Default: false.
	ServiceMonitor bool
	// Labels are added to the ServiceMonitor, for a Prometheus that selects by labels.
	// Default: none.
	Labels map[string]string
}

// setBy returns the values of the chart that keys of this component and of other
// components set.
func setBy(path *field.Path) chart.SetBy {
	return chart.SetBy{"clusterName": "", "vpcId": "", "region": "aws:region", "replicaCount": path.Child("replicas").String(), "defaultTags": "tags",
		"serviceMonitor.enabled": chart.ServiceMonitorKey, "serviceMonitor.additionalLabels": chart.LabelsKey}
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

// Options returns the fields that the stack sets.
func (s *Spec) Options() chart.Options {
	if s == nil {
		return chart.Options{}
	}
	return chart.Options{Install: &s.Install, ServiceMonitor: &s.ServiceMonitor, Labels: &s.Labels, Role: true}
}

// Releases returns the Helm release, if the chart is installed.
func (s *Spec) Releases() []chart.Release {
	if s == nil || !s.Install {
		return nil
	}
	return []chart.Release{{
		Doc: "load balancers of Ingresses", Chart: versions.LoadBalancerController, Namespace: chart.Namespace{Name: Namespace, Level: chart.Restricted},
	}}
}

// Validate returns every problem of a spec that has its defaults, each beginning
// with its key under path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&s, path)
	if !s.Install {
		chart.CheckUnused(&found, path, chart.Field{Key: "replicas", Given: s.Replicas != 0}, chart.Field{Key: "values", Given: len(s.Values) > 0})
		return found
	}
	chart.CheckValues(&found, path.Child("values"), Values(s, "", nil), s.Values, setBy(path))
	return found
}
