package monitoring

import (
	"encoding/json"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

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
	// Bounds are the limits of the stack. Default: no limits, and no alerts about them.
	Bounds monitoringspec.Bounds
	// DependsOn lists the resources that define the kind PrometheusRule. Default: none.
	DependsOn []pulumi.Resource
}

// NewRules registers the recording rules of the models, and the dashboards that show them; or
// nothing if the spec has no rules.
func NewRules(ctx *pulumi.Context, name string, args RulesArgs, opts ...pulumi.ResourceOption) (*release.Component, error) {
	spec := args.Spec.WithDefaults()
	component := release.ComponentArgs{Type: "vllm-eks:monitoring:Rules", DependsOn: args.DependsOn}
	if groups := rules.Groups(args.Models, args.Bounds); *spec.Rules && len(groups) > 0 {
		object, err := ruleObject(spec, groups)
		if err != nil {
			return nil, err
		}
		component.Objects = append(component.Objects, object)
	}
	if *spec.Dashboards && len(args.Models) > 0 {
		objects, err := dashboardObjects(spec)
		if err != nil {
			return nil, err
		}
		component.Objects = append(component.Objects, objects...)
	}
	return release.NewComponent(ctx, name, component, opts...)
}

// ruleObject returns the object with which Prometheus' operator loads the groups.
func ruleObject(s monitoringspec.Spec, groups []rules.Group) (release.Object, error) {
	text, err := json.Marshal(map[string]any{"groups": groups})
	if err != nil {
		return release.Object{}, err
	}
	var spec map[string]any
	if err := json.Unmarshal(text, &spec); err != nil {
		return release.Object{}, err
	}
	metadata := pulumi.Map{"name": pulumi.String("vllm-eks"), "namespace": pulumi.String(s.Namespace)}
	all := labels()
	for label, value := range s.Labels {
		all[label] = pulumi.String(value)
	}
	metadata["labels"] = all
	return release.Object{
		Type: "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
		Name: "vllm-eks-rules",
		Inputs: pulumi.Map{
			"apiVersion": pulumi.String("monitoring.coreos.com/v1"),
			"kind":       pulumi.String("PrometheusRule"),
			"metadata":   metadata,
			"spec":       untyped.Map(spec),
		},
	}, nil
}
