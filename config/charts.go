package config

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/spec/gpu"
	"github.com/vllm-eks/vllm-eks/spec/ingress"
	"github.com/vllm-eks/vllm-eks/spec/keda"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/telemetry"
)

// Charts holds the Helm charts of the cluster, without Prometheus. Each field is a chart:
// the configuration decodes, completes and checks each chart.Spec, and the stack installs
// each chart.Plain. Default: all but [Telemetry] are installed on a created cluster, and none
// on an existing one.
type Charts struct {
	// Autoscaler is cluster-autoscaler, which starts and removes nodes.
	Autoscaler nodes.AutoscalerSpec `key:"autoscaler" page:"charts" short:"install"`
	// GPU is NVIDIA's device plugin.
	GPU gpu.Spec `key:"gpu" page:"charts" short:"install"`
	// KEDA sets the number of replicas.
	KEDA keda.Spec `key:"keda" page:"charts" short:"install"`
	// IngressController is the AWS Load Balancer Controller.
	IngressController ingress.Spec `key:"ingressController" page:"charts" short:"install"`
	// Telemetry keeps logs after their pod is gone, and receives traces of requests.
	Telemetry telemetry.Spec `key:"telemetry" short:"install"`
}

// namedChart is a chart with its key.
type namedChart struct {
	key  string
	spec chart.Spec
}

// otherCharts returns the charts in the order of their fields, without Prometheus.
func (c *Charts) otherCharts() []namedChart {
	var list []namedChart
	for _, f := range keys.Fields(c) {
		if spec, ok := f.Pointer.(chart.Spec); ok {
			list = append(list, namedChart{f.Name, spec})
		}
	}
	return list
}

// charts returns every chart, also Prometheus, whose key monitoring has further keys.
func (p *Platform) charts() []namedChart {
	return append(p.otherCharts(), namedChart{"monitoring", &p.Prometheus})
}

// PlainChart is a chart that needs only the cluster from the stack.
type PlainChart struct {
	// Key is the key of the chart, and the name of its component.
	Key string
	// Spec holds the user's settings.
	Spec chart.Plain
}

// Plain returns the charts that need only the cluster from the stack, in the order of
// their fields.
func (p *Platform) Plain() []PlainChart {
	var list []PlainChart
	if p == nil {
		return nil
	}
	for _, named := range p.otherCharts() {
		if spec, ok := named.spec.(chart.Plain); ok {
			list = append(list, PlainChart{named.key, spec})
		}
	}
	return list
}

// Release is a Helm chart of a stack.
type Release struct {
	chart.Release
	// Path is the key that installs it, such as monitoring.gpuMetrics; Values is the key
	// of its further values.
	Path, Values *field.Path
}

// Releases returns every Helm chart that a stack can install.
func Releases() []Release {
	var list []Release
	for _, c := range new(Platform).charts() {
		*c.spec.Options().Install = true
		c.spec.Complete()
		for _, r := range c.spec.Releases() {
			path := field.NewPath(c.key)
			named := Release{Release: r, Path: path, Values: path.Child("values")}
			if r.Key != "" {
				named.Path, named.Values = path.Child(r.Key), path.Child(r.Key+"Values")
			}
			list = append(list, named)
		}
	}
	return list
}

// needsRoles reports whether pods of a chart have an AWS role.
func (p *Platform) needsRoles() bool {
	return slices.ContainsFunc(p.charts(), func(c namedChart) bool {
		options := c.spec.Options()
		return options.Role && *options.Install
	})
}
