package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/nodetemplate"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// onAWS is a small stack that creates every component.
const onAWS = `config:
  aws:region: us-west-2
  vllm-eks:network: {cidr: 10.0.0.0/16, zones: [us-west-2a, us-west-2b]}
  vllm-eks:cluster: {publicAccessCidrs: [203.0.113.0/24], access: [{principalArn: "arn:aws:iam::111122223333:role/deploy", policy: admin}]}
  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge], max: 4}, {name: g6, instanceTypes: [g6.2xlarge], max: 4}]
  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: g5}]
`

// edited returns onAWS with replaced strings. Each old string must exist.
func edited(t *testing.T, oldNew ...string) string {
	t.Helper()
	text := onAWS
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(text, oldNew[i]) {
			t.Fatalf("the stack has no %q", oldNew[i])
		}
		text = strings.Replace(text, oldNew[i], oldNew[i+1], 1)
	}
	return text
}

// kinds returns the number of resources by type.
func kinds(r *stacktest.Recording) map[string]int {
	count := map[string]int{}
	for _, resource := range r.Resources() {
		count[resource.Type]++
	}
	return count
}

// TestEveryComponentCanBeReplaced checks stacks in which the user provides one component.
func TestEveryComponentCanBeReplaced(t *testing.T) {
	expected := kinds(mustRecord(t, "test", mustParse(t, onAWS)))
	const installs = "  vllm-eks:models:"
	tests := []struct {
		name, old, new string
		account        *stacktest.Account
		gone           []string // components, or the beginnings of kinds
	}{
		{name: "existing VPC", old: "{cidr: 10.0.0.0/16, zones: [us-west-2a, us-west-2b]}",
			new:     "{vpcId: vpc-0123456789abcdef0, privateSubnetIds: [subnet-0000000a, subnet-0000000b], publicSubnetIds: [subnet-0000000c]}",
			account: withSubnets(), gone: []string{"vllm-eks:network:", "aws:ec2/vpc:", "aws:ec2/subnet:", "aws:ec2/natGateway:"}},
		{name: "existing Prometheus", old: installs, new: "  vllm-eks:monitoring: {prometheusUrl: \"http://mine:9090\"}\n" + installs, gone: []string{"vllm-eks:monitoring:"}},
		{name: "no monitoring", old: installs, new: "  vllm-eks:monitoring: {install: false}\n" + installs, gone: []string{"vllm-eks:monitoring:", "kubernetes:monitoring.coreos.com"}},
		{name: "existing KEDA", old: installs, new: "  vllm-eks:keda: {install: false}\n" + installs, gone: []string{"vllm-eks:keda:"}},
		{name: "existing device plugin", old: installs, new: "  vllm-eks:gpu: {install: false}\n" + installs, gone: []string{"vllm-eks:gpu:"}},
		{name: "existing ingress controller", old: installs, new: "  vllm-eks:ingressController: {install: false}\n" + installs, gone: []string{"vllm-eks:ingress:"}},
		{name: "existing node autoscaler", old: installs, new: "  vllm-eks:autoscaler: {install: false}\n" + installs, gone: []string{"vllm-eks:nodes:Autoscaler"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := recordIn(test.account, "test", mustParse(t, edited(t, test.old, test.new)))
			if err != nil {
				t.Fatal(err)
			}
			for _, gone := range test.gone {
				registered := func(counts map[string]int) bool {
					return slices.ContainsFunc(slices.Collect(maps.Keys(counts)), func(kind string) bool { return strings.HasPrefix(kind, gone) })
				}
				if !registered(expected) {
					t.Errorf("nothing of %s is made without it either", gone)
				}
				if registered(kinds(r)) {
					t.Errorf("%s is made", gone)
				}
			}
			if got := kinds(r)["kubernetes:apps/v1:Deployment"]; got != 1 {
				t.Errorf("%d replicas are deployed, want 1", got)
			}
		})
	}
	t.Run("existing cluster", func(t *testing.T) {
		for kind := range kinds(mustRecord(t, "test", stackFile(t, "local"))) {
			if strings.HasPrefix(kind, "aws:") || strings.HasPrefix(kind, "eks:") || strings.Contains(kind, "helm") || kind == "pulumi:providers:aws" {
				t.Errorf("%s is made for a cluster that is there", kind)
			}
		}
	})
}

