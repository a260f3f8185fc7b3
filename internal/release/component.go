package release

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/chart"
)

// Component is a part of the platform that Helm charts install: namespaces, the AWS
// role of the pods if they need one, and the charts.
type Component struct {
	pulumi.ResourceState

	ready []pulumi.Resource
}

// ComponentArgs holds the inputs of NewComponent.
type ComponentArgs struct {
	// Type is the type token of the component, such as vllm-eks:keda:KEDA. Required.
	Type string
	// Namespaces are created before the charts. Without namespaces and objects, nothing
	// is registered.
	Namespaces []chart.Namespace
	// Role registers the AWS role of the pods. Default: no role.
	Role Role
	// Objects are created after the namespaces and before the charts, such as a
	// Secret that a chart's pods read. Default: none.
	Objects []Object
	// Charts are installed one after another.
	Charts []Chart
	// DependsOn must exist before the component, and is deleted after it. Default:
	// none.
	DependsOn []pulumi.Resource
	// Outputs are the outputs of the component. Default: none.
	Outputs pulumi.Map
}

// Role registers an AWS role, and returns the resources for which pods with the role
// wait.
type Role func(*pulumi.Context, ...pulumi.ResourceOption) ([]pulumi.Resource, error)

// Object is a Kubernetes object that a component creates in addition to a chart.
type Object struct {
	// Type is the type token, such as kubernetes:core/v1:Secret.
	Type string
	// Name is the name of the resource.
	Name string
	// Inputs are the fields. The component adds the owner of the fields.
	Inputs pulumi.Map
	// Options are the options of the resource. Default: none.
	Options []pulumi.ResourceOption
}

// Names holds the names of objects on the cluster, by the name of their resource.
type Names map[string]pulumi.StringOutput

// Chart is a chart of a component.
type Chart struct {
	Args
	// GivenNames returns additional Given values, which hold the names of Objects.
	// Default: none.
	GivenNames func(Names) pulumi.Map
	// Confirm are registered after the chart. They wait for conditions for which Helm
	// does not wait. Default: none.
	Confirm []Object
	// Resource is the name of the Release's resource. Default: the component's name.
	Resource string
	// Optional charts are not part of Ready, because no replica needs them.
	Optional bool
}

// NewComponent registers a component, or nothing if it has no namespace and no object.
func NewComponent(ctx *pulumi.Context, name string, args ComponentArgs, opts ...pulumi.ResourceOption) (*Component, error) {
	c := &Component{}
	if len(args.Namespaces)+len(args.Objects) == 0 {
		return c, nil
	}
	if err := ctx.RegisterComponentResource(args.Type, name, c, opts...); err != nil {
		return nil, err
	}
	before, names, err := c.prepare(ctx, args)
	if err != nil {
		return nil, err
	}
	for _, chart := range args.Charts {
		installed, err := c.install(ctx, cmp.Or(chart.Resource, name), chart, names, before)
		if err != nil {
			return nil, err
		}
		before = append(slices.Clip(before), installed...)
		if !chart.Optional {
			c.ready = append(c.ready, installed...)
		}
	}
	outputs := pulumi.Map{} // not nil, which Pulumi's engine does not accept
	maps.Copy(outputs, args.Outputs)
	return c, ctx.RegisterResourceOutputs(c, outputs)
}

// prepare registers the resources for which the charts wait, and returns them with the
// names of the objects. The role is deleted after the charts: the load balancer
// controller needs it to delete the last load balancer.
func (c *Component) prepare(ctx *pulumi.Context, args ComponentArgs) (before []pulumi.Resource, names Names, err error) {
	before = slices.Clone(args.DependsOn)
	for _, n := range args.Namespaces {
		namespace, err := NewNamespace(ctx, n.Name, n.Level, pulumi.Parent(c), pulumi.DependsOn(args.DependsOn))
		if err != nil {
			return nil, nil, err
		}
		before = append(before, namespace)
	}
	if args.Role != nil {
		role, err := args.Role(ctx, pulumi.Parent(c))
		if err != nil {
			return nil, nil, err
		}
		before = append(before, role...)
	}
	names = Names{}
	after := slices.Clip(before)
	for _, o := range args.Objects {
		object, err := register(ctx, o, pulumi.Parent(c), pulumi.DependsOn(after))
		if err != nil {
			return nil, nil, err
		}
		before = append(before, object)
		names[o.Name] = object.name()
	}
	return before, names, nil
}

// install registers a chart and its Confirm objects.
func (c *Component) install(ctx *pulumi.Context, name string, chart Chart, names Names, before []pulumi.Resource) ([]pulumi.Resource, error) {
	args := chart.Args
	if chart.GivenNames != nil {
		args.Given = mergeGiven(args.Given, chart.GivenNames(names))
	}
	installed, err := New(ctx, name, args, pulumi.Parent(c), pulumi.DependsOn(before))
	if err != nil {
		return nil, err
	}
	resources := []pulumi.Resource{installed}
	for _, o := range chart.Confirm {
		confirmed, err := register(ctx, o, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{installed}))
		if err != nil {
			return nil, err
		}
		resources = append(resources, confirmed)
	}
	return resources, nil
}

// Ready returns the resources for which dependants of the component wait. The
// dependants are deleted before these resources. The list is empty if nothing is
// installed.
func (c *Component) Ready() []pulumi.Resource { return c.ready }
