package stack

// malformedChecklists holds deviations that do not exist, and stacks that do not meet what
// they require.
var malformedChecklists = []malformedConfig{
	{name: "unknown item", config: validCluster + "  vllm-eks:checklist: {accept: [two-replica]}",
		want: []string{"checklist.accept[0]: not supported"},
		says: []string{`checklist.accept[0]: is "two-replica", and the checklist has no item two-replica (did you mean two-replicas?); want one of two-replicas, `}},
	{name: "item of an unknown model", config: validCluster + "  vllm-eks:models: [{name: chat, model: Qwen/Qwen3-8B, gpu: {type: L40S}}]\n  vllm-eks:checklist: {accept: [two-replicas/chta]}",
		want: []string{"checklist.accept[0]: not supported"},
		says: []string{`checklist.accept[0]: is "two-replicas/chta", and the stack has no model chta (did you mean chat?)`}},
	{name: "item of the stack for a model", config: validCluster + "  vllm-eks:models: [{name: chat, model: Qwen/Qwen3-8B, gpu: {type: L40S}}]\n  vllm-eks:checklist: {accept: [cost-limit/chat]}",
		want: []string{"checklist.accept[0]: not supported"}},
	{name: "item accepted twice", config: validCluster + "  vllm-eks:checklist: {accept: [alerts, objectives, alerts]}",
		want: []string{"checklist.accept[2]: duplicate"}},
	{name: "empty item", config: validCluster + "  vllm-eks:checklist: {accept: ['']}",
		want: []string{"checklist.accept[0]: not supported"}},
	{name: "accepted items are no list", config: validCluster + "  vllm-eks:checklist: {accept: {alerts: true}}",
		want: []string{"checklist.accept: wrong type"}},
	{name: "one accepted item is a number", config: validCluster + "  vllm-eks:checklist: {accept: [7]}",
		want: []string{"checklist.accept[0]: wrong type"}},
	{name: "production is a text", config: validCluster + "  vllm-eks:checklist: {production: sometimes}",
		want: []string{"checklist.production: wrong type"}},
	{name: "checklist is a boolean", config: validCluster + "  vllm-eks:checklist: true",
		want: []string{"checklist: wrong type"}},
	{name: "unknown key of the checklist", config: validCluster + "  vllm-eks:checklist: {acept: [alerts]}",
		want: []string{"checklist.acept: forbidden"}},
	{name: "checklist is required and not for production", config: validCluster + "  vllm-eks:checklist: {production: false, require: true}",
		want: []string{"checklist.production: forbidden"}},
	{name: "deviations that are not for production", config: validCluster + "  vllm-eks:checklist: {production: false, accept: [alerts]}",
		want: []string{"checklist.production: forbidden"}},
	{name: "checklist is required and not met", config: validCluster + "  vllm-eks:checklist: {require: true, accept: [two-replicas/a, image-registry, image-digest, stored-weights, pinned-weights]}\n" +
		"  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, gpu: {type: L40S}}]",
		want: []string{"checklist.require: forbidden", "checklist.require: forbidden", "checklist.require: forbidden"},
		says: []string{"checklist.require: is true, and the stack does not meet hung-replicas (a): a hung replica is not restarted; set lifecycle.hungSeconds, such as 300; or add the item to checklist.accept"}},
	{name: "checklist is required, and another key is wrong", config: validCluster + "  vllm-eks:checklist: {require: true}\n  vllm-eks:limits: {maxUsdPerHour: -1}",
		want: []string{"limits.maxUsdPerHour: invalid"}},
}
