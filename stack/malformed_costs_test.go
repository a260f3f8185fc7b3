package stack

// malformedCosts holds malformed prices, and stacks above their limits.
var malformedCosts = []malformedConfig{
	{name: "shared costs out of range", config: validCluster + "  vllm-eks:costs: {shared: {natGateways: -1, endpoints: 5000, nodes: {m6i.large: -2}}}",
		want: []string{
			"costs.shared.natGateways: invalid", "costs.shared.endpoints: invalid",
			"costs.shared.nodes.m6i.large: invalid",
		}},
	{name: "cost limit with own machines without a price", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 5}\n  vllm-eks:nodeGroups: [{name: lab, labels: {pool: lab}, min: 1, hardware: {gpu: H100, gpus: 1, vcpu: 8, memoryGiB: 32}}]",
		want: []string{"limits.maxUsdPerHour: invalid"}},
	{name: "cost limit with a model that cannot be sized", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 1}\n  vllm-eks:nodeGroups: [{name: p4d, instanceTypes: [p4d.24xlarge]}]\n  vllm-eks:models: [{name: a, model: org/unheard-of, gpu: {count: 8}, resources: {disk: 100Gi}, replicas: {min: 5, max: 5}}]",
		want: []string{"limits.maxUsdPerHour: invalid"}},
	{name: "cost limit with unused nodes", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 1}\n  vllm-eks:nodeGroups: [{name: p4d, instanceTypes: [p4d.24xlarge], min: 2}]",
		want: []string{"limits.maxUsdPerHour: invalid"}},
	{name: "cost limit with nodes without a price", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 1}\n  vllm-eks:nodeGroups: [{name: p5e, instanceTypes: [p5e.48xlarge], min: 1}]",
		want: []string{"limits.maxUsdPerHour: invalid"}},
	{name: "cost limit with the more expensive of two instance types", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 6}\n  vllm-eks:nodeGroups: [{name: g, instanceTypes: [g5.12xlarge, g5.24xlarge], labels: {pool: g}, min: 1}]",
		want: []string{"limits.maxUsdPerHour: invalid"}},
	{name: "shared nodes of an unknown instance type", config: validCluster + "  vllm-eks:costs: {shared: {nodes: {m6i.lrage: 2}}}",
		want: []string{"costs.shared.nodes.m6i.lrage: invalid"},
		says: []string{"costs.shared.nodes.m6i.lrage: has no price in the catalogue (did you mean m6i.large?)"}},
	{name: "costs above the limit", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 3}\n  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge]}]\n  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: {min: 3, max: 3}}]",
		want: []string{"limits.maxUsdPerHour: invalid"}},
	{name: "cost limit is zero", config: validCluster + "  vllm-eks:limits: {maxUsdPerHour: 0}",
		want: []string{"limits.maxUsdPerHour: invalid"}},
	{name: "discount above 100 percent", config: validCluster + "  vllm-eks:costs: {discountPercent: 120}",
		want: []string{"costs.discountPercent: invalid"}},
	{name: "negative discount", config: validCluster + "  vllm-eks:costs: {discountPercent: -5}",
		want: []string{"costs.discountPercent: invalid"}},
	{name: "price of a node group is zero", config: validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge], usdPerHour: 0}]",
		want: []string{"nodeGroups[0].usdPerHour: invalid"}},
	{name: "negative number of public addresses", config: validCluster + "  vllm-eks:costs: {shared: {publicIpv4: -1}}",
		want: []string{"costs.shared.publicIpv4: invalid"}},
	{name: "cost limit in a region without prices", config: validCluster + "  aws:region: sa-east-1\n  vllm-eks:limits: {maxUsdPerHour: 2}\n  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge], min: 1}]",
		want: []string{"limits.maxUsdPerHour: invalid"}},
	{name: "price of an unknown instance type", config: validCluster + "  vllm-eks:costs: {usdPerHour: {g5.2xlrage: 1}}",
		want: []string{"costs.usdPerHour.g5.2xlrage: invalid"},
		says: []string{"costs.usdPerHour.g5.2xlrage: is not a name of the catalogue or of costs.shared.nodes (did you mean g5.2xlarge?)"}},
	{name: "empty keys of mappings", config: validCluster + "  vllm-eks:costs: {usdPerHour: {'': -1}, shared: {nodes: {'': -2}}}\n  vllm-eks:tags: {'': x}\n" +
		"  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge], labels: {'': x}}]\n" +
		"  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeSelector: {'': x}, labels: {'': x}, annotations: {'': x}, env: {'': x}, '': x}]",
		want: []string{
			`costs.usdPerHour[""]: invalid`, `costs.shared.nodes[""]: invalid`, `tags[""]: invalid`, `nodeGroups[0].labels[""]: invalid`, `models[0].nodeSelector[""]: invalid`,
			`models[0].labels[""]: invalid`, `models[0].annotations[""]: invalid`, `models[0].env[""]: invalid`, `models[0][""]: forbidden`,
		}},
	{name: "more clusters in extended support than clusters", config: validCluster + "  vllm-eks:costs: {shared: {extendedSupport: 1}}",
		want: []string{"costs.shared.extendedSupport: invalid"}},
}
