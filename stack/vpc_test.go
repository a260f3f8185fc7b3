package stack

import (
	"reflect"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// existingVPC replaces the network of onAWS by an existing VPC.
var existingVPC = []string{"{cidr: 10.0.0.0/16, zones: [us-west-2a, us-west-2b]}",
	"{vpcId: vpc-0123456789abcdef0, privateSubnetIds: [subnet-0000000a, subnet-0000000b], publicSubnetIds: [subnet-0000000c]}"}

// inVPC returns the account of withSubnets with a changed VPC.
func inVPC(change func(*stacktest.VPC)) *stacktest.Account {
	account := withSubnets()
	vpc := account.VPCs["vpc-0123456789abcdef0"]
	change(&vpc)
	account.VPCs["vpc-0123456789abcdef0"] = vpc
	return account
}

// inSubnet returns the account of withSubnets with a changed subnet.
func inSubnet(id string, change func(*stacktest.Subnet)) *stacktest.Account {
	account := withSubnets()
	subnet := account.Subnets[id]
	change(&subnet)
	account.Subnets[id] = subnet
	return account
}

// malformedVPCs returns the problems of an existing VPC.
func malformedVPCs() []malformedStack {
	without := withSubnets()
	without.VPCs = nil
	return []malformedStack{
		{name: "missing VPC", account: without, want: []string{"network.vpcId: invalid"}},
		{name: "VPC without DNS hostnames", account: inVPC(func(v *stacktest.VPC) { v.DNSHostnames = false }),
			want: []string{"network.vpcId: invalid"},
			says: []string{"network.vpcId: is vpc-0123456789abcdef0 with enableDnsHostnames off, so its nodes would not join the cluster; turn it on: aws ec2 modify-vpc-attribute --region us-west-2 --vpc-id vpc-0123456789abcdef0 --enable-dns-hostnames"}},
		{name: "VPC without DNS support", account: inVPC(func(v *stacktest.VPC) { v.DNSSupport = false }),
			want: []string{"network.vpcId: invalid"}},
		{name: "VPC overlaps with Services", account: inVPC(func(v *stacktest.VPC) { v.CIDRs = append(v.CIDRs, "172.20.8.0/21") }),
			want: []string{"cluster.serviceCidr: invalid"}},
		{name: "subnet without free addresses", account: inSubnet("subnet-0000000b", func(s *stacktest.Subnet) { s.Free = 5 }),
			want: []string{"network.privateSubnetIds[1]: invalid"}},
	}
}

// TestAVPCInWhichNoControlPlaneIsPlacedIsNotAccepted checks a VPC with one of two subnets
// in a zone without EKS: EKS would refuse the cluster.
func TestAVPCInWhichNoControlPlaneIsPlacedIsNotAccepted(t *testing.T) {
	account := withSubnets()
	account.Zones["us-west-2b"] = "use1-az3" // the only zones without EKS are of other regions
	_, err := recordIn(account, "test", mustParse(t, edited(t, existingVPC...)))
	if want := "network.privateSubnetIds: are in 1 zones in which EKS places a control plane, and it needs two; EKS places none in us-west-2b"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestSubnetsWithoutAWayOutAreNotSilent checks the warnings about missing routes of nodes
// and load balancers, and that complete routes give none.
func TestSubnetsWithoutAWayOutAreNotSilent(t *testing.T) {
	tests := []struct {
		name    string
		account *stacktest.Account
		want    string
	}{
		{"subnets with the right routes", withSubnets(), ""},
		{"private subnet without a default route", inSubnet("subnet-0000000a", func(s *stacktest.Subnet) { s.Route = "" }), "network.privateSubnetIds[0]: subnet-0000000a has no default route"},
		{"main route table without a default route", inVPC(func(v *stacktest.VPC) { v.MainRoute = "" }), "network.privateSubnetIds[1]: subnet-0000000b has no default route"},
		{"private subnet with an internet gateway", inSubnet("subnet-0000000a", func(s *stacktest.Subnet) { s.Route = "igw-0123456789abcdef0" }),
			"network.privateSubnetIds[0]: the default route of subnet-0000000a is an internet gateway"},
		{"public subnet without an internet gateway", inSubnet("subnet-0000000c", func(s *stacktest.Subnet) { s.Route = "nat-0123456789abcdef0" }),
			"network.publicSubnetIds[0]: the default route of subnet-0000000c is not an internet gateway"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, warning := range warningsIn(t, test.account, mustParse(t, edited(t, existingVPC...))) {
				if strings.HasPrefix(warning, "network.") {
					got = append(got, warning)
				}
			}
			if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], test.want)) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// withControlPlane returns an account in which the cluster of onAWS runs, with its control
// plane in zones.
func withControlPlane(zones ...string) *stacktest.Account {
	account := withSubnets()
	running := stacktest.Cluster{Version: "1.35"}
	for i, zone := range zones {
		id := "subnet-0000001" + string(rune('0'+i))
		account.Subnets[id] = stacktest.Subnet{Zone: zone, VPCID: "vpc-0123456789abcdef0"}
		running.SubnetIDs = append(running.SubnetIDs, id)
	}
	account.Clusters = map[string]stacktest.Cluster{stacktest.Project + "-test": running}
	return account
}

// TestAZoneOfTheControlPlaneIsNotRemoved checks that a preview refuses to remove a zone from
// a control plane, which EKS would refuse during the update. Other changes of zones are
// accepted, and do not change the control plane.
func TestAZoneOfTheControlPlaneIsNotRemoved(t *testing.T) {
	const old = "[us-west-2a, us-west-2b]"
	tests := []struct {
		name, zones string
		runs        []string // zones of the control plane
		want        string   // refused; "" accepted
	}{
		{"no zone changes", old, []string{"us-west-2a", "us-west-2b"}, ""},
		{"third zone is added", "[us-west-2a, us-west-2b, us-west-2c]", []string{"us-west-2a", "us-west-2b"}, ""},
		{"third zone that sorts first is added", "[us-west-2a, us-west-2b, us-west-2c]", []string{"us-west-2b", "us-west-2c"}, ""},
		{"zone of the control plane is removed", old, []string{"us-west-2b", "us-west-2c"},
			"network.zones: are us-west-2a, us-west-2b, without us-west-2c, a zone of the control plane of " + stacktest.Project + "-test; EKS cannot change the zones of a control plane: keep us-west-2b, us-west-2c"},
		{"one of three zones of the control plane is removed", old, []string{"us-west-2a", "us-west-2b", "us-west-2c"}, "network.zones: are us-west-2a, us-west-2b, without us-west-2c"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := recordIn(withControlPlane(test.runs...), "test", mustParse(t, edited(t, old, test.zones)))
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v, want %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var want []any
			for _, zone := range test.runs {
				want = append(want, "network-private-"+zone+"-id")
			}
			if got := recorded(r.Resources()).named(eksCluster, "cluster").Inputs["privateSubnetIds"]; !reflect.DeepEqual(got, want) {
				t.Errorf("the control plane has %v, want %v", got, want)
			}
		})
	}
}

// TestALogGroupOfADestroyedClusterDoesNotStopAnUpHalfWay checks that a preview refuses a log
// group that EKS created again after a destroy. It accepts the log group of this stack,
// which an interrupted first up leaves.
func TestALogGroupOfADestroyedClusterDoesNotStopAnUpHalfWay(t *testing.T) {
	const group = "/aws/eks/" + stacktest.Project + "-test/cluster"
	tags := map[string]string{"vllm-eks:project": stacktest.Project, "vllm-eks:stack": "test"}
	tests := []struct {
		name    string
		groups  map[string]map[string]string
		running bool
		refused bool
	}{
		{"no log group", nil, false, false},
		{"log group that EKS created", map[string]map[string]string{group: {}}, false, true},
		{"log group of another stack", map[string]map[string]string{group: {"vllm-eks:project": stacktest.Project, "vllm-eks:stack": "other"}}, false, true},
		{"log group of this stack", map[string]map[string]string{group: tags}, false, false},
		{"log group of a running cluster", map[string]map[string]string{group: {}}, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			account := stacktest.SimulatedAccount()
			if test.running {
				account = withControlPlane("us-west-2a", "us-west-2b")
			}
			account.LogGroups = test.groups
			_, err := recordIn(account, "test", mustParse(t, onAWS))
			refused := err != nil && strings.Contains(err.Error(), "cluster.name: is "+stacktest.Project+"-test, and the log group "+group)
			if refused != test.refused || err != nil && !refused {
				t.Errorf("%v, want it refused: %t", err, test.refused)
			}
		})
	}
}

// TestAnotherZoneDoesNotChangeTheControlPlane adds a zone and removes it again: the subnets
// of the other zones and the control plane do not change.
func TestAnotherZoneDoesNotChangeTheControlPlane(t *testing.T) {
	added := edited(t, "[us-west-2a, us-west-2b]", "[us-west-2a, us-west-2b, us-west-2c]")
	for name, got := range map[string][]string{"one more": changed(t, onAWS, added), "one less": changed(t, added, onAWS)} {
		ofZone := 0
		for _, change := range got {
			if strings.Contains(change, eksCluster) || strings.HasPrefix(change, "~ "+subnetKind) {
				t.Errorf("%s: %s", name, change)
			}
			if !strings.HasPrefix(change, "~ ") {
				if ofZone++; !strings.Contains(change, "us-west-2c") {
					t.Errorf("%s: %s, want parts of us-west-2c alone", name, change)
				}
			}
		}
		if ofZone < 8 {
			t.Errorf("%s: %q, want three subnets with their routes", name, got)
		}
	}
}
