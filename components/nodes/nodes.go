// Package nodes registers the nodes of the cluster: a node group for the system, node
// groups with GPUs for the models, and the autoscaler that starts and stops nodes.
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

// Args holds the inputs of New.
type Args struct {
	Spec nodespec.Spec
	// ClusterName is the name of the EKS cluster, Label the name of the nodes in the
	// AWS console, and Region their AWS region. Required.
	ClusterName   pulumi.StringInput
	Label, Region string
	// SubnetsIn returns the IDs of the private subnets of zones. Required.
	SubnetsIn func(zones []string) pulumi.StringArray
	// Tags holds the tags of instances and their disks. Default: none.
	Tags map[string]string
	// DependsOn lists the resources that nodes wait for: the cluster, its network, and
	// the add-ons without which a node does not become ready.
	DependsOn []pulumi.Resource
	// None means that New registers no nodes, because an existing cluster has its own.
	None bool
}

// Nodes holds the node groups of the cluster.
type Nodes struct {
	pulumi.ResourceState

	// System lists the node groups without GPUs, in the order of their zones. The list
	// is empty on an existing cluster.
	System []*eks.NodeGroup
	// GPU lists the node groups with GPUs by the name of the group, in the order of
	// their zones.
	GPU map[string][]*eks.NodeGroup
}

// Ready returns the resources that workloads of the system must wait for: the nodes
// that they run on.
func (n *Nodes) Ready() []pulumi.Resource { return resources(n.System) }

// ReadyFor returns the resources that a model on these groups must wait for: the node
// groups of all zones. Pulumi also deletes the model before its nodes. The list has
// no entry for a group that the program does not create.
func (n *Nodes) ReadyFor(groups ...string) []pulumi.Resource {
	var ready []pulumi.Resource
	for _, group := range groups {
		ready = append(ready, resources(n.GPU[group])...)
	}
	return ready
}

func resources(groups []*eks.NodeGroup) []pulumi.Resource {
	var list []pulumi.Resource
	for _, g := range groups {
		list = append(list, g)
	}
	return list
}

// New registers the node groups. Errors name the wrong key of the spec, under
// systemNodes or nodeGroups.
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

// builder registers node groups.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	role   pulumi.StringInput
	parent pulumi.ResourceOption
	after  []pulumi.Resource
}

// updateTimeout is the time that Pulumi waits while EKS replaces the nodes of a zone
// one after another. A node takes up to 15 minutes to drain and about as long to
// start. EKS itself ends an update that makes no progress.
const updateTimeout = "12h"

// groups registers the launch template of a group and a managed node group in each
// zone. An update changes one zone after another.
func (b builder) groups(g nodespec.Planned) ([]*eks.NodeGroup, error) {
	launched, err := ec2.NewLaunchTemplate(b.ctx, b.name+"-"+g.Name, launchTemplate(g.Template), b.parent)
	if err != nil {
		return nil, err
	}
	template := eks.NodeGroupLaunchTemplateArgs{Id: launched.ID().ToStringOutput().ToStringPtrOutput(), Version: pulumi.Sprintf("%d", launched.LatestVersion)}
	var created []*eks.NodeGroup
	after := b.after
	for _, z := range g.Zones {
		args := nodeGroup(z)
		args.ClusterName, args.NodeRoleArn = b.args.ClusterName, b.role
		args.SubnetIds = b.args.SubnetsIn([]string{z.Zone})
		args.LaunchTemplate = template
		opts := []pulumi.ResourceOption{b.parent, pulumi.DependsOn(after), pulumi.Timeouts(&pulumi.CustomTimeouts{Update: updateTimeout})}
		if z.Ignore != "" {
			opts = append(opts, pulumi.IgnoreChanges([]string{z.Ignore}))
		}
		group, err := eks.NewNodeGroup(b.ctx, b.name+"-"+z.Name, args, opts...)
		if err != nil {
			return nil, err
		}
		created = append(created, group)
		after = slices.Concat(b.after, []pulumi.Resource{group})
	}
	return created, nil
}
