// Package network registers the VPC of the cluster and its nodes.
package network

import (
	"net/netip"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	networkspec "github.com/vllm-eks/vllm-eks/spec/network"
)

const typeToken = "vllm-eks:network:Network"

// Args holds the inputs of New.
type Args struct {
	Spec networkspec.Spec
	// Label is the prefix of the names of the resources in the AWS console. Required.
	Label string
}

// Network is a VPC with subnets for nodes and for load balancers.
type Network struct {
	pulumi.ResourceState

	VPCID                             pulumi.StringOutput
	PrivateSubnetIDs, PublicSubnetIDs pulumi.StringArrayOutput
	// ControlPlaneSubnetIDs lists the subnets with the network interfaces of the
	// control plane.
	ControlPlaneSubnetIDs pulumi.StringArrayOutput

	private map[string]pulumi.StringArray // by zone
	ready   []pulumi.Resource
}

// Ready returns the resources that nodes must wait for: without their routes, nodes
// do not reach the cluster.
func (n *Network) Ready() []pulumi.Resource { return n.ready }

// PrivateIn returns the IDs of the private subnets of zones.
func (n *Network) PrivateIn(zones []string) pulumi.StringArray {
	var ids pulumi.StringArray
	for _, zone := range zones {
		ids = append(ids, n.private[zone]...)
	}
	return ids
}

// New registers the network. It registers nothing for an existing network, or if the
// spec has none. Errors name the wrong key of the spec, under name.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Network, error) {
	spec := args.Spec.WithDefaults()
	if !spec.Made() {
		return existing(spec, name)
	}
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	n := &Network{private: map[string]pulumi.StringArray{}}
	if err := ctx.RegisterComponentResource(typeToken, name, n, opts...); err != nil {
		return nil, err
	}
	b := builder{ctx: ctx, name: name, label: args.Label, spec: spec, opts: []pulumi.ResourceOption{pulumi.Parent(n)}}
	if err := b.vpc(n); err != nil {
		return nil, err
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{"vpcId": n.VPCID, "privateSubnetIds": n.PrivateSubnetIDs, "publicSubnetIds": n.PublicSubnetIDs})
}

// existing returns an existing network, and registers nothing.
func existing(s networkspec.Spec, name string) (*Network, error) {
	n := &Network{private: map[string]pulumi.StringArray{}}
	e := s.Existing
	if e == nil {
		e = &networkspec.Existing{}
	} else if err := problems.Err(s.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	n.VPCID = pulumi.String(e.VPCID).ToStringOutput()
	n.PrivateSubnetIDs = pulumi.ToStringArray(e.PrivateSubnetIDs).ToStringArrayOutput()
	n.PublicSubnetIDs = pulumi.ToStringArray(e.PublicSubnetIDs).ToStringArrayOutput()
	n.ControlPlaneSubnetIDs = pulumi.ToStringArray(s.ControlPlaneSubnets()).ToStringArrayOutput()
	for _, id := range e.PrivateSubnetIDs {
		zone := e.Zones[id]
		n.private[zone] = append(n.private[zone], pulumi.String(id))
	}
	return n, nil
}

// builder registers the parts of a VPC.
type builder struct {
	ctx         *pulumi.Context
	name, label string
	spec        networkspec.Spec
	opts        []pulumi.ResourceOption
}

// after returns the options of a resource that must also wait for other resources.
func (b builder) after(rs ...pulumi.Resource) []pulumi.ResourceOption {
	return append(b.opts[:len(b.opts):len(b.opts)], pulumi.DependsOn(rs))
}

// vpc registers the VPC and its parts.
func (b builder) vpc(n *Network) error {
	vpc, err := ec2.NewVpc(b.ctx, b.name, &ec2.VpcArgs{
		CidrBlock:          pulumi.String(b.spec.CIDR),
		EnableDnsHostnames: pulumi.Bool(true),
		EnableDnsSupport:   pulumi.Bool(true),
		Tags:               b.tags("", nil),
	}, b.opts...)
	if err != nil {
		return err
	}
	n.VPCID = vpc.ID().ToStringOutput()
	// The default security group allows traffic between its members; it has no members.
	if _, err := ec2.NewDefaultSecurityGroup(b.ctx, b.name, &ec2.DefaultSecurityGroupArgs{VpcId: n.VPCID, Tags: b.tags("default", nil)}, b.opts...); err != nil {
		return err
	}
	blocks := networkspec.Plan(netip.MustParsePrefix(b.spec.CIDR), b.spec.Zones)
	public, err := b.public(n.VPCID, blocks)
	if err != nil {
		return err
	}
	private, err := b.private(n.VPCID, blocks, public)
	if err != nil {
		return err
	}
	internal, err := b.internal(n.VPCID, blocks, private)
	if err != nil {
		return err
	}
	for _, zone := range blocks {
		id := private.subnets[zone.Zone].ID().ToStringOutput()
		n.private[zone.Zone] = pulumi.StringArray{id}
	}
	n.PrivateSubnetIDs = private.ids(blocks)
	n.PublicSubnetIDs = public.ids(blocks)
	n.ControlPlaneSubnetIDs = private.zoneIDs(b.spec.PlacedZones())
	// Load balancers are deleted before the last node, and need their subnets until
	// then.
	n.ready = slices.Concat(private.ready, public.ready, internal.ready)
	endpoints, err := b.endpoints(n.VPCID, private, public)
	if err != nil {
		return err
	}
	n.ready = append(n.ready, endpoints...)
	return b.flowLogs(n.VPCID)
}

// tags returns the tag with the name that the AWS console shows, and extra tags.
func (b builder) tags(part string, extra map[string]string) pulumi.StringMap {
	label := b.label
	if part != "" {
		label += "-" + part
	}
	tags := pulumi.StringMap{"Name": pulumi.String(label)}
	for key, value := range extra {
		tags[key] = pulumi.String(value)
	}
	return tags
}
