package config

import (
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/spec/account"
)

// controlPlaneAddresses is the number of free addresses that EKS needs in each subnet of
// the control plane.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
const controlPlaneAddresses = 6

// checkControlPlane refuses a network that lacks a zone of the running control plane. EKS
// keeps its zones, and its network interfaces prevent the deletion of a zone's subnet.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
func (p *Platform) checkControlPlane(found *findings) {
	if p.Offers.Cluster == nil || p.Network.Existing != nil {
		return // the program does not delete subnets of the user's VPC
	}
	path := field.NewPath("network", "zones")
	var lost []string
	for _, zone := range p.Offers.Cluster.Zones {
		if !slices.Contains(p.nodeZones(), zone) {
			lost = append(lost, zone)
		}
	}
	if len(lost) > 0 && !found.reported(path) {
		found.add(field.ErrorTypeForbidden, path, "are %s, without %s, a zone of the control plane of %s; EKS cannot change the zones of a control plane: keep %s, and remove another zone instead",
			strings.Join(p.nodeZones(), ", "), strings.Join(lost, ", "), p.Cluster.Name, strings.Join(p.Offers.Cluster.Zones, ", "))
	}
}

// checkLogGroup refuses a new cluster whose log group exists without the stack's tags:
// `pulumi up` could not create the group. EKS creates the group again, without tags, when
// it delivers logs after a destroy.
// https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2763
func (p *Platform) checkLogGroup(found *findings, source *Source) {
	group := p.Offers.LogGroup
	if group == nil || group.Tags[account.ProjectTag] == source.project && group.Tags[account.StackTag] == source.stack {
		return
	}
	found.add(field.ErrorTypeInvalid, field.NewPath("cluster", "name"), "is %s, and the log group %s of such a cluster exists already without the tags of this stack: EKS creates it again when it delivers logs after a destroy; delete it: aws logs delete-log-group --region %s --log-group-name %s; or choose another name",
		p.Cluster.Name, group.Name, p.Account.Region, group.Name)
}

// checkVPC refuses a VPC of the user in which a cluster would not work.
func (p *Platform) checkVPC(found *findings) {
	e, vpc := p.Network.Existing, p.Offers.VPC
	vpcID, subnets := field.NewPath("network", "vpcId"), field.NewPath("network", "privateSubnetIds")
	zones := slices.DeleteFunc(p.nodeZones(), func(zone string) bool { return slices.Contains(e.WithoutControlPlane, zone) })
	switch {
	case len(zones) >= 2 || found.reported(subnets):
	case len(e.WithoutControlPlane) > 0:
		found.add(field.ErrorTypeInvalid, subnets, "are in %d zones in which EKS places a control plane, and it needs two; EKS places none in %s: name a subnet of another zone",
			len(zones), strings.Join(slices.Compact(slices.Sorted(slices.Values(e.WithoutControlPlane))), ", "))
	default:
		found.add(field.ErrorTypeInvalid, subnets, "are in %d zones, and EKS needs two; name a subnet of another zone", len(zones))
	}
	for i, id := range e.PrivateSubnetIDs {
		if s := p.Offers.Subnets[id]; p.Offers.Cluster == nil && s.Problem == "" && s.Free < controlPlaneAddresses {
			found.add(field.ErrorTypeInvalid, subnets.Index(i), "is %s with %d free addresses, and EKS needs %d for the control plane and more for nodes; name a larger subnet, or add one",
				id, s.Free, controlPlaneAddresses)
		}
	}
	if vpc == nil || found.reported(vpcID) {
		return
	}
	if vpc.Problem != "" {
		found.add(field.ErrorTypeInvalid, vpcID, "is %s, which cannot be read: %s", e.VPCID, vpc.Problem)
		return
	}
	for _, attribute := range []struct {
		enabled    bool
		name, flag string
	}{{vpc.DNSHostnames, "enableDnsHostnames", "--enable-dns-hostnames"}, {vpc.DNSSupport, "enableDnsSupport", "--enable-dns-support"}} {
		if !attribute.enabled {
			found.add(field.ErrorTypeInvalid, vpcID, "is %s with %s off, so its nodes would not join the cluster; turn it on: aws ec2 modify-vpc-attribute --region %s --vpc-id %s %s",
				e.VPCID, attribute.name, p.Account.Region, e.VPCID, attribute.flag)
		}
	}
	p.checkServices(found, vpc.CIDRs)
}

// checkServices refuses addresses of Services that overlap with the VPC: pods would reach
// a Service instead of the address in the VPC.
func (p *Platform) checkServices(found *findings, cidrs []string) {
	services, err := netip.ParsePrefix(p.Cluster.ServiceCIDR)
	if err != nil {
		return // reported as wrong
	}
	for _, text := range cidrs {
		if block, err := netip.ParsePrefix(text); err == nil && block.Overlaps(services) {
			found.add(field.ErrorTypeInvalid, field.NewPath("cluster", "serviceCidr"), "is %s, which overlaps with %s of %s; want a private block outside %s",
				services, block, p.Network.Existing.VPCID, strings.Join(cidrs, ", "))
			return
		}
	}
}
