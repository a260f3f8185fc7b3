package stack

import (
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// malformedStack is a change of onAWS, pairs of what is replaced and by what, and
// what is said of it.
type malformedStack struct {
	name    string
	change  []string
	account *stacktest.Account
	want    []string
}

var malformedOnAWS = []malformedStack{
	{name: "missing region", change: []string{"  aws:region: us-west-2\n", ""},
		want: []string{"aws:region: is missing; set it with: pulumi config set aws:region"}},
	{name: "unknown region", change: []string{"aws:region: us-west-2", "aws:region: us-wset-2"},
		want: []string{`aws:region: is "us-wset-2", which is no region of AWS with Amazon EKS (did you mean us-west-2?)`}},
	{name: "setting of the AWS provider without effect", change: []string{"aws:region: us-west-2", "aws:region: us-west-2\n  aws:assumeRole: {roleArn: x}"},
		want: []string{"aws:assumeRole: is a setting of AWS' provider that has no effect here"}},
	{name: "zone of another region", change: []string{"us-west-2b]", "us-east-1b]"},
		want: []string{`network.zones[1]: is "us-east-1b", which is no availability zone of the region us-west-2`}},
	{name: "zone that the account lacks", change: []string{"us-west-2b]", "us-west-2g]"},
		want: []string{`network.zones[1]: is "us-west-2g", which the account has not, or in which EKS places no cluster; want one of us-west-2a`}},
	{name: "same zone twice", change: []string{"us-west-2b]", "us-west-2a]"},
		want: []string{"network.zones[1]: is us-west-2a a second time"}},
	{name: "a single zone", change: []string{"[us-west-2a, us-west-2b]", "[us-west-2a]"},
		want: []string{"network.zones: are 1, want two or three"}},
	{name: "cidr of the network is too small", change: []string{"10.0.0.0/16", "10.0.0.0/24"},
		want: []string{"network.cidr: is 10.0.0.0/24 with 256 addresses, too few"}},
	{name: "cidr of the network is too large", change: []string{"10.0.0.0/16", "10.0.0.0/8"},
		want: []string{"network.cidr: is 10.0.0.0/8, and a VPC has at most a /16"}},
	{name: "cidr of the network is an address", change: []string{"10.0.0.0/16", "10.0.3.0/16"},
		want: []string{"network.cidr: is 10.0.3.0/16, which is an address and not a block; want 10.0.0.0/16"}},
	{name: "cidr of public addresses", change: []string{"10.0.0.0/16", "8.8.0.0/16"},
		want: []string{"network.cidr: is 8.8.0.0/16, which are public addresses"}},
	{name: "cidr of the network overlaps with Services", change: []string{"10.0.0.0/16", "172.20.0.0/16"},
		want: []string{"network.cidr: is 172.20.0.0/16, which overlaps with the addresses of Services, 172.20.0.0/16"}},
	{name: "natGateways is a string", change: []string{"cidr: 10.0.0.0/16", "natGateways: two"},
		want: []string{`network.natGateways: is "two", want one of one, perZone`}},
	{name: "unknown retention of flow logs", change: []string{"cidr: 10.0.0.0/16", "flowLogDays: 10"},
		want: []string{"network.flowLogDays: is 10, want 0 for none or one of 1, 3, 5"}},
	{name: "cidr beside an existing VPC", change: []string{"{cidr: 10.0.0.0/16, zones: [us-west-2a, us-west-2b]}",
		"{vpcId: vpc-0123456789abcdef0, privateSubnetIds: [subnet-0000000a, subnet-0000000b], cidr: 10.0.0.0/16}"}, account: withSubnets(),
		want: []string{"network.cidr: is given beside vpcId"}},
	{name: "missing subnet and subnet of another VPC", change: []string{"{cidr: 10.0.0.0/16, zones: [us-west-2a, us-west-2b]}",
		"{vpcId: vpc-0123456789abcdef0, privateSubnetIds: [subnet-0000000a, subnet-0badbadb], publicSubnetIds: [subnet-0000000d]}"}, account: withSubnets(),
		want: []string{"network.privateSubnetIds[1]: is subnet-0badbadb, of which the account tells nothing", "network.publicSubnetIds[0]: is subnet-0000000d, a subnet of vpc-0fedcba9876543210"}},
	{name: "two missing subnets", change: []string{"{cidr: 10.0.0.0/16, zones: [us-west-2a, us-west-2b]}",
		"{vpcId: vpc-0123456789abcdef0, privateSubnetIds: [subnet-0badbad0, subnet-0badbadb]}"}, account: withSubnets(),
		want: []string{"network.privateSubnetIds[0]: is subnet-0badbad0, of which the account tells nothing", "network.privateSubnetIds[1]: is subnet-0badbadb, of which the account tells nothing"}},
	{name: "Kubernetes version that EKS no longer supports", change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.29", `},
		want: []string{`cluster.kubernetesVersion: is "1.29", want one of 1.33, 1.34, 1.35, 1.36`}},
	{name: "Kubernetes version is a number", change: []string{"cluster: {", `cluster: {kubernetesVersion: 1.35, `},
		want: []string{"cluster.kubernetesVersion: is a number, 1.35, want a text; put it in quotes"}},
	{name: "API server open to every address", change: []string{"203.0.113.0/24", "0.0.0.0/0"},
		want: []string{"cluster.publicAccessCidrs[0]: is 0.0.0.0/0, which opens the API server to the internet"}},
	{name: "private addresses in publicAccessCidrs", change: []string{"203.0.113.0/24", "10.1.0.0/16"},
		want: []string{"cluster.publicAccessCidrs[0]: is 10.1.0.0/16, which are private addresses"}},
	{name: "access without an admin", change: []string{"policy: admin", "policy: view"},
		want: []string{"cluster.access: has no admin of the whole cluster, so that nobody could deploy to it"}},
	{name: "access for a session", change: []string{"arn:aws:iam::111122223333:role/deploy", "arn:aws:sts::111122223333:assumed-role/deploy/me"},
		want: []string{`cluster.access[0].principalArn: is "arn:aws:sts::111122223333:assumed-role/deploy/me", a session`}},
	{name: "unknown access policy", change: []string{"policy: admin", "policy: root"},
		want: []string{`cluster.access[0].policy: is "root", want one of admin, edit, view`, "cluster.access: has no admin"}},
	{name: "existing cluster with keys of a created one", change: []string{"cluster: {", "cluster: {existing: {context: mine}, "},
		want: []string{"cluster.publicAccessCidrs: is of no use with cluster.existing", "cluster.access: is of no use with cluster.existing",
			"network.cidr: is of no use with cluster.existing", "network.zones: is of no use with cluster.existing"}},
	{name: "instance type without GPUs in a node group", change: []string{"instanceTypes: [g5.2xlarge]", "instanceTypes: [m6i.large]"},
		want: []string{`nodeGroups[0].instanceTypes[0]: is "m6i.large", which is no GPU instance type of the catalogue`}},
	{name: "unknown instance type in a node group", change: []string{"instanceTypes: [g5.2xlarge]", "instanceTypes: [g9.2xlarge]"},
		want: []string{`nodeGroups[0].instanceTypes[0]: is "g9.2xlarge", which is no GPU instance type of the catalogue`}},
	{name: "hardware without an instance type", change: []string{"instanceTypes: [g5.2xlarge]", "hardware: {gpu: A10G, gpus: 1, vcpu: 8, memoryGiB: 32}"},
		want: []string{"nodeGroups[0].instanceTypes: is missing; name the EC2 types of its nodes, which hardware describes"}},
	{name: "hardware of an invalid instance type", change: []string{"instanceTypes: [g5.2xlarge]", "instanceTypes: [G9], hardware: {gpu: A10G, gpus: 1, vcpu: 8, memoryGiB: 32}"},
		want: []string{`nodeGroups[0].instanceTypes[0]: is "G9", want an EC2 type such as g5.2xlarge`}},
	{name: "hardware of an ARM instance type", change: []string{"instanceTypes: [g5.2xlarge]", "instanceTypes: [g5g.2xlarge], hardware: {gpu: L4, gpus: 1, vcpu: 8, memoryGiB: 32}"},
		want: []string{"nodeGroups[0].instanceTypes[0]: is g5g.2xlarge, which no group of a created cluster can have: its processor is an ARM Graviton, and the images are for x86"}},
	{name: "vCPUs of an unknown instance type above the quota", account: withQuota(100), change: []string{"instanceTypes: [g5.2xlarge]", "instanceTypes: [g9.2xlarge], hardware: {gpu: A10G, gpus: 1, vcpu: 32, memoryGiB: 128}"},
		want: []string{"nodeGroups[0].instanceTypes[0]: is g9.2xlarge, which us-west-2 does not offer", "nodeGroups[0].max: needs 128 vCPU of G instances, quota 100", "nodeGroups[1].max: needs 32 vCPU of G instances, 160 with the groups before it, quota 100"}},
	{name: "system nodes with GPUs", change: []string{"  vllm-eks:models", "  vllm-eks:systemNodes: {instanceTypes: [g5.xlarge]}\n  vllm-eks:models"},
		want: []string{"systemNodes.instanceTypes[0]: is g5.xlarge, which has GPUs that nothing of the system uses"}},
	{name: "system nodes of an ARM type", change: []string{"  vllm-eks:models", "  vllm-eks:systemNodes: {instanceTypes: [m7g.large]}\n  vllm-eks:models"},
		want: []string{"systemNodes.instanceTypes[0]: is m7g.large, an ARM type"}},
	{name: "instance type that no zone has", change: []string{"instanceTypes: [g6.2xlarge]", "instanceTypes: [p5.48xlarge]"},
		want: []string{"nodeGroups[1].instanceTypes: are p5.48xlarge, which none of us-west-2a, us-west-2b offers; offered in: us-west-2c, us-west-2d",
			"nodeGroups[1].max: needs 768 vCPU of P instances, quota 384"}},
	{name: "zone of a node group without the instance type", change: []string{"zones: [us-west-2a, us-west-2b]", "zones: [us-west-2a, us-west-2d]", "max: 4}", "max: 4, zones: [us-west-2d]}"},
		want: []string{"nodeGroups[0].zones[0]: is us-west-2d, which does not offer g5.2xlarge; want one of us-west-2a, us-west-2b, us-west-2c"}},
	{name: "zone of a node group without a subnet", change: []string{"max: 4}", "max: 4, zones: [us-west-2c]}"},
		want: []string{`nodeGroups[0].zones[0]: is "us-west-2c", in which the network has no private subnet; want one of us-west-2a, us-west-2b`}},
	{name: "max of a node group below min", change: []string{"max: 4}", "min: 5, max: 4}"},
		want: []string{"nodeGroups[0].max: is 4, want min, which is 5, to 450"}},
	{name: "node group without max", change: []string{", max: 4}, {", "}, {"},
		want: []string{"nodeGroups[0].max: is missing; say how many nodes there may be at most"}},
	{name: "node group with the name of the system's", change: []string{"{name: g6,", "{name: system,"},
		want: []string{`nodeGroups[1].name: is "system", which is the group without GPUs`}},
	{name: "unknown capacity of a node group", change: []string{"max: 4}", "max: 4, capacity: cheap}"},
		want: []string{`nodeGroups[0].capacity: is "cheap", want one of on-demand, spot, capacity-block`}},
	{name: "capacity block in two zones", change: []string{"max: 4}", "max: 4, capacity: capacity-block, reservationId: cr-0123456789abcdef0, zones: [us-west-2a, us-west-2b]}"},
		want: []string{"nodeGroups[0].zones: are 2, and a capacity block is in one zone"}},
	{name: "capacity block without a reservation", change: []string{"max: 4}", "max: 4, capacity: capacity-block, zones: [us-west-2a]}"},
		want: []string{"nodeGroups[0].reservationId: is missing; name the capacity block"}},
	{name: "reservation of spot capacity", change: []string{"max: 4}", "max: 4, capacity: spot, reservationId: cr-0123456789abcdef0}"},
		want: []string{"nodeGroups[0].reservationId: is given with capacity: spot"}},
	{name: "reservation in two zones", change: []string{"max: 4}", "max: 4, reservationId: cr-0123456789abcdef0}"},
		want: []string{"nodeGroups[0].zones: are us-west-2a, us-west-2b, and a reservation is in one zone"}},
	{name: "disk of a node is too small", change: []string{"max: 4}", "max: 4, diskGiB: 5}"},
		want: []string{"nodeGroups[0].diskGiB: is 5, want 20 to 16384"}},
	{name: "vCPUs of the node groups above the quota", account: withQuota(8),
		want: []string{"nodeGroups[0].max: needs 32 vCPU of G instances, quota 8; have the quota raised, or lower max",
			"nodeGroups[1].max: needs 32 vCPU of G instances, 64 with the groups before it, quota 8"}},
	{name: "account without credentials", account: &stacktest.Account{Silent: "no valid credential sources found"},
		want: []string{"aws: does not answer what the account offers: who deploys: "}},
	{name: "model on a removed node group", change: []string{"{name: g5, instanceTypes: [g5.2xlarge], max: 4}, ", ""},
		want: []string{`models[0].nodeGroup: is "g5", which is not among the nodeGroups (did you mean g6?); want one of g6`}},
	{name: "cache on volumes of one node", change: []string{"nodeGroup: g5}", "nodeGroup: g5, storage: {cache: {storageClass: gp3}}}"},
		want: []string{"models[0].storage.cache.storageClass: is gp3, whose EBS volumes one node mounts at a time"}},
	{name: "nodeGroup list with two types of GPU", change: []string{"nodeGroup: g5}", "nodeGroup: [g5, g6]}"},
		want: []string{"models[0].nodeGroup: lists g5 with A10G and g6 with L4; want groups with the same GPU"}},
	{name: "nodeGroup list with an unknown group", change: []string{"nodeGroup: g5}", "nodeGroup: [g5, g7]}"},
		want: []string{`models[0].nodeGroup[1]: is "g7", which is not among the nodeGroups`}},
	{name: "nodeGroup list with a group twice", change: []string{"nodeGroup: g5}", "nodeGroup: [g5, g5]}"},
		want: []string{`models[0].nodeGroup[1]: is "g5" a second time`}},
	{name: "nodeGroup list without groups", change: []string{"nodeGroup: g5}", "nodeGroup: []}"},
		want: []string{"models[0].nodeGroup: is an empty list"}},
	{name: "nodeGroup list with a number", change: []string{"nodeGroup: g5}", "nodeGroup: [g5, 6]}"},
		want: []string{"models[0].nodeGroup[1]: is a number, 6, want a text; put it in quotes"}},
	{name: "nodeGroup lists of two models in opposite orders", change: []string{"{name: g6,", "{name: g5-spot, instanceTypes: [g5.2xlarge], max: 1, capacity: spot}, {name: g6,",
		"nodeGroup: g5}", "nodeGroup: [g5-spot, g5]}, {name: b, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: [g5, g5-spot]}"},
		want: []string{"models[1].nodeGroup: prefers g5 to g5-spot, and models[0].nodeGroup prefers g5-spot to g5; the cluster autoscaler has one order"}},
	{name: "nodeGroup lists of three models in a circle", change: []string{"{name: g6,", "{name: x, instanceTypes: [g5.2xlarge], max: 1}, {name: y, instanceTypes: [g5.2xlarge], max: 1}, {name: g6,",
		"nodeGroup: g5}", "nodeGroup: [g5, x]}, {name: b, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: [x, y]}, {name: c, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: [y, g5]}"},
		want: []string{"models[2].nodeGroup: prefers y to g5, and models[0].nodeGroup prefers g5 to x, models[1].nodeGroup prefers x to y; the cluster autoscaler has one order"}},
	{name: "expander that ignores the order of nodeGroup", change: []string{"{name: g6,", "{name: g5-spot, instanceTypes: [g5.2xlarge], max: 1, capacity: spot}, {name: g6,",
		"nodeGroup: g5}", "nodeGroup: [g5-spot, g5]}", "  vllm-eks:models", "  vllm-eks:autoscaler: {expander: most-pods}\n  vllm-eks:models"},
		want: []string{`autoscaler.expander: is "most-pods", and models[0].nodeGroup lists several groups`}},
	{name: "max of a node group below the nodes of its models", change: []string{"max: 4}, {", "max: 1}, {", "[g6.2xlarge], max: 4}", "[g5.12xlarge], max: 1}",
		"maxModelLen: 8192, nodeGroup: g5}", "maxModelLen: 8192, nodeGroup: g5}, {name: b, model: Qwen/Qwen2.5-32B-Instruct, maxModelLen: 8192, replicas: {min: 2, max: 2}}"},
		want: []string{"nodeGroups[1].max: is 1, and its models need 2 nodes with all replicas: b 2 × 4 GPU (not on g5: does not fit: "}},
	{name: "certificate of another region", change: []string{"nodeGroup: g5}", "nodeGroup: g5, ingress: {class: alb, host: a.example.com, alb: " +
		"{certificateArn: \"arn:aws:acm:eu-west-1:111122223333:certificate/0f0e0d0c-0b0a-4908-8706-050403020100\"}}}"},
		want: []string{"models[0].ingress.alb.certificateArn: is a certificate of eu-west-1, and the load balancer is in us-west-2"}},
	{name: "installed and existing Prometheus", change: []string{"  vllm-eks:models", "  vllm-eks:monitoring: {install: true, prometheusUrl: \"http://mine:9090\"}\n  vllm-eks:models"},
		want: []string{"monitoring.prometheusUrl: is given, and a Prometheus is installed"}},
	{name: "tag with the prefix of AWS", change: []string{"  vllm-eks:models", "  vllm-eks:tags: {\"aws:team\": a}\n  vllm-eks:models"},
		want: []string{"tags.aws:team: is a key of AWS' own"}},
	{name: "extended support above the cost limit", change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.33", `, "  vllm-eks:models", "  vllm-eks:limits: {maxUsdPerHour: 2}\n  vllm-eks:models"},
		want: []string{"limits.maxUsdPerHour: is 2.00, and the stack costs 2.14 USD/h with all replicas, 0.50 of it for extended support of Kubernetes 1.33: "}},
	{name: "every problem on AWS at once", change: []string{"10.0.0.0/16", "10.0.0.0/28", "us-west-2b]", "us-east-1b]", "203.0.113.0/24", "0.0.0.0/0", "policy: admin", "policy: view",
		"max: 4}", "min: 5, max: 4, capacity: cheap}", "g6.2xlarge", "g6.2xlrage"},
		want: []string{"network.zones[1]: ", "network.cidr: ", "cluster.publicAccessCidrs[0]: ", "cluster.access: ", "nodeGroups[0].capacity: ",
			`nodeGroups[1].instanceTypes[0]: is "g6.2xlrage"`, "nodeGroups[0].max: "}},
}

// withQuota is an account in which so many vCPUs of every kind may run.
func withQuota(vcpus int) *stacktest.Account {
	account := stacktest.SimulatedAccount()
	for code := range account.VCPUs {
		account.VCPUs[code] = vcpus
	}
	return account
}

// TestMalformedConfigurationsOnAWS runs the whole program on each: it is refused
// by the key, and nothing is registered.
func TestMalformedConfigurationsOnAWS(t *testing.T) {
	all := slices.Clone(malformedOnAWS)
	for _, vpc := range malformedVPCs() {
		vpc.change = theirs
		all = append(all, vpc)
	}
	for _, test := range all {
		t.Run(test.name, func(t *testing.T) {
			recording, err := recordIn(test.account, "test", mustParse(t, edited(t, test.change...)))
			if err == nil {
				t.Fatal("the configuration was accepted")
			}
			if registered := recording.Resources(); len(registered) != 0 {
				t.Errorf("%d resources were registered, the first is %s %s", len(registered), registered[0].Type, registered[0].Name)
			}
			missing := test.want
			for _, message := range messages(err) {
				message = strings.TrimSpace(message)
				at := -1
				for i, want := range missing {
					if at < 0 && strings.HasPrefix(message, want) {
						at = i
					}
				}
				if at < 0 {
					t.Errorf("unwanted: %s", message)
					continue
				}
				missing = append(missing[:at:at], missing[at+1:]...)
			}
			for _, want := range missing {
				t.Errorf("missing: %s", want)
			}
		})
	}
}

// TestWarningsOnAWS are what a preview says beside the table.
func TestWarningsOnAWS(t *testing.T) {
	tests := []struct {
		name    string
		change  []string
		account *stacktest.Account
		want    string // "" for nothing
	}{
		{name: "no warning"},
		{name: "API server without public access", change: []string{"publicAccessCidrs: [203.0.113.0/24], ", ""}, want: "cluster.publicAccessCidrs: is empty, so that nothing outside"},
		{name: "version in extended support", change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.33", `},
			want: "cluster.kubernetesVersion: 1.33 is in extended support, which costs 0.60 USD/h and not 0.10"},
		{name: "version in extended support in eight days", change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.34", `},
			want: "cluster.kubernetesVersion: extended support of 1.34 begins on 2026-12-02, and then the control plane costs 0.60 USD/h and not 0.10; raise it before"},
		{name: "newest version", change: []string{"cluster: {", `cluster: {kubernetesVersion: "1.36", `}},
		{name: "deployment by a principal without access", change: []string{"role/deploy", "role/another"},
			want: "cluster.access: arn:aws:sts::111122223333:assumed-role/deploy/simulated, who runs this, is no admin"},
		{name: "deployment by a role with a path", change: []string{"role/deploy", "role/teams/ml/deploy"}},
		{name: "quotas that cannot be read", account: withoutQuotas(), want: "how many vCPUs of G instances may run is not checked: "},
		{name: "cache on a StorageClass that the stack does not create", change: []string{"nodeGroup: g5}", "nodeGroup: g5, storage: {cache: {storageClass: efs}}}"},
			want: "a: storage.cache.storageClass is efs, which this program does not create: the pods wait until it exists, with volumes that several nodes mount; for one of EFS, set cluster.efs to true"},
		{name: "spot capacity without the time to stop", change: []string{"max: 4}", "max: 4, capacity: spot}"},
			want: "a: takes 145 s to stop, and capacity: spot of g5 gives it about 100"},
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

func withoutQuotas() *stacktest.Account {
	account := stacktest.SimulatedAccount()
	account.VCPUs = nil
	return account
}

// TestWhatTheProgramMakesIsCounted adds the platform to the stack's cost.
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
