package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/spec/account"
)

// controlPlaneAddresses is how many free addresses EKS needs in each subnet of
// the control plane.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
const controlPlaneAddresses = 6

// checkControlPlane refuses a network without a zone that the running control
// plane has: EKS never gives up a zone, and its network interfaces keep the
// zone's subnet from being deleted.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
func (p *Platform) checkControlPlane(d *decoding) {
	if p.Offers.Cluster == nil || p.Network.Existing != nil {
		return // subnets of the user's VPC stay
	}
	const key = "network.zones"
	var lost []string
	for _, zone := range p.Offers.Cluster.Zones {
		if !slices.Contains(p.nodeZones(), zone) {
			lost = append(lost, zone)
		}
	}
	if len(lost) > 0 && !d.reported(key) {
		d.add(field.ErrorTypeForbidden, key, "are %s, without %s, where the control plane of %s is; EKS never changes the zones of a control plane: keep %s, and remove another zone instead",
			strings.Join(p.nodeZones(), ", "), strings.Join(lost, ", "), p.Cluster.Name, strings.Join(p.Offers.Cluster.Zones, ", "))
	}
}

// checkLogGroup refuses a cluster whose log group exists and is not the stack's:
// `pulumi up` would fail when it creates the group. EKS creates the group again,
// without tags, when it delivers logs after a destroy.
// https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2763
func (p *Platform) checkLogGroup(d *decoding, source *Source) {
	group := p.Offers.LogGroup
	if group == nil || group.Tags[account.ProjectTag] == source.project && group.Tags[account.StackTag] == source.stack {
		return
	}
	d.add(field.ErrorTypeInvalid, "cluster.name", "is %s, and the log group %s of such a cluster exists already without the tags of this stack: EKS creates it again when it delivers logs after a destroy; delete it: aws logs delete-log-group --region %s --log-group-name %s; or choose another name",
		p.Cluster.Name, group.Name, p.Account.Region, group.Name)
}

// checkVPC refuses a VPC of the user's in which no cluster would work.
func (p *Platform) checkVPC(d *decoding) {
	e, vpc := p.Network.Existing, p.Offers.VPC
	zones := slices.DeleteFunc(p.nodeZones(), func(zone string) bool { return slices.Contains(e.WithoutControlPlane, zone) })
	switch {
	case len(zones) >= 2 || d.reported("network.privateSubnetIds"):
	case len(e.WithoutControlPlane) > 0:
		d.add(field.ErrorTypeInvalid, "network.privateSubnetIds", "are in %d zones in which EKS places a control plane, and it needs two; EKS places none in %s: name a subnet of another zone",
			len(zones), strings.Join(slices.Compact(slices.Sorted(slices.Values(e.WithoutControlPlane))), ", "))
	default:
		d.add(field.ErrorTypeInvalid, "network.privateSubnetIds", "are in %d zones, and EKS needs two; name a subnet of another zone", len(zones))
	}
	for i, id := range e.PrivateSubnetIDs {
		if s := p.Offers.Subnets[id]; p.Offers.Cluster == nil && s.Problem == "" && s.Free < controlPlaneAddresses {
			d.add(field.ErrorTypeInvalid, fmt.Sprintf("network.privateSubnetIds[%d]", i), "is %s with %d free addresses, and EKS needs %d for the control plane and more for nodes; name a larger subnet, or add one",
				id, s.Free, controlPlaneAddresses)
		}
	}
	if vpc == nil || d.reported("network.vpcId") {
		return
	}
	if vpc.Problem != "" {
		d.add(field.ErrorTypeInvalid, "network.vpcId", "is %s, of which the account tells nothing: %s", e.VPCID, vpc.Problem)
		return
	}
	for _, attribute := range []struct {
		on         bool
		name, flag string
	}{{vpc.DNSHostnames, "enableDnsHostnames", "--enable-dns-hostnames"}, {vpc.DNSSupport, "enableDnsSupport", "--enable-dns-support"}} {
		if !attribute.on {
			d.add(field.ErrorTypeInvalid, "network.vpcId", "is %s with %s off, and no node of it would join the cluster; turn it on: aws ec2 modify-vpc-attribute --region %s --vpc-id %s %s",
				e.VPCID, attribute.name, p.Account.Region, e.VPCID, attribute.flag)
		}
	}
	p.checkServices(d, vpc.CIDRs)
}

// checkServices refuses addresses of Services that the VPC has too: pods would
// reach a Service where they mean something of the VPC.
func (p *Platform) checkServices(d *decoding, cidrs []string) {
	services, err := netip.ParsePrefix(p.Cluster.ServiceCIDR)
	if err != nil {
		return // reported as wrong
	}
	for _, text := range cidrs {
		if block, err := netip.ParsePrefix(text); err == nil && block.Overlaps(services) {
			d.add(field.ErrorTypeInvalid, "cluster.serviceCidr", "is %s, which overlaps with %s of %s; want a private block outside %s",
				services, block, p.Network.Existing.VPCID, strings.Join(cidrs, ", "))
			return
		}
	}
}

// routeWarnings are about subnets of the user's without a way to the internet.
// That is no problem by itself: VPC endpoints and mirrors can take its place.
func (p *Platform) routeWarnings() []string {
	e := p.Network.Existing
	if e == nil || !p.asked {
		return nil
	}
	var all []string
	warn := func(key string, i int, format string, values ...any) {
		all = append(all, fmt.Sprintf("network.%s[%d]: ", key, i)+fmt.Sprintf(format, values...))
	}
	for i, id := range e.PrivateSubnetIDs {
		switch p.Offers.Subnets[id].Route {
		case account.NoRoute:
			warn("privateSubnetIds", i, "%s has no default route: nodes there pull images and weights, and reach the APIs of AWS, through VPC endpoints and mirrors alone; add a route to a NAT gateway", id)
		case account.RouteToInternet:
			warn("privateSubnetIds", i, "the default route of %s is an internet gateway, which serves public addresses alone, and nodes have none; want one to a NAT gateway", id)
		}
	}
	for i, id := range e.PublicSubnetIDs {
		if route := p.Offers.Subnets[id].Route; route == account.NoRoute || route == account.RouteElsewhere {
			warn("publicSubnetIds", i, "the default route of %s is no internet gateway: a load balancer there answers nobody on the internet", id)
		}
	}
	return all
}