// withSubnets returns an account with an existing VPC.
func withSubnets() *stacktest.Account {
	const nat, internet = "nat-0123456789abcdef0", "igw-0123456789abcdef0"
	account := stacktest.SimulatedAccount()
	account.VPCs = map[string]stacktest.VPC{"vpc-0123456789abcdef0": {CIDRs: []string{"10.0.0.0/16"}, DNSHostnames: true, DNSSupport: true, MainRoute: nat}}
	account.Subnets = map[string]stacktest.Subnet{
		"subnet-0000000a": {Zone: "us-west-2a", VPCID: "vpc-0123456789abcdef0", Free: 250, Route: nat},
		"subnet-0000000b": {Zone: "us-west-2b", VPCID: "vpc-0123456789abcdef0", Free: 250, MainTable: true},
		"subnet-0000000c": {Zone: "us-west-2a", VPCID: "vpc-0123456789abcdef0", Free: 250, Route: internet},
		"subnet-0000000d": {Zone: "us-west-2c", VPCID: "vpc-0fedcba9876543210", Free: 250, Route: internet},
	}
	return account
}

// TestComponentsOnAnExistingCluster installs every component on an existing cluster.
func TestComponentsOnAnExistingCluster(t *testing.T) {
	yaml := `config:
  aws:region: us-west-2
  vllm-eks:cluster: {existing: {context: mine, name: mine}}
  vllm-eks:network: {vpcId: vpc-0123456789abcdef0}
  vllm-eks:monitoring: {install: true}
  vllm-eks:keda: {install: true}
  vllm-eks:gpu: {install: true}
  vllm-eks:ingressController: {install: true}
  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192}]
`
	count := kinds(mustRecord(t, "test", mustParse(t, yaml)))
	for _, component := range []string{"vllm-eks:monitoring:Monitoring", "vllm-eks:keda:KEDA", "vllm-eks:gpu:DevicePlugin", "vllm-eks:ingress:Controller", "aws:eks/podIdentityAssociation:PodIdentityAssociation"} {
		if count[component] == 0 {
			t.Errorf("nothing of %s is made; there are %v", component, count)
		}
	}
	for _, not := range []string{eksCluster, nodeGroupKind, "aws:ec2/vpc:Vpc"} {
		if count[not] != 0 {
			t.Errorf("%s is made", not)
		}
	}
}

// TestChangesOnAWS checks the changes that a preview of an edit shows.
func TestChangesOnAWS(t *testing.T) {
	tests := []struct {
		name, old, new string
		want           func(string) bool // of each change
		count          int               // at least
	}{
		{"node group is added", "max: 4}]", "max: 4}, {name: spare, instanceTypes: [g5.12xlarge], max: 1}]",
			func(c string) bool { return strings.HasPrefix(c, "+ ") && strings.Contains(c, "nodes-spare") }, 3},
		{"unused node group is removed", ", {name: g6, instanceTypes: [g6.2xlarge], max: 4}", "",
			func(c string) bool { return strings.HasPrefix(c, "- ") && strings.Contains(c, "nodes-g6") }, 3},
		{"order of the node groups", "[{name: g5, instanceTypes: [g5.2xlarge], max: 4}, {name: g6, instanceTypes: [g6.2xlarge], max: 4}]",
			"[{name: g6, instanceTypes: [g6.2xlarge], max: 4}, {name: g5, instanceTypes: [g5.2xlarge], max: 4}]", nil, 0},
		{"order of the zones", "[us-west-2a, us-west-2b]", "[us-west-2b, us-west-2a]", nil, 0},
		{"maxModelLen of a model", "maxModelLen: 8192", "maxModelLen: 4096", func(c string) bool { return c == "~ kubernetes:apps/v1:Deployment::a" }, 1},
		{"min and max of a node group", "max: 4}, {", "min: 1, max: 5}, {", func(c string) bool { return strings.HasPrefix(c, "~ aws:eks/nodeGroup:NodeGroup::nodes-g5-us-west-2") }, 2},
		{"access entry is added", "policy: admin}]", "policy: admin}, {principalArn: \"arn:aws:iam::111122223333:user/eve\", policy: view}]",
			// Clients wait for it, which no preview shows.
			func(c string) bool {
				return strings.HasPrefix(c, "+ ") && strings.Contains(c, "-user-eve") || c == "~ pulumi:providers:kubernetes::cluster"
			}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := changed(t, onAWS, edited(t, test.old, test.new))
			if len(got) < test.count || test.count == 0 && len(got) > 0 {
				t.Errorf("changed %q", got)
			}
			for _, c := range got {
				if test.want != nil && !test.want(c) {
					t.Errorf("%s", c)
				}
			}
		})
	}
}

