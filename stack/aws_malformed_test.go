package stack

import (
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// malformedStack holds a change of onAWS as pairs of old and new strings, and the key and
// the kind of every problem.
type malformedStack struct {
	name    string
	change  []string
	account *stacktest.Account
	want    []string
	// says begins messages whose wording matters: hints, and commands to run.
	says []string
}

var malformedOnAWS = []malformedStack{
	{name: "encrypted value in the values of a chart", change: []string{"  vllm-eks:models", "  vllm-eks:gpu: {values: {a: [{b: {secure: x}}]}}\n  vllm-eks:models"},
		want: []string{"gpu: forbidden"}},
	{name: "region that is a list", change: []string{"aws:region: us-west-2", "aws:region: [us-west-2]"},
		want: []string{"aws:region: wrong type"}},
	{name: "empty region", change: []string{"aws:region: us-west-2", "aws:region: \"\""},
		want: []string{"aws:region: required"}, says: []string{"aws:region: has no value"}},
	{name: "profile that is a boolean", change: []string{"aws:region: us-west-2", "aws:region: us-west-2\n  aws:profile: true"},
		want: []string{"aws:profile: wrong type"}},
	{name: "missing region", change: []string{"  aws:region: us-west-2\n", ""},
		want: []string{"aws:region: required"},
		says: []string{"aws:region: is missing; set it with: pulumi config set aws:region"}},
	{name: "unknown region", change: []string{"aws:region: us-west-2", "aws:region: us-wset-2"},
		want: []string{"aws:region: not supported"},
		says: []string{`aws:region: is "us-wset-2", which is not an AWS region with Amazon EKS (did you mean us-west-2?)`}},
	{name: "setting of the AWS provider without effect", change: []string{"aws:region: us-west-2", "aws:region: us-west-2\n  aws:assumeRole: {roleArn: x}"},
		want: []string{"aws:assumeRole: invalid"}},
	{name: "zone of another region", change: []string{"us-west-2b]", "us-east-1b]"},
		want: []string{"network.zones[1]: not supported"}},
	{name: "zone that the account lacks", change: []string{"us-west-2b]", "us-west-2g]"},
		want: []string{"network.zones[1]: not supported"}},
	{name: "same zone twice", change: []string{"us-west-2b]", "us-west-2a]"},
		want: []string{"network.zones[1]: duplicate"}},
	{name: "a single zone", change: []string{"[us-west-2a, us-west-2b]", "[us-west-2a]"},
		want: []string{"network.zones: invalid"}},
	{name: "cidr of the network is too small", change: []string{"10.0.0.0/16", "10.0.0.0/24"},
		want: []string{"network.cidr: invalid"}},
	{name: "cidr of the network is too large", change: []string{"10.0.0.0/16", "10.0.0.0/8"},
		want: []string{"network.cidr: invalid"}},
	{name: "cidr of the network is an address", change: []string{"10.0.0.0/16", "10.0.3.0/16"},
		want: []string{"network.cidr: invalid"}},
	{name: "cidr of public addresses", change: []string{"10.0.0.0/16", "8.8.0.0/16"},
		want: []string{"network.cidr: invalid"}},
	{name: "cidr of the network overlaps with Services", change: []string{"10.0.0.0/16", "172.20.0.0/16"},
		want: []string{"network.cidr: invalid"}},
	{name: "natGateways is a string", change: []string{"cidr: 10.0.0.0/16", "natGateways: two"},
		want: []string{"network.natGateways: not supported"}},
	{name: "unknown retention of flow logs", change: []string{"cidr: 10.0.0.0/16", "flowLogDays: 10"},
		want: []string{"network.flowLogDays: not supported"}},
	{name: "cidr beside an existing VPC", change: []string{"{cidr: 10.0.0.0/16, zones: [us-west-2a, us-west-2b]}",
		"{vpcId: vpc-0123456789abcdef0, privateSubnetIds: [subnet-0000000a, subnet-0000000b], cidr: 10.0.0.0/16}"}, account: withSubnets(),
		want: []string{"network.cidr: forbidden"}},
	{name: "missing subnet and subnet of another VPC", change: []string{"{cidr: 10.0.0.0/16, zones: [us-west-2a, us-west-2b]}",
		"{vpcId: vpc-0123456789abcdef0, privateSubnetIds: [subnet-0000000a, subnet-0badbadb], publicSubnetIds: [subnet-0000000d]}"}, account: withSubnets(),
		want: []string{"network.privateSubnetIds[1]: invalid", "network.publicSubnetIds[0]: invalid"}},
	{name: "two missing subnets", change: []string{"{cidr: 10.0.0.0/16, zones: [us-west-2a, us-west-2b]}",
		"{vpcId: vpc-0123456789abcdef0, privateSubnetIds: [subnet-0badbad0, subnet-0badbadb]}"}, account: withSubnets(),
		want: []string{"network.privateSubnetIds[0]: invalid", "network.privateSubnetIds[1]: invalid"}},
	{name: "Kubernetes version that EKS no longer supports", change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.29", `},
		want: []string{"cluster.kubernetesVersion: not supported"}},
	{name: "Kubernetes version is a number", change: []string{"cluster: {", `cluster: {kubernetesVersion: 1.35, `},
		want: []string{"cluster.kubernetesVersion: wrong type"},
		says: []string{"cluster.kubernetesVersion: is a number, 1.35, want a string; put it in quotes"}},
	{name: "API server open to every address", change: []string{"203.0.113.0/24", "0.0.0.0/0"},
		want: []string{"cluster.publicAccessCidrs[0]: invalid"}},
	{name: "private addresses in publicAccessCidrs", change: []string{"203.0.113.0/24", "10.1.0.0/16"},
		want: []string{"cluster.publicAccessCidrs[0]: forbidden"}},
	{name: "access without an admin", change: []string{"policy: admin", "policy: view"},
		want: []string{"cluster.access: invalid"}},
	{name: "access for a session", change: []string{"arn:aws:iam::111122223333:role/deploy", "arn:aws:sts::111122223333:assumed-role/deploy/me"},
		want: []string{"cluster.access[0].principalArn: invalid"}},
	{name: "unknown access policy", change: []string{"policy: admin", "policy: root"},
		want: []string{"cluster.access[0].policy: not supported", "cluster.access: invalid"}},
	{name: "existing cluster with keys of a created one", change: []string{"cluster: {", "cluster: {existing: {context: mine}, "},
		want: []string{
			"cluster.publicAccessCidrs: forbidden", "cluster.access: forbidden",
			"network.cidr: forbidden", "network.zones: forbidden",
		}},
	{name: "instance type without GPUs in a node group", change: []string{"instanceTypes: [g5.2xlarge]", "instanceTypes: [m6i.large]"},
		want: []string{"nodeGroups[0].instanceTypes[0]: invalid"}},
	{name: "unknown instance type in a node group", change: []string{"instanceTypes: [g5.2xlarge]", "instanceTypes: [g9.2xlarge]"},
		want: []string{"nodeGroups[0].instanceTypes[0]: invalid"}},
	{name: "hardware without an instance type", change: []string{"instanceTypes: [g5.2xlarge]", "hardware: {gpu: A10G, gpus: 1, vcpu: 8, memoryGiB: 32}"},
		want: []string{"nodeGroups[0].instanceTypes: required"}},
	{name: "hardware of an invalid instance type", change: []string{"instanceTypes: [g5.2xlarge]", "instanceTypes: [G9], hardware: {gpu: A10G, gpus: 1, vcpu: 8, memoryGiB: 32}"},
		want: []string{"nodeGroups[0].instanceTypes[0]: invalid"}},
	{name: "hardware of an ARM instance type", change: []string{"instanceTypes: [g5.2xlarge]", "instanceTypes: [g5g.2xlarge], hardware: {gpu: L4, gpus: 1, vcpu: 8, memoryGiB: 32}"},
		want: []string{"nodeGroups[0].instanceTypes[0]: invalid"}},
	{name: "vCPUs of an unknown instance type above the quota", account: withQuota(100), change: []string{"instanceTypes: [g5.2xlarge]", "instanceTypes: [g9.2xlarge], hardware: {gpu: A10G, gpus: 1, vcpu: 32, memoryGiB: 128}"},
		want: []string{"nodeGroups[0].instanceTypes[0]: invalid", "nodeGroups[0].max: invalid", "nodeGroups[1].max: invalid"}},
	{name: "system nodes with GPUs", change: []string{"  vllm-eks:models", "  vllm-eks:systemNodes: {instanceTypes: [g5.xlarge]}\n  vllm-eks:models"},
		want: []string{"systemNodes.instanceTypes[0]: invalid"}},
	{name: "system nodes of an ARM type", change: []string{"  vllm-eks:models", "  vllm-eks:systemNodes: {instanceTypes: [m7g.large]}\n  vllm-eks:models"},
		want: []string{"systemNodes.instanceTypes[0]: invalid"}},
	{name: "instance type that no zone has", change: []string{"instanceTypes: [g6.2xlarge]", "instanceTypes: [p5.48xlarge]"},
		want: []string{"nodeGroups[1].instanceTypes: invalid", "nodeGroups[1].max: invalid"}},
	{name: "zone of a node group without the instance type", change: []string{"zones: [us-west-2a, us-west-2b]", "zones: [us-west-2a, us-west-2d]", "max: 4}", "max: 4, zones: [us-west-2d]}"},
		want: []string{"nodeGroups[0].zones[0]: not supported"}},
	{name: "zone of a node group without a subnet", change: []string{"max: 4}", "max: 4, zones: [us-west-2c]}"},
		want: []string{"nodeGroups[0].zones[0]: not supported"}},
	{name: "max of a node group below min", change: []string{"max: 4}", "min: 5, max: 4}"},
		want: []string{"nodeGroups[0].max: invalid"}},
	{name: "node group without max", change: []string{", max: 4}, {", "}, {"},
		want: []string{"nodeGroups[0].max: required"}},
	{name: "node group with the name of the system's", change: []string{"{name: g6,", "{name: system,"},
		want: []string{"nodeGroups[1].name: invalid"}},
	{name: "unknown capacity of a node group", change: []string{"max: 4}", "max: 4, capacity: cheap}"},
		want: []string{"nodeGroups[0].capacity: not supported"}},
	{name: "capacity block in two zones", change: []string{"max: 4}", "max: 4, capacity: capacity-block, reservationId: cr-0123456789abcdef0, zones: [us-west-2a, us-west-2b]}"},
		want: []string{"nodeGroups[0].zones: invalid"}},
	{name: "capacity block without a reservation", change: []string{"max: 4}", "max: 4, capacity: capacity-block, zones: [us-west-2a]}"},
		want: []string{"nodeGroups[0].reservationId: required"}},
	{name: "reservation of spot capacity", change: []string{"max: 4}", "max: 4, capacity: spot, reservationId: cr-0123456789abcdef0}"},
		want: []string{"nodeGroups[0].reservationId: forbidden"}},
	{name: "reservation in two zones", change: []string{"max: 4}", "max: 4, reservationId: cr-0123456789abcdef0}"},
		want: []string{"nodeGroups[0].zones: invalid"}},
	{name: "disk of a node is too small", change: []string{"max: 4}", "max: 4, diskGiB: 5}"},
		want: []string{"nodeGroups[0].diskGiB: invalid"}},
	{name: "vCPUs of the node groups above the quota", account: withQuota(8),
		want: []string{"nodeGroups[0].max: invalid", "nodeGroups[1].max: invalid"}},
	{name: "account without credentials", account: &stacktest.Account{Silent: "no valid credential sources found"},
		want: []string{"aws: invalid"}},
	{name: "model on a removed node group", change: []string{"{name: g5, instanceTypes: [g5.2xlarge], max: 4}, ", ""},
		want: []string{"models[0].nodeGroup: not supported"},
		says: []string{`models[0].nodeGroup: is "g5", which is not among the nodeGroups (did you mean g6?); want one of g6`}},
	{name: "cache on volumes of one node", change: []string{"nodeGroup: g5}", "nodeGroup: g5, storage: {cache: {storageClass: gp3}}}"},
		want: []string{"models[0].storage.cache.storageClass: invalid"}},
	{name: "nodeGroup list with two types of GPU", change: []string{"nodeGroup: g5}", "nodeGroup: [g5, g6]}"},
		want: []string{"models[0].nodeGroup: invalid"}},
	{name: "nodeGroup list with an unknown group", change: []string{"nodeGroup: g5}", "nodeGroup: [g5, g7]}"},
		want: []string{"models[0].nodeGroup[1]: not supported"}},
	{name: "nodeGroup list with a group twice", change: []string{"nodeGroup: g5}", "nodeGroup: [g5, g5]}"},
		want: []string{"models[0].nodeGroup[1]: duplicate"}},
	{name: "nodeGroup list without groups", change: []string{"nodeGroup: g5}", "nodeGroup: []}"},
		want: []string{"models[0].nodeGroup: invalid"}},
	{name: "nodeGroup list with a number", change: []string{"nodeGroup: g5}", "nodeGroup: [g5, 6]}"},
		want: []string{"models[0].nodeGroup[1]: wrong type"},
		says: []string{"models[0].nodeGroup[1]: is a number, 6, want a string; put it in quotes"}},
	{name: "nodeGroup lists of two models in opposite orders", change: []string{"{name: g6,", "{name: g5-spot, instanceTypes: [g5.2xlarge], max: 1, capacity: spot}, {name: g6,",
		"nodeGroup: g5}", "nodeGroup: [g5-spot, g5]}, {name: b, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: [g5, g5-spot]}"},
		want: []string{"models[1].nodeGroup: invalid"}},
	{name: "nodeGroup lists of three models in a circle", change: []string{"{name: g6,", "{name: x, instanceTypes: [g5.2xlarge], max: 1}, {name: y, instanceTypes: [g5.2xlarge], max: 1}, {name: g6,",
		"nodeGroup: g5}", "nodeGroup: [g5, x]}, {name: b, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: [x, y]}, {name: c, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: [y, g5]}"},
		want: []string{"models[2].nodeGroup: invalid"}},
	{name: "expander that ignores the order of nodeGroup", change: []string{"{name: g6,", "{name: g5-spot, instanceTypes: [g5.2xlarge], max: 1, capacity: spot}, {name: g6,",
		"nodeGroup: g5}", "nodeGroup: [g5-spot, g5]}", "  vllm-eks:models", "  vllm-eks:autoscaler: {expander: most-pods}\n  vllm-eks:models"},
		want: []string{"autoscaler.expander: forbidden"}},
	{name: "max of a node group below the nodes of its models", change: []string{"max: 4}, {", "max: 1}, {", "[g6.2xlarge], max: 4}", "[g5.12xlarge], max: 1}",
		"maxModelLen: 8192, nodeGroup: g5}", "maxModelLen: 8192, nodeGroup: g5}, {name: b, model: Qwen/Qwen2.5-32B-Instruct, maxModelLen: 8192, replicas: {min: 2, max: 2}}"},
		want: []string{"nodeGroups[1].max: invalid"}},
	{name: "certificate of another region", change: []string{"nodeGroup: g5}", "nodeGroup: g5, ingress: {class: alb, host: a.example.com, alb: " +
		"{certificateArn: \"arn:aws:acm:eu-west-1:111122223333:certificate/0f0e0d0c-0b0a-4908-8706-050403020100\"}}}"},
		want: []string{"models[0].ingress.alb.certificateArn: not supported"}},
	{name: "installed and existing Prometheus", change: []string{"  vllm-eks:models", "  vllm-eks:monitoring: {install: true, prometheusUrl: \"http://mine:9090\"}\n  vllm-eks:models"},
		want: []string{"monitoring.prometheusUrl: forbidden"}},
	{name: "tag with the prefix of AWS", change: []string{"  vllm-eks:models", "  vllm-eks:tags: {\"aws:team\": a}\n  vllm-eks:models"},
		want: []string{"tags.aws:team: invalid"}},
	{name: "extended support above the cost limit", change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.33", `, "  vllm-eks:models", "  vllm-eks:limits: {maxUsdPerHour: 2}\n  vllm-eks:models"},
		want: []string{"limits.maxUsdPerHour: invalid"},
		says: []string{"limits.maxUsdPerHour: is 2.00, and the stack costs 2.14 USD/h with all replicas, 0.50 of it for extended support of Kubernetes 1.33: "}},
	{name: "every problem on AWS at once", change: []string{"10.0.0.0/16", "10.0.0.0/28", "us-west-2b]", "us-east-1b]", "203.0.113.0/24", "0.0.0.0/0", "policy: admin", "policy: view",
		"max: 4}", "min: 5, max: 4, capacity: cheap}", "g6.2xlarge", "g6.2xlrage"},
		want: []string{
			"nodeGroups[0].max: invalid", "nodeGroups[1].instanceTypes[0]: invalid",
			"network.zones[1]: not supported", "network.cidr: invalid",
			"cluster.publicAccessCidrs[0]: invalid", "cluster.access: invalid",
			"nodeGroups[0].capacity: not supported",
		}},
}

// withQuota returns an account with a quota of vCPUs of every kind.
func withQuota(vcpus int) *stacktest.Account {
	account := stacktest.SimulatedAccount()
	for code := range account.VCPUs {
		account.VCPUs[code] = vcpus
	}
	return account
}

// TestMalformedConfigurationsOnAWS checks that the whole program refuses each
// configuration with the key, and registers nothing.
func TestMalformedConfigurationsOnAWS(t *testing.T) {
	cases := slices.Clone(malformedOnAWS)
	for _, vpc := range malformedVPCs() {
		vpc.change = existingVPC
		cases = append(cases, vpc)
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			recording, err := recordIn(test.account, "test", mustParse(t, edited(t, test.change...)))
			if err == nil {
				t.Fatal("the configuration was accepted")
			}
			if registered := recording.Resources(); len(registered) != 0 {
				t.Errorf("%d resources were registered, the first is %s %s", len(registered), registered[0].Type, registered[0].Name)
			}
			problemstest.Check(t, err, test.want, test.says)
		})
	}
}

