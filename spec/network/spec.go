// Package network declares the key network: types, defaults, validation and the values
// that follow from them. It imports neither Pulumi nor the AWS SDK.
package network

import (
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Spec holds which network is used, or how one is created. The zero value means no
// network, for an existing cluster.
type Spec struct {
	// CIDR is the range of addresses of the VPC, a block of /16 to /20. Each zone gets an
	// eighth of it, by the letter of the zone, so that subnets do not move when a zone is
	// added or removed. Half of the eighth is for nodes, a quarter for public and a
	// quarter for internal load balancers.
	CIDR string `key:"cidr" default:"10.0.0.0/16" if:"!vpcId"`
	// Zones are the availability zones, two or three. Zones can be added and removed,
	// except the two zones of the control plane, which EKS never changes. A new control
	// plane gets the first two zones by name. Default: the first three of the account.
	Zones []string `key:"zones"`
	// ControlPlaneZones are the zones of an existing control plane. The configuration
	// sets them from the account. Default, for a new control plane: the first two zones
	// of the network by name.
	ControlPlaneZones []string
	// NATGateways is the number of NAT gateways, through which nodes reach the internet:
	// one for all zones, or perZone. With one, all zones lose the internet if its zone
	// fails, and traffic between zones costs money.
	NATGateways Spread `key:"natGateways" oneof:"one perZone" default:"one" if:"!vpcId"`
	// InterfaceEndpoints keep the traffic to APIs of AWS within the VPC: one for all
	// zones, perZone, or none. With one, all zones reach the APIs through the first zone,
	// and lose access if it fails.
	InterfaceEndpoints Spread `key:"interfaceEndpoints" oneof:"none one perZone" default:"one" if:"!vpcId"`
	// FlowLogDays is the retention of flow logs in days, one that CloudWatch Logs
	// supports; 0 for no flow logs.
	FlowLogDays *int `key:"flowLogDays" oneof:"0 1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653" default:"14" if:"!vpcId"` // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
	// Existing is an existing VPC. With it, the other keys do not apply.
	Existing *Existing `key:",inline"`
	// Region is the AWS region. Required to create a VPC.
	Region string
}

// Spread is the number of zones that get one instance of a resource.
type Spread string

// Values of Spread.
const (
	None    Spread = "none"
	One     Spread = "one"
	PerZone Spread = "perZone"
)

// Existing is an existing VPC.
type Existing struct {
	// VPCID is the id of an existing VPC. With it, only the keys of subnets apply. The
	// program does not change the VPC. A preview refuses a VPC without DNS host names,
	// with the addresses of Services, or with too few free addresses. Default: a VPC is
	// created for a created cluster.
	VPCID string `key:"vpcId" example:"vpc-0123456789abcdef0"`
	// PrivateSubnetIDs are the subnets of the nodes, in at least two zones. The subnets
	// of two zones have the network interfaces of the control plane. All private subnets
	// need a default route to a NAT gateway, and for internal load balancers the tag
	// kubernetes.io/role/internal-elb: 1. Default: required to create a cluster in an
	// existing VPC.
	PrivateSubnetIDs []string `key:"privateSubnetIds"`
	// PublicSubnetIDs are the subnets of public load balancers. They need the tag
	// kubernetes.io/role/elb: 1.
	PublicSubnetIDs []string `key:"publicSubnetIds"`
	// Zones are the zones of the subnets by their ids. The configuration sets them from
	// the account.
	Zones map[string]string
	// WithoutControlPlane are the zones in which EKS places no control plane. The
	// configuration sets them from the account.
	WithoutControlPlane []string
}

// Made reports whether a VPC is created.
func (s Spec) Made() bool { return s.Existing == nil && len(s.Zones) > 0 }

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	keys.Complete(&s)
	return s
}

