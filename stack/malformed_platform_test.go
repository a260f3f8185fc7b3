package stack

// malformedPlatforms holds malformed keys beside the models: cluster, namespaces, secrets.
var malformedPlatforms = []malformedConfig{
	{name: "API key instead of the name of its Secret", model: "apiKey: {existingSecret: " + canary + "}", want: []string{"models[0].apiKey.existingSecret: is not the name of a Secret; the key itself belongs into the stack's apiKey"}},
	{name: "Hugging Face token instead of the name of its Secret", model: "huggingFaceToken: {existingSecret: " + canary + "}",
		want: []string{"models[0].huggingFaceToken.existingSecret: is not the name of a Secret"}},
	{name: "Hugging Face token instead of a mapping", model: "huggingFaceToken: " + canary,
		want: []string{"models[0].huggingFaceToken: is a text, want a mapping"}},
	{name: "model in a namespace that is not listed", model: "namespace: infrence",
		want: []string{`models[0].namespace: is "infrence", which is not among the namespaces (did you mean inference?)`}},
	{name: "model without a namespace where there are two", config: validCluster + "  vllm-eks:namespaces: [{name: x}, {name: y}]\n  vllm-eks:models: [{name: a, model: org/m}]",
		want: []string{"models[0].namespace: is missing, and there are several namespaces; name one of x, y"}},
	{name: "namespace of the system", config: validCluster + "  vllm-eks:namespaces: [{name: kube-system}]",
		want: []string{`namespaces[0].name: is "kube-system", which belongs to Kubernetes`}},
	{name: "two namespaces of one name", config: validCluster + "  vllm-eks:namespaces: [{name: x}, {name: x}]",
		want: []string{`namespaces[1].name: is "x", which is the name of namespaces[0] already`}},
	{name: "namespaces are a string", config: validCluster + "  vllm-eks:namespaces: inference\n  vllm-eks:models: [{name: a, model: org/m}]",
		want: []string{"namespaces: is a text, want a list"}},
	{name: "namespace without a name", config: validCluster + "  vllm-eks:namespaces: [{}]",
		want: []string{"namespaces[0].name: is missing"}},
	{name: "namespace that every cluster has, not existing", config: validCluster + "  vllm-eks:namespaces: [{name: default}]",
		want: []string{`namespaces[0].name: is "default", which every cluster has; choose another, or add existing: true`}},
	{name: "existing of a namespace is a string", config: validCluster + `  vllm-eks:namespaces: [{name: x, existing: "yes"}]`,
		want: []string{`namespaces[0].existing: is a text, "yes", want true or false`}},
	{name: "no namespace for a model", config: validCluster + "  vllm-eks:namespaces: []\n  vllm-eks:models: [{name: a, model: org/m}]",
		want: []string{"namespaces: is empty, and models need one"}},
	{name: "neither cluster nor region", config: "  vllm-eks:models: []",
		want: []string{"aws:region: is missing", "cluster.access: has no admin of the whole cluster, so that nobody could deploy to it; name who runs pulumi up: " +
			"[{principalArn: arn:aws:iam::111122223333:role/deploy, policy: admin}]; or name a cluster of yours with cluster.existing"}},
	{name: "cluster is a string", config: "  vllm-eks:cluster: production",
		want: []string{"cluster: is a text, want a mapping"}},
	{name: "existing cluster without a context", config: "  vllm-eks:cluster: {existing: {kubeconfig: ~/mine}}",
		want: []string{"cluster.existing.context: is missing; name one of the contexts that this lists: kubectl config get-contexts"}},
	{name: "kubeconfig is not a path but the contents", config: "  vllm-eks:cluster: {existing: {context: test, kubeconfig: \"apiVersion: v1\\ntoken: " + canary + "\"}}",
		want: []string{"cluster.existing.kubeconfig: is the contents of a kubeconfig"}},
	{name: "Hugging Face token in clear text", config: validCluster + "  vllm-eks:huggingFaceToken: " + canary,
		want: []string{"huggingFaceToken: is stored in clear"}},
	{name: "API key in clear text", config: validCluster + "  vllm-eks:apiKey: " + canary,
		want: []string{"apiKey: is stored in clear"}},
	{name: "Hugging Face token with a line break", config: validCluster + "  vllm-eks:huggingFaceToken: {secure: \"" + canary + "\\n\"}",
		want: []string{"huggingFaceToken: has white space in it"}},
	{name: "encrypted value in the models", config: validCluster + "  vllm-eks:models: [{name: a, model: org/m, env: {X: {secure: " + canary + "}}}]",
		want: []string{"models: holds an encrypted value"}},
	{name: "every problem at once", config: `  vllm-eks:cluster: {existing: {contxt: a}}
  vllm-eks:namespaces: [{name: Inference}]
  vllm-eks:tagz: {team: a}
  vllm-eks:models:
    - {name: a, model: org/m, gpu: {count: two}, image: "vllm/vllm-openai:latest"}
    - {name: a, model: org/m, replicas: {min: -1}, extraArgs: [--swap-space, "4"], typo: 1}`,
		want: []string{
			`models[0].gpu.count: is a text, "two", want a whole number`,
			"tagz: is an unknown key; did you mean tags?",
			"cluster.existing.contxt: is an unknown key; did you mean context?",
			"models[1].typo: is an unknown key",
			"cluster.existing.context: is missing",
			`namespaces[0].name: is "Inference", want lower-case letters`,
			`models[1].name: is "a", which is the name of models[0] already`,
			`models[0].image: is "vllm/vllm-openai:latest", whose tag changes`,
			"models[1].replicas.min: is -1, want at least 1",
			"models[1].extraArgs[0]: ",
		}},
}
