package network

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
)

// Block holds the addresses of one zone in the VPC.
type Block struct {
	Zone                      string
	Private, Public, Internal netip.Prefix
}

// Plan returns the blocks of the zones: an eighth of the addresses for each letter of a
// zone. The first half of the eighth is for nodes, the next quarter for public and the
// last quarter for internal load balancers. The blocks of a zone depend only on that
// zone, not on the number or order of zones. Plan returns none if cidr is not an IPv4
// block with a prefix of at most 27 bits.
func Plan(cidr netip.Prefix, zones []string) []Block {
	if !cidr.IsValid() || !cidr.Addr().Is4() || cidr.Bits() > longestPlanned {
		return nil
	}
	var blocks []Block
	for _, zone := range slices.Sorted(slices.Values(zones)) {
		if zone == "" {
			continue
		}
		eighth := part(cidr, 3, int(zone[len(zone)-1]-'a'))
		blocks = append(blocks, Block{Zone: zone, Private: part(eighth, 1, 0), Public: part(eighth, 2, 2), Internal: part(eighth, 2, 3)})
	}
	return blocks
}

// longestPlanned is the longest prefix that can be divided into parts of 5 more bits.
const longestPlanned = 32 - 5

// part returns one of the 2^bits equal parts of a block of IPv4 addresses.
func part(block netip.Prefix, bits, index int) netip.Prefix {
	start := block.Addr().As4()
	length := block.Bits() + bits
	var next [4]byte
	binary.BigEndian.PutUint32(next[:], binary.BigEndian.Uint32(start[:])+uint32(index)<<(32-length))
	return netip.PrefixFrom(netip.AddrFrom4(next), length)
}

// PublicCIDRs returns the addresses of the subnets of public load balancers. It needs no
// account. For an existing VPC, it returns none.
func (s Spec) PublicCIDRs() []string { return s.cidrs(func(b Block) netip.Prefix { return b.Public }) }

// InternalCIDRs returns the addresses of the subnets of internal load balancers. Nodes
// and pods are in other subnets, so a NetworkPolicy that allows these addresses allows
// only load balancers.
func (s Spec) InternalCIDRs() []string {
	return s.cidrs(func(b Block) netip.Prefix { return b.Internal })
}

func (s Spec) cidrs(subnet func(Block) netip.Prefix) []string {
	cidr, err := netip.ParsePrefix(s.CIDR)
	if err != nil || !s.Made() || len(s.Validate(nil)) > 0 {
		return nil
	}
	var cidrs []string
	for _, b := range Plan(cidr, s.Zones) {
		cidrs = append(cidrs, subnet(b).String())
	}
	return cidrs
}

// Counts holds the numbers of resources that AWS bills by the hour.
type Counts struct {
	// Endpoints is the number of interface endpoints, counted once in each zone.
	NATGateways, Endpoints int
}

// Counts returns the numbers of billed resources that the network creates.
func (s Spec) Counts() Counts {
	if !s.Made() {
		return Counts{}
	}
	return Counts{NATGateways: len(s.Spread(s.NATGateways)), Endpoints: len(s.Spread(s.InterfaceEndpoints)) * len(InterfaceServices)}
}

// Spread returns the zones that get one instance of a resource: all, the first, or none.
func (s Spec) Spread(over Spread) []string {
	zones := slices.Sorted(slices.Values(s.Zones))
	switch over {
	case PerZone:
		return zones
	case One:
		return zones[:min(1, len(zones))]
	}
	return nil
}

// InterfaceServices are the APIs that nodes and controllers call. S3 has a
// gateway endpoint, which costs nothing.
var InterfaceServices = []string{"autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing", "logs", "sts"}

// ServiceName returns the name of an API's VPC endpoint service in a region.
func ServiceName(region, service string) string {
	prefix := "com.amazonaws"
	if len(region) > 3 && region[:3] == "cn-" && service != "s3" && service != "logs" {
		prefix = "cn.com.amazonaws"
	}
	return fmt.Sprintf("%s.%s.%s", prefix, region, service)
}

// Kinds of subnets, which are part of their names.
const (
	PublicKind   = "public"
	PrivateKind  = "private"
	InternalKind = "internal"
)

// PublicSubnetNames returns the values of the tag Name of the subnets of public
// load balancers; label is that of Args. An existing VPC has none.
func (s Spec) PublicSubnetNames(label string) []string { return s.subnetNames(label, PublicKind) }

// InternalSubnetNames returns the values of the tag Name of the subnets of
// internal load balancers; label is that of Args. An existing VPC has none.
func (s Spec) InternalSubnetNames(label string) []string { return s.subnetNames(label, InternalKind) }

func (s Spec) subnetNames(label, kind string) []string {
	if !s.Made() {
		return nil
	}
	var names []string
	for _, zone := range slices.Sorted(slices.Values(s.Zones)) {
		names = append(names, label+"-"+kind+"-"+zone)
	}
	return names
}
