// Package nodes creates the nodes of the cluster: a group for the system, groups
// with GPUs for the models, and the autoscaler that starts and stops nodes.
package nodes

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	nodespec "github.com/vllm-eks/vllm-eks/spec/nodes"
)

const typeToken = "vllm-eks:nodes:Nodes"

// Args are the inputs of New.
type Args struct {
	Spec nodespec.Spec
	// ClusterName is the EKS cluster's. Label is what the nodes are called in the
	// console, and Region where they are. Required.
	ClusterName   pulumi.StringInput
	Label, Region string
	// SubnetsIn are the private subnets of zones. Required.
	SubnetsIn func(zones []string) pulumi.StringArray
	// Tags are on instances and their disks. Default: none.
	Tags map[string]string
	// DependsOn are what nodes wait for: the cluster, its network, and the add-ons
	// without which a node does not become ready.
	DependsOn []pulumi.Resource
	// None is a cluster that the user brings with its nodes.
	None bool
}

// Nodes are the nodes of the cluster.
type Nodes struct {
	pulumi.ResourceState

	// System are the node groups without GPUs, by zone in order; none on a cluster
	// that the user brings.
	System []*eks.NodeGroup
	// GPU are the node groups with GPUs, by the name of the group and by zone in
	// order.
	GPU map[string][]*eks.NodeGroup
}

// Ready returns what workloads of the system must wait for: the nodes that they
// run on.
func (n *Nodes) Ready() []pulumi.Resource { return resources(n.System) }

// Named returns what a model must wait for that runs on one of these groups: the
// node groups of all zones. The model then goes before its nodes, too. A group
// that the program does not create has none.
func (n *Nodes) Named(groups ...string) []pulumi.Resource {
	var all []pulumi.Resource
	for _, group := range groups {
		all = append(all, resources(n.GPU[group])...)
	}
	return all
}

func resources(groups []*eks.NodeGroup) []pulumi.Resource {
	var all []pulumi.Resource
	for _, g := range groups {
		all = append(all, g)
	}
	return all
}

// New registers the groups of nodes. Errors name the key of the spec that is
// wrong, under systemNodes or nodeGroups.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Nodes, error) {
	if args.None {
		return &Nodes{}, nil
	}
	spec := args.Spec.WithDefaults()
	if err := problems.Err(spec.Validate(field.NewPath("systemNodes"), field.NewPath("nodeGroups"))); err != nil {
		return nil, err
	}
	n := &Nodes{GPU: map[string][]*eks.NodeGroup{}}
	if err := ctx.RegisterComponentResource(typeToken, name, n, opts...); err != nil {
		return nil, err
	}
	role, attached, err := newRole(ctx, name, args, pulumi.Parent(n))
	if err != nil {
		return nil, err
	}
	b := builder{ctx: ctx, name: name, args: args, role: role, parent: pulumi.Parent(n), after: append(attached, args.DependsOn...)}
	for _, p := range spec.Plan(args.Label, args.Tags) {
		groups, err := b.groups(p)
		if err != nil {
			return nil, err
		}
		if p.Name == nodespec.SystemGroup {
			n.System = groups
		} else {
			n.GPU[p.Name] = groups
		}
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{})
}

// builder registers groups.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	role   pulumi.StringInput
	parent pulumi.ResourceOption
	after  []pulumi.Resource
}

// updateTimeout is how long Pulumi waits while EKS replaces the nodes of a zone
// one after another: a node takes up to 15 minutes to drain and about as long to
// start. EKS ends an update that makes no progress by itself.
const updateTimeout = "12h"

// groups registers a group: its launch template, and a managed node group in
// each zone. An update changes one zone after another.
func (b builder) groups(g nodespec.Planned) ([]*eks.NodeGroup, error) {
	launched, err := ec2.NewLaunchTemplate(b.ctx, b.name+"-"+g.Name, launchTemplate(g.Template), b.parent)
	if err != nil {
		return nil, err
	}
	template := eks.NodeGroupLaunchTemplateArgs{Id: launched.ID().ToStringOutput().ToStringPtrOutput(), Version: pulumi.Sprintf("%d", launched.LatestVersion)}
	var made []*eks.NodeGroup
	after := b.after
	for _, z := range g.Zones {
		wanted := nodeGroup(z)
		wanted.ClusterName, wanted.NodeRoleArn = b.args.ClusterName, b.role
		wanted.SubnetIds = b.args.SubnetsIn([]string{z.Zone})
		wanted.LaunchTemplate = template
		opts := []pulumi.ResourceOption{b.parent, pulumi.DependsOn(after), pulumi.Timeouts(&pulumi.CustomTimeouts{Update: updateTimeout})}
		if z.Ignore != "" {
			opts = append(opts, pulumi.IgnoreChanges([]string{z.Ignore}))
		}
		group, err := eks.NewNodeGroup(b.ctx, b.name+"-"+z.Name, wanted, opts...)
		if err != nil {
			return nil, err
		}
		made = append(made, group)
		after = slices.Concat(b.after, []pulumi.Resource{group})
	}
	return made, nil
}
