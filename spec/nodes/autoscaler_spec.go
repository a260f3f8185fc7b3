package nodes

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

const (
	// AutoscalerNamespace is where the cluster autoscaler runs.
	AutoscalerNamespace = "cluster-autoscaler"
	// AutoscalerAccount is who it is to AWS.
	AutoscalerAccount = "cluster-autoscaler"
)

// AutoscalerSpec says whether the cluster autoscaler is installed, and how it
// decides.
type AutoscalerSpec struct {
	// Install installs the cluster autoscaler. Without it, the cluster has one already,
	// or Karpenter, or its groups keep their sizes. Default: true on a created cluster.
	Install bool `key:"install"`
	// Expander chooses among groups on which a pod fits; expanders that need a
	// configuration of their own are not supported. It cannot be combined with a
	// list of node groups in nodeGroup of a model, which sets the order.
	Expander string `key:"expander" oneof:"least-nodes least-waste most-pods random" default:"least-waste" if:"install"` // https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#what-are-expanders
	// UnneededMinutes is how long a node must be idle before it is removed.
	UnneededMinutes int `key:"unneededMinutes" range:"1..1440" default:"10" if:"install"`
	// Values are further values of the chart.
	Values map[string]any `key:"values"`
	// KubernetesMinor is the cluster's, such as 1.35, which is also the autoscaler's.
	// Required.
	KubernetesMinor string
	// ServiceMonitor has Prometheus' operator scrape the autoscaler. It needs the
	// operator's custom resource definitions. Default: false.
	ServiceMonitor bool
	// Labels are added to the ServiceMonitor, for a Prometheus that selects by them.
	// Default: none.
	Labels map[string]string
	// Priorities are regular expressions of the names of Auto Scaling groups, by
	// priority; the highest number is taken first, and Expander decides within one.
	// A group that no expression matches is never taken, unless none is. Default:
	// none, so that Expander alone decides.
	// https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.36.1/cluster-autoscaler/expander/priority/readme.md
	Priorities map[int][]string
}

// autoscalerSetBy returns the values of the chart that keys of the configuration set, of
// this component and of others.
func autoscalerSetBy(path *field.Path) chart.SetBy {
	return chart.SetBy{
		"autoDiscovery.clusterName": "", "awsRegion": "aws:region", "expanderPriorities": "models[].nodeGroup",
		"extraArgs.expander": path.Child("expander").String(), "extraArgs.scale-down-unneeded-time": path.Child("unneededMinutes").String(),
		"extraArgs.scale-down-delay-after-add": path.Child("unneededMinutes").String(), "image.tag": "cluster.kubernetesVersion",
		"serviceMonitor.enabled": chart.ServiceMonitorKey, "serviceMonitor.selector": chart.LabelsKey,
	}
}

// WithDefaults returns the spec with every field set that has a default.
func (s AutoscalerSpec) WithDefaults() AutoscalerSpec {
	keys.Complete(&s)
	return s
}

// Complete sets every field that has a default.
func (s *AutoscalerSpec) Complete() {
	if s != nil {
		*s = s.WithDefaults()
	}
}

// Options returns what the stack completes.
func (s *AutoscalerSpec) Options() chart.Options {
	if s == nil {
		return chart.Options{}
	}
	return chart.Options{Install: &s.Install, ServiceMonitor: &s.ServiceMonitor, Labels: &s.Labels, Role: true}
}

// Releases returns the chart, if it is installed.
func (s *AutoscalerSpec) Releases() []chart.Release {
	if s == nil || !s.Install {
		return nil
	}
	return []chart.Release{{
		Doc: "starts and stops nodes; its image has the minor version of the cluster", Chart: versions.ClusterAutoscaler,
		Namespace: chart.Namespace{Name: AutoscalerNamespace, Level: chart.Restricted},
	}}
}

// Validate returns every problem of a spec that has its defaults, each beginning
// with its key under path.
func (s AutoscalerSpec) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&s, path)
	if !s.Install {
		chart.CheckUnused(&found, path, chart.Field{Key: "expander", Given: s.Expander != ""}, chart.Field{Key: "unneededMinutes", Given: s.UnneededMinutes != 0},
			chart.Field{Key: "values", Given: len(s.Values) > 0})
		return found
	}
	if versions.ClusterAutoscalerTag(s.KubernetesMinor) == "" {
		problems.NotSupported(&found, path.Child("install"), "is true, and there is no cluster autoscaler for Kubernetes %q here; want one of %s, or set it to false and bring one",
			s.KubernetesMinor, strings.Join(versions.KubernetesMinors(), ", "))
	}
	chart.CheckValues(&found, path.Child("values"), AutoscalerValues(s, ""), s.Values, autoscalerSetBy(path))
	return found
}