// TestWarningsOnAWS checks the warnings of a preview.
func TestWarningsOnAWS(t *testing.T) {
	tests := []struct {
		name    string
		change  []string
		account *stacktest.Account
		want    string // "" for nothing
	}{
		{name: "no warning"},
		{name: "API server without public access", change: []string{"publicAccessCidrs: [203.0.113.0/24], ", ""}, want: "cluster.publicAccessCidrs: is empty, so pulumi up works only from inside the network"},
		{name: "version in extended support", change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.33", `},
			want: "cluster.kubernetesVersion: 1.33 is in extended support, which costs 0.60 USD/h instead of 0.10"},
		{name: "version in extended support in eight days", change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.34", `},
			want: "cluster.kubernetesVersion: extended support of 1.34 begins on 2026-12-02 and costs 0.60 USD/h instead of 0.10; raise the version before"},
		{name: "newest version", change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.36", `}},
		{name: "deployment by a principal without access", change: []string{"role/deploy", "role/another"},
			want: "cluster.access: does not list arn:aws:sts::111122223333:assumed-role/deploy/simulated, who runs this"},
		{name: "deployment by a role with a path", change: []string{"role/deploy", "role/teams/ml/deploy"}},
		{name: "quotas that cannot be read", account: withoutQuotas(), want: "the vCPU quota of G instances is not checked: "},
		{name: "cache on a StorageClass that the stack does not create", change: []string{"nodeGroup: g5}", "nodeGroup: g5, storage: {cache: {storageClass: efs}}}"},
			want: "a: pods wait until you create the StorageClass efs of storage.cache (docs/serving.md#storage); for EFS, set cluster.efs to true"},
		{name: "spot capacity without the time to stop", change: []string{"max: 4}", "max: 4, capacity: spot}"},
			want: "a: takes up to 145 s to stop, but AWS ends a spot node of g5 after about 100 s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := warningsIn(t, test.account, mustParse(t, edited(t, test.change...)))
			switch {
			case test.want == "" && len(got) > 0:
				t.Errorf("warned of %q", got)
			case test.want != "" && (len(got) == 0 || !strings.HasPrefix(got[0], test.want)):
				t.Errorf("warned of %q, want %q", got, test.want)
			}
		})
	}
}

