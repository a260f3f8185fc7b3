package monitoring

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strings"

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
		object, err := ruleObject(spec, objectName(ctx.Stack()), groups)
		if err != nil {
			return nil, err
		}
		component.Objects = append(component.Objects, object)
	}
	if *spec.Dashboards && len(args.Models) > 0 {
		objects, err := dashboardObjects(spec, objectName(ctx.Stack()))
		if err != nil {
			return nil, err
		}
		component.Objects = append(component.Objects, objects...)
	}
	return release.NewComponent(ctx, name, component, opts...)
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// objectName returns the beginning of the names of a stack's objects, so that several stacks
// can share the namespace of Prometheus.
func objectName(stack string) string {
	return strings.TrimSuffix("vllm-eks-"+notInNames.ReplaceAllString(strings.ToLower(stack), "-"), "-")
}

// ruleObject returns the object with which Prometheus' operator loads the groups.
func ruleObject(s monitoringspec.Spec, name string, groups []rules.Group) (release.Object, error) {
	text, err := json.Marshal(map[string]any{"groups": groups})
	if err != nil {
		return release.Object{}, err
	}
	var spec map[string]any
	if err := json.Unmarshal(text, &spec); err != nil {
		return release.Object{}, err
	}
	metadata := pulumi.Map{"name": pulumi.String(name), "namespace": pulumi.String(s.Namespace)}
	all := release.Labels()
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
