package nodes

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/autoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const typeToken = "vllm-eks:nodes:Nodes"

// Args are the inputs of New.
type Args struct {
	Spec Spec
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

// Nodes are the machines of the cluster.
type Nodes struct {
	pulumi.ResourceState

	// System is the group without GPUs; nil where there are no nodes.
	System *eks.NodeGroup
	// GPU are the groups with GPUs, by name.
	GPU map[string]*eks.NodeGroup
}

// Ready are what workloads of the system must wait for: nodes that they run on.
func (n *Nodes) Ready() []pulumi.Resource {
	if n.System == nil {
		return nil
	}
	return []pulumi.Resource{n.System}
}

// Named is what a model must wait for that runs on a group: the group, or nothing
// if it is not one that is made. The model then goes before its nodes, too.
func (n *Nodes) Named(group string) []pulumi.Resource {
	if made, ok := n.GPU[group]; ok {
		return []pulumi.Resource{made}
	}
	return nil
}

// New registers the groups of nodes. Errors name the key of the spec that is
// wrong, under systemNodes or nodeGroups.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Nodes, error) {
	if args.None {
		return &Nodes{}, nil
	}
	spec := args.Spec.WithDefaults()
	if err := spec.Validate("systemNodes", "nodeGroups"); err != nil {
		return nil, err
	}
	n := &Nodes{GPU: map[string]*eks.NodeGroup{}}
	if err := ctx.RegisterComponentResource(typeToken, name, n, opts...); err != nil {
		return nil, err
	}
	role, attached, err := newRole(ctx, name, args, pulumi.Parent(n))
	if err != nil {
		return nil, err
	}
	b := builder{ctx: ctx, name: name, args: args, version: spec.KubernetesVersion, role: role, parent: pulumi.Parent(n), after: append(attached, args.DependsOn...)}
	system := spec.System
	template := launchTemplate(args.Label+"-"+SystemGroup, system.DiskGiB, args.Tags)
	if n.System, err = b.group(SystemGroup, system.nodeGroup(), template, system.Zones); err != nil {
		return nil, err
	}
	for _, g := range spec.Groups {
		made, err := b.group(g.Name, g.nodeGroup(), g.launchTemplate(args.Label+"-"+g.Name, args.Tags), g.Zones)
		if err != nil {
			return nil, err
		}
		if err := b.templateTags(g, made); err != nil {
			return nil, err
		}
		n.GPU[g.Name] = made
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{})
}

// builder registers groups.
type builder struct {
	ctx     *pulumi.Context
	name    string
	args    Args
	version string
	role    pulumi.StringInput
	parent  pulumi.ResourceOption
	after   []pulumi.Resource
}

// group registers a group with its launch template. How many nodes it has is
// cluster-autoscaler's business from then on.
func (b builder) group(name string, group *eks.NodeGroupArgs, template *ec2.LaunchTemplateArgs, zones []string) (*eks.NodeGroup, error) {
	of := b.name + "-" + name
	launched, err := ec2.NewLaunchTemplate(b.ctx, of, template, b.parent)
	if err != nil {
		return nil, err
	}
	group.ClusterName = b.args.ClusterName
	group.NodeRoleArn = b.role
	group.SubnetIds = b.args.SubnetsIn(sortedZones(zones))
	group.Version = pulumi.String(b.version)
	group.LaunchTemplate = eks.NodeGroupLaunchTemplateArgs{
		Id: launched.ID().ToStringOutput().ToStringPtrOutput(), Version: pulumi.Sprintf("%d", launched.LatestVersion),
	}
	return eks.NewNodeGroup(b.ctx, of, group, b.parent, pulumi.DependsOn(b.after), pulumi.IgnoreChanges([]string{"scalingConfig.desiredSize"}))
}

// templateTags registers what cluster-autoscaler knows a group without nodes by,
// on its Auto Scaling group: the tags of a node group do not get there.
func (b builder) templateTags(g Group, made *eks.NodeGroup) error {
	scaled := made.Resources.Index(pulumi.Int(0)).AutoscalingGroups().Index(pulumi.Int(0)).Name().Elem()
	tags := g.template()
	for _, key := range sortedKeys(tags) {
		_, err := autoscaling.NewTag(b.ctx, b.name+"-"+g.Name+"-"+key, &autoscaling.TagArgs{
			AutoscalingGroupName: scaled,
			Tag:                  autoscaling.TagTagArgs{Key: pulumi.String(key), Value: pulumi.String(tags[key]), PropagateAtLaunch: pulumi.Bool(false)},
		}, b.parent)
		if err != nil {
			return err
		}
	}
	return nil
}