// withoutQuotas returns an account whose quotas cannot be read.
func withoutQuotas() *stacktest.Account {
	account := stacktest.SimulatedAccount()
	account.VCPUs = nil
	return account
}

// TestWhatTheProgramMakesIsCounted checks that the stack's cost includes the platform.
func TestWhatTheProgramMakesIsCounted(t *testing.T) {
	const (
		models  = 1.212 // of a g5.2xlarge in us-west-2
		address = 0.005 // of a NAT gateway, and of an ALB in a zone
	)
	tests := []struct {
		name   string
		change []string
		want   float64
	}{
		// A control plane, a NAT gateway with its public address, nine endpoints, and two
		// system nodes.
		{"default platform", nil, models + address + 0.10 + 0.045 + 0.09 + 2*0.096},
		{"NAT gateway in each zone", []string{"cidr: 10.0.0.0/16", "natGateways: perZone"}, models + 2*address + 0.10 + 2*0.045 + 0.09 + 2*0.096},
		{"no interface endpoints", []string{"cidr: 10.0.0.0/16", "interfaceEndpoints: none"}, models + address + 0.10 + 0.045 + 2*0.096},
		{"control plane in extended support", []string{"cluster: {", `cluster: {kubernetesVersion: "1.33", `}, models + address + 0.60 + 0.045 + 0.09 + 2*0.096},
		{"three system nodes", []string{"  vllm-eks:models", "  vllm-eks:systemNodes: {min: 3}\n  vllm-eks:models"}, models + address + 0.10 + 0.045 + 0.09 + 3*0.096},
		{"load balancer", []string{"nodeGroup: g5}", "nodeGroup: g5, ingress: {class: alb, host: a.example.com}}"}, models + address + 0.10 + 0.045 + 0.09 + 2*0.096 + 0.0225},
		{"node group with a price of its own", []string{"max: 4}", "max: 4, usdPerHour: 0.7}"}, 0.7 + address + 0.10 + 0.045 + 0.09 + 2*0.096},
		{"discount on instances", []string{"  vllm-eks:models", "  vllm-eks:costs: {discountPercent: 50}\n  vllm-eks:models"}, models/2 + address + 0.10 + 0.045 + 0.09 + 0.096},
		{"discount and spot capacity", []string{"max: 4}", "max: 4, capacity: spot}", "  vllm-eks:models", "  vllm-eks:costs: {discountPercent: 50}\n  vllm-eks:models"}, models + address + 0.10 + 0.045 + 0.09 + 0.096},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := loadConfig(t, mustParse(t, edited(t, test.change...))).Size().USDPerHour()
			if got < test.want-0.001 || got > test.want+0.001 {
				t.Errorf("costs %.4f USD/h, want %.4f", got, test.want)
			}
		})
	}
}
