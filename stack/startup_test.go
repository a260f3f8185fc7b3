package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// TestTheFirstUpDoesNotRaceTheAccessEntries checks that nothing calls the API server before
// the access entries and the early add-ons are active. EKS admits a principal some seconds
// after it created the entry, and a Kubernetes provider that is refused once fails every
// object.
func TestTheFirstUpDoesNotRaceTheAccessEntries(t *testing.T) {
	stacks := recordings(t)
	tested := 0
	for _, stack := range slices.Sorted(maps.Keys(stacks)) {
		resources := stacks[stack].Resources()
		early := firstResources(resources)
		if len(early) == 0 {
			continue // an existing cluster
		}
		for _, r := range resources {
			if !isKubernetes(r) && r.Type != "pulumi:providers:kubernetes" {
				continue
			}
			tested++
			before := waitsFor(resources, r)
			for _, want := range early {
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

// firstResources returns the resources without which the API server refuses the caller, or
// pods get no address.
func firstResources(resources []stacktest.Resource) []string {
	var found []string
	for _, r := range resources {
		early := r.Type == addonKind && slices.Contains([]string{"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}, r.Name)
		system := r.Type == nodeGroupKind && strings.HasPrefix(r.Name, "nodes-system")
		if early || system || r.Type == "aws:eks/accessPolicyAssociation:AccessPolicyAssociation" || r.Type == eksCluster {
			found = append(found, r.Type+"::"+r.Name)
		}
	}
	return found
}

// waitsFor returns the resources that exist before a resource is registered: its
// dependencies, its provider, and their dependencies.
func waitsFor(resources []stacktest.Resource, resource stacktest.Resource) map[string]bool {
	direct := map[string][]string{}
	for _, r := range resources {
		key := r.Type + "::" + r.Name
		direct[key] = slices.Concat(direct[key], r.DependsOn, []string{r.Provider})
	}
	before := map[string]bool{}
	next := slices.Concat(resource.DependsOn, []string{resource.Provider})
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

// TestPodsAreNotAdmittedAsLoadBalancers checks that the NetworkPolicies of models behind a
// load balancer admit the addresses of its subnets, and that no node, and so no pod, has
// one of these addresses.
func TestPodsAreNotAdmittedAsLoadBalancers(t *testing.T) {
	internal := edited(t, "nodeGroup: g5}", `nodeGroup: g5, ingress: {class: alb, host: a.example.com, alb: {certificateArn: "`+certificate+`"}}}`)
	public := edited(t, "nodeGroup: g5}", `nodeGroup: g5, ingress: {class: alb, host: a.example.com, alb: {certificateArn: "`+certificate+
		`", internetFacing: true, allowedCidrs: [203.0.113.0/24]}}}`)
	for kind, yaml := range map[string]string{"internal": internal, "public": public + "  vllm-eks:apiKey: {secure: k}\n"} {
		t.Run(kind+" load balancer", func(t *testing.T) {
			resources := recorded(mustRecord(t, "test", mustParse(t, yaml)).Resources())
			var want, nodes, names []string
			for _, subnet := range resources.ofKind(subnetKind) {
				cidr := fmt.Sprint(subnet.Inputs["cidrBlock"])
				switch {
				case strings.HasPrefix(subnet.Name, "network-"+kind+"-"):
					want, names = append(want, cidr), append(names, fmt.Sprint(valueAt(subnet.Inputs, "tags", "Name")))
				case strings.HasPrefix(subnet.Name, "network-private-"):
					nodes = append(nodes, cidr)
				}
				if role := valueAt(subnet.Inputs, "tags", "kubernetes.io/role/internal-elb"); (role != nil) != strings.HasPrefix(subnet.Name, "network-internal-") {
					t.Errorf("the controller of load balancers takes %s for internal ones: %v", subnet.Name, role)
				}
			}
			var got []string
			peers, _ := valueAt(resources.named("kubernetes:networking.k8s.io/v1:NetworkPolicy", "a").Inputs, "spec", "ingress", 0, "from").([]any)
			for _, peer := range peers {
				if cidr, ok := valueAt(peer, "ipBlock", "cidr").(string); ok {
					got = append(got, cidr)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if len(want) != 2 || !slices.Equal(got, want) || slices.ContainsFunc(got, func(cidr string) bool { return slices.Contains(nodes, cidr) }) {
				t.Errorf("admitted are %q, want those of load balancers, %q, and none of %q", got, want, nodes)
			}
			ingress := resources.named("kubernetes:networking.k8s.io/v1:Ingress", "a")
			if subnets := valueAt(ingress.Inputs, "metadata", "annotations", "alb.ingress.kubernetes.io/subnets"); subnets != strings.Join(names, ",") {
				t.Errorf("the load balancer is in %v, want %q: a zone that the network loses could not be deleted", subnets, names)
			}
		})
	}
}

const certificate = "arn:aws:acm:us-west-2:111122223333:certificate/0f0e0d0c-0b0a-4908-8706-050403020100"

// TestSubnetsOfLoadBalancersAreNotDeletedBeforeTheirLoadBalancers checks that the
// controller, which deletes the load balancers, waits for every subnet.
func TestSubnetsOfLoadBalancersAreNotDeletedBeforeTheirLoadBalancers(t *testing.T) {
	resources := recorded(mustRecord(t, "test", mustParse(t, onAWS)).Resources())
	before := waitsFor(resources, resources.named("kubernetes:helm.sh/v3:Release", "ingress-controller"))
	if len(before) == 0 {
		t.Fatal("the controller waits for nothing")
	}
	for _, subnet := range resources.ofKind(subnetKind) {
		if !before[subnetKind+"::"+subnet.Name] {
			t.Errorf("a destroy may delete %s before the controller", subnet.Name)
		}
	}
}

// TestTheControlPlaneIsInTwoZones checks that a third zone of the network can be removed:
// EKS never removes a zone from a control plane.
func TestTheControlPlaneIsInTwoZones(t *testing.T) {
	resources := recorded(mustRecord(t, "test", mustParse(t, edited(t, "[us-west-2a, us-west-2b]", "[us-west-2c, us-west-2a, us-west-2b]"))).Resources())
	inputs := resources.named(eksCluster, "cluster").Inputs
	if got := inputs["privateSubnetIds"]; fmt.Sprint(got) != "[network-private-us-west-2a-id network-private-us-west-2b-id]" || inputs["publicSubnetIds"] != nil {
		t.Errorf("the subnets are %v and %v", got, inputs["publicSubnetIds"])
	}
	if roles, found := inputs["instanceRoles"].([]any); !found || len(roles) != 0 {
		t.Errorf("the roles of nodes are %v, want an empty list: the component creates one that nothing uses", inputs["instanceRoles"])
	}
}

// TestDestroyDoesNotStopTheDriverBeforeItDeletedTheVolumes checks that the EBS CSI driver,
// CoreDNS and the driver's role exist until the last node is deleted: the driver deletes a
// volume some seconds after its claim.
func TestDestroyDoesNotStopTheDriverBeforeItDeletedTheVolumes(t *testing.T) {
	resources := recorded(mustRecord(t, "test", mustParse(t, onAWS)).Resources())
	for _, name := range []string{"aws-ebs-csi-driver", "coredns"} {
		if valueAt(resources.named(addonKind, name).Inputs, "preserve") != true {
			t.Errorf("deleting the add-on %s stops its pods", name)
		}
	}
	driver := waitsFor(resources, resources.named(addonKind, "aws-ebs-csi-driver"))
	for _, group := range resources.ofKind(nodeGroupKind) {
		before := waitsFor(resources, group)
		for _, want := range []string{roleKind + "::aws-ebs-csi-driver", attachment + "::aws-ebs-csi-driver-AmazonEBSCSIDriverPolicyV2", addonKind + "::eks-pod-identity-agent"} {
			if !before[want] || !driver[want] {
				t.Errorf("%s is deleted while %s has nodes, or without the driver", want, group.Name)
			}
		}
	}
}
