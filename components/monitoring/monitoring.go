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

// Monitoring is what watches the cluster.
type Monitoring struct {
	pulumi.ResourceState

	// PrometheusURL is the address of Prometheus within the cluster; "" if it is not
	// installed.
	PrometheusURL pulumi.StringOutput

	ready []pulumi.Resource
}

// New registers Prometheus and the exporter of GPUs, or nothing if neither is to
// be installed. Errors name the key of the spec that is wrong, under name.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Monitoring, error) {
	spec := args.Spec.WithDefaults()
	if err := spec.Validate(name); err != nil {
		return nil, err
	}
	m := &Monitoring{PrometheusURL: pulumi.String(spec.PrometheusURL()).ToStringOutput()}
	if !spec.onNodes() {
		return m, nil
	}
	if err := ctx.RegisterComponentResource(typeToken, name, m, opts...); err != nil {
		return nil, err
	}
	after := []pulumi.ResourceOption{pulumi.Parent(m), pulumi.DependsOn(args.DependsOn)}
	onNodes, err := release.NewNamespace(ctx, spec.Namespace+nodesSuffix, release.Privileged, after...)
	if err != nil {
		return nil, err
	}
	after = append(after, pulumi.DependsOn([]pulumi.Resource{onNodes}))
	if spec.Install {
		if err := m.installPrometheus(ctx, name, spec, after); err != nil {
			return nil, err
		}
		after = append(after, pulumi.DependsOn(m.ready))
	}
	if *spec.GPUMetrics {
		// After Prometheus' operator, whose ServiceMonitors it has one of. Nothing waits
		// for it: it has no part in serving.
		_, err := release.New(ctx, name+"-dcgm", release.Args{
			Chart: versions.DCGMExporter, Namespace: spec.Namespace + nodesSuffix, Values: exporterValues(spec),
		}, after...)
		if err != nil {
			return nil, err
		}
	}
	return m, ctx.RegisterResourceOutputs(m, pulumi.Map{"prometheusUrl": m.PrometheusURL})
}

func (m *Monitoring) installPrometheus(ctx *pulumi.Context, name string, spec Spec, after []pulumi.ResourceOption) error {
	installed, err := release.New(ctx, name, release.Args{
		Chart: versions.KubePrometheusStack, Name: fullName, Namespace: spec.Namespace, Level: release.Baseline,
		Values: stackValues(spec), TimeoutSeconds: stackTimeoutSeconds,
	}, after...)
	m.ready = []pulumi.Resource{installed}
	return err
}

// Ready is what ServiceMonitors and scalers have to wait for, and to be gone
// before: nothing, if Prometheus is not installed.
func (m *Monitoring) Ready() []pulumi.Resource { return m.ready }
