package network

import (
	"net/netip"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

// TestPlanDependsOnAZoneAlone holds that another zone, or another order, moves
// no subnet.
func TestPlanDependsOnAZoneAlone(t *testing.T) {
	cidr := netip.MustParsePrefix("10.0.0.0/16")
	want := map[string]Block{
		"us-west-2a": {"us-west-2a", netip.MustParsePrefix("10.0.0.0/20"), netip.MustParsePrefix("10.0.16.0/21"), netip.MustParsePrefix("10.0.24.0/21")},
		"us-west-2c": {"us-west-2c", netip.MustParsePrefix("10.0.64.0/20"), netip.MustParsePrefix("10.0.80.0/21"), netip.MustParsePrefix("10.0.88.0/21")},
		"us-west-2h": {"us-west-2h", netip.MustParsePrefix("10.0.224.0/20"), netip.MustParsePrefix("10.0.240.0/21"), netip.MustParsePrefix("10.0.248.0/21")},
	}
	for _, zones := range [][]string{{"us-west-2a", "us-west-2c"}, {"us-west-2h", "us-west-2c", "us-west-2a"}, {"us-west-2c"}} {
		for _, got := range Plan(cidr, zones) {
			if got != want[got.Zone] {
				t.Errorf("with %v, %s has %v, want %v", zones, got.Zone, got, want[got.Zone])
			}
		}
	}
}

// TestPlanFitsAndDoesNotOverlap goes through every size of a VPC and every zone.
func TestPlanFitsAndDoesNotOverlap(t *testing.T) {
	zones := []string{"xa", "xb", "xc", "xd", "xe", "xf", "xg", "xh"}
	for bits := largest; bits <= smallest; bits++ {
		cidr := netip.PrefixFrom(netip.MustParseAddr("172.31.16.0"), bits).Masked()
		var prefixes []netip.Prefix
		for _, b := range Plan(cidr, zones) {
			prefixes = append(prefixes, b.Private, b.Public, b.Internal)
			// A load balancer needs a /27 with 8 free addresses in each zone.
			// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
			if b.Private.Bits() > 24 || b.Public.Bits() > 27 || b.Internal.Bits() > 27 {
				t.Errorf("/%d: %s has only %v", bits, b.Zone, b)
			}
		}
		for i, a := range prefixes {
			if a.Masked() != a || !cidr.Overlaps(a) || a.Bits() < cidr.Bits() {
				t.Errorf("%v is no block of %v", a, cidr)
			}
			for _, b := range prefixes[i+1:] {
				if a.Overlaps(b) {
					t.Errorf("%v and %v overlap", a, b)
				}
			}
		}
	}
}

func TestCounts(t *testing.T) {
	zero := 0
	tests := []struct {
		name string
		spec Spec
		want Counts
	}{
		{"none", Spec{}, Counts{}},
		{"defaults", Spec{Zones: []string{"xa", "xb"}}, Counts{NATGateways: 1, Endpoints: 9}},
		{"of each zone", Spec{Zones: []string{"xa", "xb", "xc"}, NATGateways: PerZone, InterfaceEndpoints: PerZone}, Counts{NATGateways: 3, Endpoints: 27}},
		{"without endpoints or logs", Spec{Zones: []string{"xa", "xb"}, InterfaceEndpoints: None, FlowLogDays: &zero}, Counts{NATGateways: 1}},
		{"of the user's", Spec{Existing: &Existing{VPCID: "vpc-12345678"}}, Counts{}},
	}
	for _, test := range tests {
		if got := test.spec.WithDefaults().Counts(); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestSubnetsOfLoadBalancers holds the addresses that a NetworkPolicy admits.
func TestSubnetsOfLoadBalancers(t *testing.T) {
	s := Spec{CIDR: "10.0.0.0/16", Zones: []string{"us-west-2b", "us-west-2a"}, Region: "us-west-2"}.WithDefaults()
	if got := s.InternalCIDRs(); !slices.Equal(got, []string{"10.0.24.0/21", "10.0.56.0/21"}) {
		t.Errorf("the internal subnets are %q", got)
	}
	if got := s.InternalSubnetNames("x"); !slices.Equal(got, []string{"x-internal-us-west-2a", "x-internal-us-west-2b"}) {
		t.Errorf("the internal subnets are called %q", got)
	}
	if got := s.PublicCIDRs(); !slices.Equal(got, []string{"10.0.16.0/21", "10.0.48.0/21"}) {
		t.Errorf("the public subnets are %q", got)
	}
	s.CIDR = "nonsense"
	if got := s.PublicCIDRs(); got != nil {
		t.Errorf("of nonsense, the public subnets are %q", got)
	}
}

func TestEndpointsOfAPartition(t *testing.T) {
	for _, test := range []struct{ region, service, want string }{
		{"us-west-2", "ecr.api", "com.amazonaws.us-west-2.ecr.api"},
		{"cn-north-1", "ecr.api", "cn.com.amazonaws.cn-north-1.ecr.api"},
		{"cn-north-1", "s3", "com.amazonaws.cn-north-1.s3"},
	} {
		if got := ServiceName(test.region, test.service); got != test.want {
			t.Errorf("%s in %s is %s, want %s", test.service, test.region, got, test.want)
		}
	}
}

// TestANetworkOfTheUsersIsNotChanged refuses what would have no effect.
func TestANetworkOfTheUsersIsNotChanged(t *testing.T) {
	s := Spec{Existing: &Existing{VPCID: "vpc-12345678", PrivateSubnetIDs: []string{"subnet-1234567", "subnet-12345678", "subnet-12345678"}}, CIDR: "10.0.0.0/16"}
	want := []string{"network.cidr: forbidden", "network.privateSubnetIds[0]: invalid", "network.privateSubnetIds[2]: duplicate"}
	if got := problemstest.KindsOf(s.Validate(field.NewPath("network"))); !slices.Equal(got, want) {
		t.Errorf("the problems are %q, want %q", got, want)
	}
}

// TestAThirdZoneDoesNotChangeTheControlPlane holds that the zones of a control
// plane depend on nothing that may change after EKS created it.
func TestAThirdZoneDoesNotChangeTheControlPlane(t *testing.T) {
	tests := []struct {
		name string
		spec Spec
		want []string
	}{
		{"a new one of three zones", Spec{Zones: []string{"xc", "xb", "xa"}}, []string{"xa", "xb"}},
		{"a third zone that sorts first", Spec{Zones: []string{"xa", "xb", "xc"}, ControlPlaneZones: []string{"xb", "xc"}}, []string{"xb", "xc"}},
		{"one of three zones, from before", Spec{Zones: []string{"xa", "xb", "xc"}, ControlPlaneZones: []string{"xc", "xb", "xa"}}, []string{"xa", "xb", "xc"}},
	}
	for _, test := range tests {
		if got := test.spec.PlacedZones(); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	spec := Spec{Existing: &Existing{
		PrivateSubnetIDs:    []string{"s-d", "s-c", "s-b1", "s-b2", "s-a"},
		Zones:               map[string]string{"s-a": "xa", "s-b1": "xb", "s-b2": "xb", "s-c": "xc", "s-d": "xd"},
		WithoutControlPlane: []string{"xa"},
	}}
	if got := spec.ControlPlaneSubnets(); !slices.Equal(got, []string{"s-b1", "s-c"}) {
		t.Errorf("of an existing VPC, the subnets are %q", got)
	}
}
