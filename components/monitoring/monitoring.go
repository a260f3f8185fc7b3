package monitoring

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

const (
	typeToken = "vllm-eks:monitoring:Monitoring"
	// stackTimeoutSeconds is for a dozen images, and a volume.
	stackTimeoutSeconds = 900
)

// Args are the inputs of New.
type Args struct {
	Spec Spec
	// DependsOn is what must be there before, and goes after: the nodes, and what
	// makes volumes for Prometheus. Default: nothing.
	DependsOn []pulumi.Resource
}

// New registers Prometheus and the exporter of GPUs, or nothing if neither is to
// be installed. Errors name the key of the spec that is wrong, under name.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*release.Component, error) {
	spec := args.Spec.WithDefaults()
	if err := spec.Validate(name); err != nil {
		return nil, err
	}
	component := release.ComponentArgs{Type: typeToken, DependsOn: args.DependsOn, Outputs: pulumi.Map{"prometheusUrl": pulumi.String(spec.PrometheusURL())}}
	if spec.onNodes() {
		component.Namespaces = append(component.Namespaces, release.Namespace{Name: spec.Namespace + nodesSuffix, Level: release.Privileged})
	}
	if spec.Install {
		component.Namespaces = append(component.Namespaces, release.Namespace{Name: spec.Namespace, Level: release.Baseline})
		component.Charts = append(component.Charts, release.Chart{Args: release.Args{
			Chart: versions.KubePrometheusStack, Name: fullName, Namespace: spec.Namespace, Values: stackValues(spec), TimeoutSeconds: stackTimeoutSeconds,
		}})
	}
	if *spec.GPUMetrics {
		// After the operator of Prometheus, which brings the kind ServiceMonitor.
		component.Charts = append(component.Charts, release.Chart{Resource: name + "-dcgm", Optional: true, Args: release.Args{
			Chart: versions.DCGMExporter, Namespace: spec.Namespace + nodesSuffix, Values: exporterValues(spec),
		}})
	}
	return release.NewComponent(ctx, name, component, opts...)
}
