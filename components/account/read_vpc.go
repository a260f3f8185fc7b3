package account

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	accountspec "github.com/vllm-eks/vllm-eks/spec/account"
)

// readVPC reads an existing VPC, and the default routes of its subnets. It needs the
// subnets of readSubnets.
func readVPC(ctx *pulumi.Context, o *accountspec.Offers, id string) {
	vpc, err := ec2.LookupVpc(ctx, &ec2.LookupVpcArgs{Id: &id})
	if err != nil {
		o.VPC = &accountspec.VPC{Problem: firstLine(err)}
		return
	}
	o.VPC = &accountspec.VPC{DNSHostnames: vpc.EnableDnsHostnames, DNSSupport: vpc.EnableDnsSupport}
	for _, block := range vpc.CidrBlockAssociations {
		if block.State == "associated" {
			o.VPC.CIDRs = append(o.VPC.CIDRs, block.CidrBlock)
		}
	}
	ids := sortedKeys(o.Subnets)
	routes, failed := make([]accountspec.Route, len(ids)), make([]error, len(ids))
	_ = together(len(ids), func(i int) error { // each failure is a warning of its own
		if o.Subnets[ids[i]].Problem == "" {
			routes[i], failed[i] = defaultRoute(ctx, ids[i], vpc.MainRouteTableId)
		}
		return nil
	})
	for i, id := range ids {
		if failed[i] != nil {
			o.Unread = append(o.Unread, fmt.Sprintf("network.vpcId: the routes of %s are not checked: %s", id, firstLine(failed[i])))
		}
		subnet := o.Subnets[id]
		subnet.Route = routes[i]
		o.Subnets[id] = subnet
	}
}

// defaultRoute reads the route of a subnet for 0.0.0.0/0. If a subnet has no route
// table, the first look-up fails, and the main table of the VPC applies.
func defaultRoute(ctx *pulumi.Context, subnet, main string) (accountspec.Route, error) {
	table, err := ec2.LookupRouteTable(ctx, &ec2.LookupRouteTableArgs{SubnetId: &subnet})
	if err != nil {
		if table, err = ec2.LookupRouteTable(ctx, &ec2.LookupRouteTableArgs{RouteTableId: &main}); err != nil {
			return accountspec.RouteUnread, err
		}
	}
	for _, r := range table.Routes {
		switch {
		case r.CidrBlock != "0.0.0.0/0":
		case isInternetGateway(r.GatewayId):
			return accountspec.RouteToInternet, nil
		default:
			return accountspec.RouteElsewhere, nil
		}
	}
	return accountspec.NoRoute, nil
}

// isInternetGateway reports whether the target of a route is an internet gateway.
// The ID of a VPN gateway begins with vgw-.
func isInternetGateway(id string) bool { return len(id) > 4 && id[:4] == "igw-" }

// readZonesOf reads the zones of the subnets of the running control plane. EKS never
// changes this set of zones.
func readZonesOf(ctx *pulumi.Context, subnets []string) ([]string, error) {
	zones := make([]string, len(subnets))
	err := together(len(subnets), func(i int) error {
		subnet, err := ec2.LookupSubnet(ctx, &ec2.LookupSubnetArgs{Id: &subnets[i]})
		if err != nil {
			return fmt.Errorf("the subnet %s of the control plane: %w", subnets[i], err)
		}
		zones[i] = subnet.AvailabilityZone
		return nil
	})
	slices.Sort(zones)
	return slices.Compact(zones), err
}

func sortedKeys[V any](entries map[string]V) []string { return slices.Sorted(maps.Keys(entries)) }
