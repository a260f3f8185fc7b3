package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// TestTheFirstUpDoesNotRaceTheAccessEntries holds that nothing calls the API
// server before the access entries and the early add-ons are active: EKS lets a
// principal in seconds after it created the entry, and a Kubernetes provider that
// is refused once fails every object.
func TestTheFirstUpDoesNotRaceTheAccessEntries(t *testing.T) {
	all := recordings(t)
	tested := 0
	for _, stack := range slices.Sorted(maps.Keys(all)) {
		resources := all[stack].Resources()
		first := firstResources(resources)
		if len(first) == 0 {
			continue // an existing cluster
		}
		for _, r := range resources {
			if !isKubernetes(r) && r.Type != "pulumi:providers:kubernetes" {
				continue
			}
			tested++
			before := waitsFor(resources, r)
			for _, want := range first {
				if !before[want] {
					t.Errorf("%s: %s %s does not wait for %s", stack, r.Type, r.Name, want)
				}
			}
		}
	}
	if tested == 0 {
		t.Error("no stack creates a cluster")
	}
}

// firstResources are those without which the API server refuses the caller, or
// pods get no address.
func firstResources(all []stacktest.Resource) []string {
	var first []string
	for _, r := range all {
		early := r.Type == addonKind && slices.Contains([]string{"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}, r.Name)
		system := r.Type == nodeGroupKind && strings.HasPrefix(r.Name, "nodes-system")
		if early || system || r.Type == "aws:eks/accessPolicyAssociation:AccessPolicyAssociation" || r.Type == eksCluster {
			first = append(first, r.Type+"::"+r.Name)
		}
	}
	return first
}

// waitsFor are the resources that exist before one is registered: those that it
// depends on, its provider, and what these depend on.
func waitsFor(all []stacktest.Resource, of stacktest.Resource) map[string]bool {
	direct := map[string][]string{}
	for _, r := range all {
		key := r.Type + "::" + r.Name
		direct[key] = slices.Concat(direct[key], r.DependsOn, []string{r.Provider})
	}
	before := map[string]bool{}
	next := slices.Concat(of.DependsOn, []string{of.Provider})
	for len(next) > 0 {
		key := next[0]
		next = next[1:]
		if key != "" && !before[key] {
			before[key] = true
			next = append(next, direct[key]...)
		}
	}
	return before
}

// TestPodsAreNotAdmittedAsLoadBalancers holds that the addresses which the
// NetworkPolicies of models behind a load balancer admit are those of its
// subnets, and that no node, and with it no pod, has one of them.
func TestPodsAreNotAdmittedAsLoadBalancers(t *testing.T) {
	internal := edited(t, "nodeGroup: g5}", `nodeGroup: g5, ingress: {class: alb, host: a.example.com, alb: {certificateArn: "`+certificate+`"}}}`)
	public := edited(t, "nodeGroup: g5}", `nodeGroup: g5, ingress: {class: alb, host: a.example.com, alb: {certificateArn: "`+certificate+
		`", internetFacing: true, allowedCidrs: [203.0.113.0/24]}}}`)
	for kind, yaml := range map[string]string{"internal": internal, "public": public + "  vllm-eks:apiKey: {secure: k}\n"} {
		t.Run(kind+" load balancer", func(t *testing.T) {
			all := recorded(mustRecord(t, "test", mustParse(t, yaml)).Resources())
			var want, nodes, names []string
			for _, subnet := range all.of(subnetKind) {
				cidr := fmt.Sprint(subnet.Inputs["cidrBlock"])
				switch {
				case strings.HasPrefix(subnet.Name, "network-"+kind+"-"):
					want, names = append(want, cidr), append(names, fmt.Sprint(at(subnet.Inputs, "tags", "Name")))
				case strings.HasPrefix(subnet.Name, "network-private-"):
					nodes = append(nodes, cidr)
				}
				if role := at(subnet.Inputs, "tags", "kubernetes.io/role/internal-elb"); (role != nil) != strings.HasPrefix(subnet.Name, "network-internal-") {
					t.Errorf("the controller of load balancers takes %s for internal ones: %v", subnet.Name, role)
				}
			}
			var got []string
			peers, _ := at(all.named("kubernetes:networking.k8s.io/v1:NetworkPolicy", "a").Inputs, "spec", "ingress", 0, "from").([]any)
			for _, peer := range peers {
				if cidr, is := at(peer, "ipBlock", "cidr").(string); is {
					got = append(got, cidr)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if len(want) != 2 || !slices.Equal(got, want) || slices.ContainsFunc(got, func(cidr string) bool { return slices.Contains(nodes, cidr) }) {
				t.Errorf("admitted are %q, want those of load balancers, %q, and none of %q", got, want, nodes)
			}
			ingress := all.named("kubernetes:networking.k8s.io/v1:Ingress", "a")
			if subnets := at(ingress.Inputs, "metadata", "annotations", "alb.ingress.kubernetes.io/subnets"); subnets != strings.Join(names, ",") {
				t.Errorf("the load balancer is in %v, want %q: a zone that the network loses could not be deleted", subnets, names)
			}
		})
	}
}

const certificate = "arn:aws:acm:us-west-2:111122223333:certificate/0f0e0d0c-0b0a-4908-8706-050403020100"

// TestSubnetsOfLoadBalancersAreNotDeletedBeforeTheirLoadBalancers holds that the
// controller, which deletes the load balancers, waits for every subnet.
func TestSubnetsOfLoadBalancersAreNotDeletedBeforeTheirLoadBalancers(t *testing.T) {
	all := recorded(mustRecord(t, "test", mustParse(t, onAWS)).Resources())
	before := waitsFor(all, all.named("kubernetes:helm.sh/v3:Release", "ingress-controller"))
	if len(before) == 0 {
		t.Fatal("the controller waits for nothing")
	}
	for _, subnet := range all.of(subnetKind) {
		if !before[subnetKind+"::"+subnet.Name] {
			t.Errorf("a destroy may delete %s before the controller", subnet.Name)
		}
	}
}

// TestTheControlPlaneIsInTwoZones holds that a third zone of the network can go
// again: EKS never gives up a zone of a control plane.
func TestTheControlPlaneIsInTwoZones(t *testing.T) {
	all := recorded(mustRecord(t, "test", mustParse(t, edited(t, "[us-west-2a, us-west-2b]", "[us-west-2c, us-west-2a, us-west-2b]"))).Resources())
	inputs := all.named(eksCluster, "cluster").Inputs
	if got := inputs["privateSubnetIds"]; fmt.Sprint(got) != "[network-private-us-west-2a-id network-private-us-west-2b-id]" || inputs["publicSubnetIds"] != nil {
		t.Errorf("the subnets are %v and %v", got, inputs["publicSubnetIds"])
	}
	if roles, given := inputs["instanceRoles"].([]any); !given || len(roles) != 0 {
		t.Errorf("the roles of nodes are %v, want an empty list: the component creates one that nothing uses", inputs["instanceRoles"])
	}
}

// TestDestroyDoesNotStopTheDriverBeforeItDeletedTheVolumes holds that the driver
// of EBS, CoreDNS and the driver's role are there until the last node is gone: a
// volume is deleted some seconds after its claim.
func TestDestroyDoesNotStopTheDriverBeforeItDeletedTheVolumes(t *testing.T) {
	all := recorded(mustRecord(t, "test", mustParse(t, onAWS)).Resources())
	for _, name := range []string{"aws-ebs-csi-driver", "coredns"} {
		if at(all.named(addonKind, name).Inputs, "preserve") != true {
			t.Errorf("deleting the add-on %s stops its pods", name)
		}
	}
	driver := waitsFor(all, all.named(addonKind, "aws-ebs-csi-driver"))
	for _, group := range all.of(nodeGroupKind) {
		before := waitsFor(all, group)
		for _, want := range []string{roleKind + "::aws-ebs-csi-driver", attachment + "::aws-ebs-csi-driver-AmazonEBSCSIDriverPolicyV2", addonKind + "::eks-pod-identity-agent"} {
			if !before[want] || !driver[want] {
				t.Errorf("%s is deleted while %s has nodes, or without the driver", want, group.Name)
			}
		}
	}
}
