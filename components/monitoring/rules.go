package monitoring

import (
	"cmp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/monitoring/manifest"
	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/untyped"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// RulesArgs holds the inputs of NewRules.
type RulesArgs struct {
	Spec monitoringspec.Spec
	// Models are the models that the rules describe. Default: none, and no rules and no
	// dashboards.
	Models []monitoringspec.Model
	// Namespace is the namespace of the rules and the dashboards, which exists. Default:
	// the namespace of Prometheus.
	Namespace string
	// Bounds are the limits of the stack. Default: no limits, and no alerts about them.
	Bounds monitoringspec.Bounds
	// DependsOn lists the resources that define the kind PrometheusRule. Default: none.
	DependsOn []pulumi.Resource
}

// NewRules registers the recording rules of the models, and the dashboards that show them; or
// nothing if the spec has no rules.
func NewRules(ctx *pulumi.Context, name string, args RulesArgs, opts ...pulumi.ResourceOption) (*release.Component, error) {
	spec := args.Spec.WithDefaults()
	spec.Namespace = cmp.Or(args.Namespace, spec.Namespace)
	component := release.ComponentArgs{Type: "vllm-eks:monitoring:Rules", DependsOn: args.DependsOn}
	if groups := rules.Groups(args.Models, args.Bounds); *spec.Rules && len(groups) > 0 {
		object, err := ruleObject(spec, ctx.Stack(), groups)
		if err != nil {
			return nil, err
		}
		component.Objects = append(component.Objects, object)
	}
	if *spec.Dashboards && len(args.Models) > 0 {
		objects, err := dashboardObjects(spec, ctx.Stack())
		if err != nil {
			return nil, err
		}
		component.Objects = append(component.Objects, objects...)
	}
	return release.NewComponent(ctx, name, component, opts...)
}

// ruleObject returns the resource of the PrometheusRule.
func ruleObject(s monitoringspec.Spec, stack string, groups []rules.Group) (release.Object, error) {
	object, err := manifest.Rules(stack, s.Namespace, s.Labels, groups)
	if err != nil {
		return release.Object{}, err
	}
	return release.Object{Type: "kubernetes:monitoring.coreos.com/v1:PrometheusRule", Name: "vllm-eks-rules", Inputs: untyped.Map(object)}, nil
}

// dashboardObjects returns the resources of the dashboards.
func dashboardObjects(s monitoringspec.Spec, stack string) ([]release.Object, error) {
	list, err := manifest.Dashboards(stack, s.Namespace)
	var objects []release.Object
	for _, d := range list {
		objects = append(objects, release.Object{Type: "kubernetes:core/v1:ConfigMap", Name: "dashboard-" + d.Name, Inputs: untyped.Map(d.Object)})
	}
	return objects, err
}
