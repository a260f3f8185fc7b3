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
	// AutoscalerNamespace is the namespace of the cluster autoscaler.
	AutoscalerNamespace = "cluster-autoscaler"
	// AutoscalerAccount is the ServiceAccount with the autoscaler's AWS role.
	AutoscalerAccount = "cluster-autoscaler"
)

// AutoscalerSpec holds whether the cluster autoscaler is installed, and how it decides.
type AutoscalerSpec struct {
	// Install installs the cluster autoscaler. Set it to false if the cluster has an
	// autoscaler already, such as Karpenter, or if its groups keep their sizes. Default:
	// true on a created cluster.
	Install bool `key:"install"`
	// Expander chooses among groups on which a pod fits. Expanders that need their own
	// configuration are not supported. It cannot be combined with a list in nodeGroup of
	// a model, which sets the order of groups.
	Expander string `key:"expander" oneof:"least-nodes least-waste most-pods random" default:"least-waste" if:"install"` // https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#what-are-expanders
	// UnneededMinutes is how long a node must be idle before it is removed.
	UnneededMinutes int `key:"unneededMinutes" range:"1..1440" default:"10" if:"install"`
	// Values are further values of the chart.
	Values map[string]any `key:"values"`
	// KubernetesMinor is the minor version of the cluster and of the autoscaler, such as
	// 1.35. Required.
	KubernetesMinor string
	// ServiceMonitor creates a ServiceMonitor, so that Prometheus scrapes the autoscaler.
	// It needs the operator's custom resource definitions. Default: false.
	ServiceMonitor bool
	// Labels are added to the ServiceMonitor, for a Prometheus that selects by labels.
	// Default: none.
	Labels map[string]string
	// Priorities are regular expressions for names of Auto Scaling groups, by priority.
	// The autoscaler tries the highest number first; Expander decides among groups of the
	// same priority. A group that no expression matches is used only if no group matches.
	// Default: none, so that only Expander decides.
	// https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.36.1/cluster-autoscaler/expander/priority/readme.md
	Priorities map[int][]string
}

// autoscalerSetBy returns the values of the chart that keys of this component and of
// other components set.
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

// Options returns the fields that the stack sets.
func (s *AutoscalerSpec) Options() chart.Options {
	if s == nil {
		return chart.Options{}
	}
	return chart.Options{Install: &s.Install, ServiceMonitor: &s.ServiceMonitor, Labels: &s.Labels, Role: true}
}

// Releases returns the Helm release, if the chart is installed.
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
		problems.NotSupported(&found, path.Child("install"), "is true, and this program has no cluster autoscaler for Kubernetes %q; want one of %s, or set it to false and install your own",
			s.KubernetesMinor, strings.Join(versions.KubernetesMinors(), ", "))
	}
	chart.CheckValues(&found, path.Child("values"), AutoscalerValues(s, ""), s.Values, autoscalerSetBy(path))
	return found
}