// Validate returns every problem of the spec, each beginning with its key under
// path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&s, path)
	if s.Existing != nil {
		s.validateExisting(&found, path)
		return found
	}
	s.validateZones(&found, path)
	switch cidr, err := netip.ParsePrefix(s.CIDR); {
	case err != nil || !cidr.Addr().Is4():
		problems.Invalid(&found, path.Child("cidr"), "is %q, want a block of IPv4 addresses such as %q", s.CIDR, "10.0.0.0/16")
	case cidr.Masked() != cidr:
		problems.Invalid(&found, path.Child("cidr"), "is %s, which is an address and not a block; want %s", s.CIDR, cidr.Masked())
	case !cidr.Addr().IsPrivate() && !sharedAddresses.Contains(cidr.Addr()):
		problems.Invalid(&found, path.Child("cidr"), "is %s, which are public addresses; want some of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10", s.CIDR)
	case cidr.Bits() > smallest:
		problems.Invalid(&found, path.Child("cidr"), "is %s with %d addresses, too few for the nodes and pods of three zones; want /16 to /%d", s.CIDR, 1<<(32-cidr.Bits()), smallest)
	case cidr.Bits() < largest:
		problems.Invalid(&found, path.Child("cidr"), "is %s, and a VPC has at most a /%d; want /%d to /%d", s.CIDR, largest, largest, smallest)
	}
	return found
}

// The prefix lengths of the largest and the smallest VPC. In the smallest, a zone has 256
// private addresses.
const largest, smallest = 16, 20

// sharedAddresses are addresses that the internet does not route (RFC 6598).
var sharedAddresses = netip.MustParsePrefix("100.64.0.0/10")

// maxZones is the largest number of zones of a VPC that the program creates.
const maxZones = 3

func (s Spec) validateZones(found *field.ErrorList, path *field.Path) {
	if n := len(s.Zones); n < 2 || n > maxZones {
		problems.Invalid(found, path.Child("zones"), "are %d, want two or three: EKS needs two, and more than three add only cost", n)
	}
	for i, zone := range s.Zones {
		key := path.Child("zones").Index(i)
		switch letter, inRegion := strings.CutPrefix(zone, s.Region); {
		case !inRegion || len(letter) != 1 || letter[0] < 'a' || letter[0] > 'h':
			problems.NotSupported(found, key, "is %q, which is not an availability zone of the region %s; want a zone such as %sa", zone, s.Region, s.Region)
		case slices.Index(s.Zones, zone) < i:
			problems.Duplicate(found, key, "is %s a second time; name each zone once", zone)
		}
	}
}

func (s Spec) validateExisting(found *field.ErrorList, path *field.Path) {
	e := s.Existing
	if !isID(e.VPCID, "vpc-") {
		problems.Invalid(found, path.Child("vpcId"), "is %q, want the id of a VPC, vpc-…", e.VPCID)
	}
	validateSubnets(found, path.Child("privateSubnetIds"), e.PrivateSubnetIDs)
	validateSubnets(found, path.Child("publicSubnetIds"), e.PublicSubnetIDs)
	for _, setting := range []struct {
		key string
		set bool
	}{
		{"cidr", s.CIDR != ""}, {"zones", len(s.Zones) > 0}, {"natGateways", s.NATGateways != ""},
		{"interfaceEndpoints", s.InterfaceEndpoints != ""}, {"flowLogDays", s.FlowLogDays != nil},
	} {
		if setting.set && e.VPCID != "" { // else they have defaults
			problems.Forbidden(found, path.Child(setting.key), "cannot be combined with vpcId, because the program does not change your VPC; remove one of the two")
		}
	}
}

func validateSubnets(found *field.ErrorList, path *field.Path, ids []string) {
	for i, id := range ids {
		key := path.Index(i)
		if !isID(id, "subnet-") {
			problems.Invalid(found, key, "is %q, want the id of a subnet, subnet-…", id)
		}
		if slices.Index(ids, id) < i {
			problems.Duplicate(found, key, "is %s a second time; name each subnet once", id)
		}
	}
}

// isID reports whether a string is an id of AWS with the prefix.
func isID(text, beginning string) bool {
	rest, ok := strings.CutPrefix(text, beginning)
	return ok && len(rest) >= 8 && strings.Trim(rest, "0123456789abcdef") == ""
}
