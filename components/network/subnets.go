package network

import (
	"net/netip"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	networkspec "github.com/vllm-eks/vllm-eks/spec/network"
)

// Tags by which the AWS Load Balancer Controller finds subnets.
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/
const (
	publicRole   = "kubernetes.io/role/elb"
	internalRole = "kubernetes.io/role/internal-elb"
)

// tier holds the subnets of one kind, by zone.
type tier struct {
	subnets map[string]*ec2.Subnet
	tables  map[string]*ec2.RouteTable
	// ready lists the routes and the associations of the subnets.
	ready []pulumi.Resource
}

// ids returns the IDs of the subnets, in the order of the blocks.
func (t tier) ids(blocks []networkspec.Block) pulumi.StringArrayOutput {
	var zones []string
	for _, b := range blocks {
		zones = append(zones, b.Zone)
	}
	return t.zoneIDs(zones)
}

// zoneIDs returns the IDs of the subnets of zones.
func (t tier) zoneIDs(zones []string) pulumi.StringArrayOutput {
	var ids pulumi.StringArray
	for _, zone := range zones {
		ids = append(ids, t.subnets[zone].ID().ToStringOutput())
	}
	return ids.ToStringArrayOutput()
}

// public registers the subnets for load balancers and NAT gateways. Their egress uses
// an internet gateway.
func (b builder) public(vpc pulumi.StringOutput, blocks []networkspec.Block) (tier, error) {
	t := tier{subnets: map[string]*ec2.Subnet{}, tables: map[string]*ec2.RouteTable{}}
	gateway, err := ec2.NewInternetGateway(b.ctx, b.name, &ec2.InternetGatewayArgs{VpcId: vpc, Tags: b.tags("", nil)}, b.opts...)
	if err != nil {
		return t, err
	}
	table, err := ec2.NewRouteTable(b.ctx, b.name+"-public", &ec2.RouteTableArgs{VpcId: vpc, Tags: b.tags("public", nil)}, b.opts...)
	if err != nil {
		return t, err
	}
	out, err := ec2.NewRoute(b.ctx, b.name+"-public", &ec2.RouteArgs{
		RouteTableId: table.ID(), DestinationCidrBlock: pulumi.String(everywhere), GatewayId: gateway.ID(),
	}, b.opts...)
	if err != nil {
		return t, err
	}
	t.ready = append(t.ready, out)
	for _, z := range blocks {
		t.tables[z.Zone] = table
		if err := b.subnet(&t, vpc, networkspec.PublicKind, z.Zone, z.Public, map[string]string{publicRole: "1"}); err != nil {
			return t, err
		}
	}
	return t, nil
}

const everywhere = "0.0.0.0/0"

// private registers the subnets for nodes. Their egress uses the NAT gateway of their
// zone, or of the first zone with a NAT gateway.
func (b builder) private(vpc pulumi.StringOutput, blocks []networkspec.Block, public tier) (tier, error) {
	t := tier{subnets: map[string]*ec2.Subnet{}, tables: map[string]*ec2.RouteTable{}}
	gateways := map[string]*ec2.NatGateway{}
	zones := b.spec.Spread(b.spec.NATGateways)
	for _, zone := range zones {
		gateway, err := b.nat(zone, public)
		if err != nil {
			return t, err
		}
		gateways[zone] = gateway
	}
	for _, z := range blocks {
		gateway, found := gateways[z.Zone]
		if !found {
			gateway = gateways[zones[0]]
		}
		table, err := ec2.NewRouteTable(b.ctx, b.name+"-private-"+z.Zone, &ec2.RouteTableArgs{VpcId: vpc, Tags: b.tags("private-"+z.Zone, nil)}, b.opts...)
		if err != nil {
			return t, err
		}
		out, err := ec2.NewRoute(b.ctx, b.name+"-private-"+z.Zone, &ec2.RouteArgs{
			RouteTableId: table.ID(), DestinationCidrBlock: pulumi.String(everywhere), NatGatewayId: gateway.ID(),
		}, b.opts...)
		if err != nil {
			return t, err
		}
		t.tables[z.Zone] = table
		t.ready = append(t.ready, out)
		if err := b.subnet(&t, vpc, networkspec.PrivateKind, z.Zone, z.Private, nil); err != nil {
			return t, err
		}
	}
	return t, nil
}

// nat registers a NAT gateway with its address.
func (b builder) nat(zone string, public tier) (*ec2.NatGateway, error) {
	address, err := ec2.NewEip(b.ctx, b.name+"-nat-"+zone, &ec2.EipArgs{Domain: pulumi.String("vpc"), Tags: b.tags("nat-"+zone, nil)}, b.after(public.ready...)...)
	if err != nil {
		return nil, err
	}
	return ec2.NewNatGateway(b.ctx, b.name+"-"+zone, &ec2.NatGatewayArgs{
		AllocationId: address.ID(),
		SubnetId:     public.subnets[zone].ID(),
		Tags:         b.tags(zone, nil),
	}, b.after(public.ready...)...)
}

// internal registers the subnets of internal load balancers. They share the route
// tables of the nodes' subnets, so that a route that the user adds, such as one to a
// VPN, applies to both.
func (b builder) internal(vpc pulumi.StringOutput, blocks []networkspec.Block, private tier) (tier, error) {
	t := tier{subnets: map[string]*ec2.Subnet{}, tables: private.tables}
	for _, z := range blocks {
		if err := b.subnet(&t, vpc, networkspec.InternalKind, z.Zone, z.Internal, map[string]string{internalRole: "1"}); err != nil {
			return t, err
		}
	}
	return t, nil
}

// subnet registers one subnet, and associates it with the route table of its zone.
func (b builder) subnet(t *tier, vpc pulumi.StringOutput, kind, zone string, cidr netip.Prefix, tags map[string]string) error {
	name := b.name + "-" + kind + "-" + zone
	subnet, err := ec2.NewSubnet(b.ctx, name, &ec2.SubnetArgs{
		VpcId: vpc, AvailabilityZone: pulumi.String(zone), CidrBlock: pulumi.String(cidr.String()),
		MapPublicIpOnLaunch: pulumi.Bool(false),
		Tags:                b.tags(kind+"-"+zone, tags),
	}, b.opts...)
	if err != nil {
		return err
	}
	t.subnets[zone] = subnet
	routed, err := ec2.NewRouteTableAssociation(b.ctx, name, &ec2.RouteTableAssociationArgs{
		RouteTableId: t.tables[zone].ID(), SubnetId: subnet.ID(),
	}, b.opts...)
	t.ready = append(t.ready, routed)
	return err
}
