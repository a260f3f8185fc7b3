package config

import (
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/spec/gpu"
	"github.com/vllm-eks/vllm-eks/spec/ingress"
	"github.com/vllm-eks/vllm-eks/spec/keda"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
)

// Charts are the Helm charts of the cluster beside Prometheus. A field is a chart: the
// configuration decodes, completes and checks each that is a chart.Spec. Default: all
// are installed on a created cluster, and none on an existing one.
type Charts struct {
	// Autoscaler is cluster-autoscaler, which starts and removes nodes.
	Autoscaler nodes.AutoscalerSpec `key:"autoscaler" page:"charts" short:"install"`
	// GPU is NVIDIA's device plugin.
	GPU gpu.Spec `key:"gpu" page:"charts" short:"install"`
	// KEDA sets the number of replicas.
	KEDA keda.Spec `key:"keda" page:"charts" short:"install"`
	// IngressController is the AWS Load Balancer Controller.
	IngressController ingress.Spec `key:"ingressController" page:"charts" short:"install"`
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

// charts returns every chart: also Prometheus, whose key monitoring says more than
// that.
func (p *Platform) charts() []namedChart {
	return append(p.otherCharts(), namedChart{"monitoring", &p.Prometheus})
}

// needsRoles reports whether pods of a chart have a role of AWS.
func (p *Platform) needsRoles() bool {
	return slices.ContainsFunc(p.charts(), func(c namedChart) bool {
		options := c.spec.Options()
		return options.Role && *options.Install
	})
}