// TestAKubernetesVersionGoesThroughTheCluster checks that a newer version creates and
// deletes nothing, and that the control plane, the add-ons, the nodes and their
// autoscaler get it.
func TestAKubernetesVersionGoesThroughTheCluster(t *testing.T) {
	older := edited(t, "cluster: {", `cluster: {kubernetesVersion: "1.34", `)
	got := changed(t, older, onAWS)
	for _, c := range got {
		if !strings.HasPrefix(c, "~ ") {
			t.Errorf("%s, want updates alone", c)
		}
	}
	for _, want := range []string{"~ eks:index:Cluster::cluster", "~ aws:eks/addon:Addon::coredns", "~ aws:eks/addon:Addon::kube-proxy",
		"~ aws:eks/nodeGroup:NodeGroup::nodes-system-us-west-2a", "~ aws:eks/nodeGroup:NodeGroup::nodes-g5-us-west-2b"} {
		if !slices.Contains(got, want) {
			t.Errorf("changed %q, want also %s", got, want)
		}
	}
}

// TestTwoStacksShareNoName checks the names of two stacks with one configuration in one
// account.
func TestTwoStacksShareNoName(t *testing.T) {
	fixed := func(stack string) map[string]string {
		names := map[string]string{}
		for _, r := range mustRecord(t, stack, mustParse(t, onAWS)).Resources() {
			if !strings.HasPrefix(r.Type, "aws:") && !strings.HasPrefix(r.Type, "eks:") {
				continue
			}
			for _, key := range []string{"name", "nodeGroupName", "bucket", "alias"} {
				if name, found := r.Inputs[key]; found {
					names[fmt.Sprintf("%s %v", r.Type, name)] = r.Name
				}
			}
		}
		return names
	}
	firstStack, secondStack := fixed("one"), fixed("two")
	if len(firstStack) < 2 {
		t.Fatalf("only %v have names of their own, want the cluster and its logs", firstStack)
	}
	for name := range firstStack {
		if owner, found := secondStack[name]; found {
			t.Errorf("%s is the name of %s in both stacks", name, owner)
		}
	}
}

// TestGroupsScaleFromZero checks that cluster-autoscaler knows the properties of a node of
// every group in each zone: the labels and the taint of the models' pods, and enough GPUs
// and disk.
func TestGroupsScaleFromZero(t *testing.T) {
	for _, stack := range []string{"dev", "prod"} {
		resources := mustRecord(t, stack, stackFile(t, stack)).Resources()
		groups := map[string][]nodetemplate.Group{}
		for _, g := range nodetemplate.Groups(resources) {
			labels, _ := g.Inputs["labels"].(map[string]any)
			name := fmt.Sprint(labels["vllm-eks/node-group"])
			groups[name] = append(groups[name], g)
			if subnets, _ := g.Inputs["subnetIds"].([]any); len(subnets) != 1 {
				t.Errorf("%s: %s is in %d subnets: EKS would start twice as many extra nodes as zones, and balance them", stack, g.Name, len(subnets))
			}
		}
		placed := 0
		for _, r := range resources {
			if r.Type != "kubernetes:apps/v1:Deployment" {
				continue
			}
			pod := valueAt(r.Inputs, "spec", "template", "spec")
			selector, _ := valueAt(pod, "nodeSelector").(map[string]any)
			zones := groups[fmt.Sprint(selector["vllm-eks/node-group"])]
			if len(zones) == 0 {
				t.Errorf("%s: %s selects %v, which is no group", stack, r.Name, selector)
			}
			for _, g := range zones {
				placed++
				expectRoom(t, stack+": "+r.Name, pod, g)
			}
		}
		if placed == 0 {
			t.Errorf("%s has no replicas", stack)
		}
	}
}

// expectRoom checks that a pod fits on a node of a group.
func expectRoom(t *testing.T, name string, pod any, g nodetemplate.Group) {
	t.Helper()
	nodes, err := g.Nodes()
	if err != nil {
		t.Fatal(err)
	}
	selector, _ := valueAt(pod, "nodeSelector").(map[string]any)
	for _, node := range nodes {
		for key, value := range selector {
			if node.Labels[key] != value {
				t.Errorf("%s selects %s=%v, and the node has %q", name, key, value, node.Labels[key])
			}
		}
		if len(node.Spec.Taints) != 1 || node.Spec.Taints[0].Key != "nvidia.com/gpu" || node.Spec.Taints[0].Value != "present" {
			t.Errorf("%s: the taints of %s are %v", name, g.Name, node.Spec.Taints)
		}
		for resource, amount := range map[string]any{
			"nvidia.com/gpu":    valueAt(pod, "containers", 0, "resources", "limits", "nvidia.com/gpu"),
			"ephemeral-storage": valueAt(pod, "containers", 0, "resources", "requests", "ephemeral-storage"),
			"memory":            valueAt(pod, "containers", 0, "resources", "requests", "memory"),
		} {
			if have := node.Status.Allocatable[corev1Name(resource)]; have.Cmp(quantity(t, amount)) < 0 {
				t.Errorf("%s requests %v of %s, and a node of %s has %s", name, amount, resource, g.Name, have.String())
			}
		}
	}
}
