package main

import (
	"strings"
	"testing"
)

// canary is a secret in the wrong place: no message may repeat it.
const canary = "hf_canary_3b9d0c"

const validCluster = "  vllm-eks:cluster: {existing: {context: test}}\n"

// malformed are configurations that are refused, with the beginning of every
// message. A line of `model` is one key of an otherwise valid model; `config`
// is the whole configuration.
var malformed = []struct {
	name   string
	model  string
	config string
	want   []string
}{
	{name: "no name", config: validCluster + "  vllm-eks:models: [{model: org/m}]",
		want: []string{"models[0].name: is missing"}},
	{name: "no model", config: validCluster + "  vllm-eks:models: [{name: a}]",
		want: []string{"models[0].model: is missing"}},
	{name: "empty model", config: validCluster + `  vllm-eks:models: [{name: a, model: ""}]`,
		want: []string{"models[0].model: is empty"}},
	{name: "name of 55 characters", config: validCluster + "  vllm-eks:models: [{name: " + strings.Repeat("a", 55) + ", model: org/m}]",
		want: []string{"models[0].name: has 55 characters, want at most 54"}},
	{name: "name in capitals", config: validCluster + "  vllm-eks:models: [{name: Mistral_7B, model: org/m}]",
		want: []string{`models[0].name: is "Mistral_7B", want lower-case letters`}},
	{name: "name begins with a digit", config: validCluster + "  vllm-eks:models: [{name: 7b, model: org/m}]",
		want: []string{`models[0].name: is "7b", want lower-case letters`}},
	{name: "name of a ServiceAccount that exists", config: validCluster + "  vllm-eks:models: [{name: default, model: org/m}]",
		want: []string{`models[0].name: is "default"`}},
	{name: "duplicate model", config: validCluster + "  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}, {name: a, model: org/n}]",
		want: []string{`models[2].name: is "a", which is the name of models[0] already`}},
	{name: "model is no id", config: validCluster + `  vllm-eks:models: [{name: a, model: "--port"}]`,
		want: []string{`models[0].model: is "--port", want a Hugging Face model id`}},
	{name: "model is a number", config: validCluster + "  vllm-eks:models: [{name: a, model: 7}]",
		want: []string{"models[0].model: is a number, 7, want a text; put it in quotes"}},
	{name: "models is a mapping", config: validCluster + "  vllm-eks:models: {a: {model: org/m}}",
		want: []string{"models: is a mapping, want a list"}},
	{name: "a model is a text", config: validCluster + "  vllm-eks:models: [" + canary + "]",
		want: []string{"models[0]: is a text, want a mapping"}},
	{name: "models without a value", config: validCluster + "  vllm-eks:models:",
		want: []string{"models: has no value"}},

	{name: "unknown key, near a known one", model: "maxModelLength: 4096",
		want: []string{"models[0].maxModelLength: is an unknown key; did you mean maxModelLen?"}},
	{name: "unknown key, other capitals", model: "extraargs: []",
		want: []string{"models[0].extraargs: is an unknown key; did you mean extraArgs?"}},
	{name: "unknown key, far from all", model: "temperature: 1",
		want: []string{"models[0].temperature: is an unknown key; known ones are env, extraArgs,"}},
	{name: "unknown key, nested", model: "gpu: {cuont: 2}",
		want: []string{"models[0].gpu.cuont: is an unknown key; did you mean count?"}},
	{name: "unknown key of the stack", config: validCluster + "  vllm-eks:model: []",
		want: []string{"model: is an unknown key; did you mean models?"}},
	{name: "unknown key of the cluster", config: "  vllm-eks:cluster: {existing: {contxt: a}}",
		want: []string{"cluster.existing.contxt: is an unknown key; did you mean context?", "cluster.existing.context: is missing"}},
	{name: "identity in the defaults", config: validCluster + "  vllm-eks:defaults: {revision: main}",
		want: []string{"defaults.revision: is an unknown key"}},

	{name: "negative GPUs", model: "gpu: {count: -1}",
		want: []string{"models[0].gpu.count: is -1, want 1 to 8"}},
	{name: "no GPUs", model: "gpu: {count: 0}",
		want: []string{"models[0].gpu.count: is 0, want a number of at least 1"}},
	{name: "more GPUs than a node has", model: "gpu: {count: 16}",
		want: []string{"models[0].gpu.count: is 16, want 1 to 8"}},
	{name: "GPUs as a text", model: `gpu: {count: "2"}`,
		want: []string{`models[0].gpu.count: is a text, "2", want a whole number`}},
	{name: "half a GPU", model: "gpu: {count: 0.5}",
		want: []string{"models[0].gpu.count: is a number, 0.5, want a whole number"}},
	{name: "a number that overflows", model: "maxModelLen: 99999999999999999999",
		want: []string{"models[0].maxModelLen: is a number,"}},
	{name: "a number instead of a mapping", model: "gpu: 2",
		want: []string{"models[0].gpu: is a number, want a mapping"}},
	{name: "negative length", model: "maxModelLen: -1",
		want: []string{"models[0].maxModelLen: is -1, want a number of tokens"}},
	{name: "length with a suffix", model: "maxModelLen: 8k",
		want: []string{`models[0].maxModelLen: is a text, "8k", want a whole number`}},
	{name: "key without a value", model: "maxModelLen: null",
		want: []string{"models[0].maxModelLen: has no value"}},
	{name: "zero replicas", model: "replicas: {min: 0}",
		want: []string{"models[0].replicas.min: is 0, want at least 1"}},
	{name: "max below min", model: "replicas: {min: 3, max: 2}",
		want: []string{"models[0].replicas.max: is 2, want at least replicas.min, which is 3"}},

	{name: "image latest", model: "image: vllm/vllm-openai:latest",
		want: []string{`models[0].image: is "vllm/vllm-openai:latest", whose tag changes`}},
	{name: "image nightly", model: "image: vllm/vllm-openai:nightly-0a1b2c",
		want: []string{`models[0].image: is "vllm/vllm-openai:nightly-0a1b2c", whose tag changes`}},
	{name: "image without a tag", model: "image: registry.example.com:5000/vllm",
		want: []string{`models[0].image: is "registry.example.com:5000/vllm", which has no tag`}},
	{name: "image too old", model: "image: vllm/vllm-openai:v0.31.9",
		want: []string{`models[0].image: is "vllm/vllm-openai:v0.31.9", whose version is v0.31.9, which has known vulnerabilities`}},
	{name: "image and version disagree", model: "image: vllm/vllm-openai:v0.33.0, vllmVersion: v0.34.0",
		want: []string{`models[0].image: is "vllm/vllm-openai:v0.33.0", but vllmVersion is v0.34.0`}},
	{name: "version too old", model: "vllmVersion: v0.9.2",
		want: []string{"models[0].vllmVersion: is v0.9.2, which has known vulnerabilities; want v0.32.0 or later"}},
	{name: "version latest", model: "vllmVersion: latest",
		want: []string{`models[0].vllmVersion: is "latest", which changes`}},
	{name: "version of the defaults", config: validCluster + "  vllm-eks:defaults: {vllmVersion: v0.31.0}\n  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}]",
		want: []string{"defaults.vllmVersion: is v0.31.0, which has known vulnerabilities"}},
	{name: "wrong type in the defaults", config: validCluster + "  vllm-eks:defaults: {gpu: {count: two}}\n  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m}]",
		want: []string{`defaults.gpu.count: is a text, "two", want a whole number`}},

	{name: "removed flag", model: `extraArgs: [--max-num-seqs, "32", --swap-space, "4"]`,
		want: []string{"models[0].extraArgs[2]: "}},
	{name: "unknown flag", model: "extraArgs: [--max-modle-len, \"4096\"]",
		want: []string{"models[0].extraArgs[0]: "}},
	{name: "flag that has a key", model: `extraArgs: [--tensor-parallel-size, "2"]`,
		want: []string{"models[0].extraArgs[0]: --tensor-parallel-size is set by the component; use gpu.count instead"}},
	{name: "API key as an argument", model: "extraArgs: [--api-key, " + canary + "]",
		want: []string{"models[0].extraArgs[0]: --api-key"}},
	{name: "argument is a number", model: "extraArgs: [--max-num-seqs, 32]",
		want: []string{"models[0].extraArgs[1]: is a number, want a text; put it in quotes"}},

	{name: "memory without a unit that exists", model: "resources: {memory: 12GB}",
		want: []string{`models[0].resources.memory: is "12GB", want an amount such as "12Gi"`}},
	{name: "shm as large as the memory", model: "resources: {memory: 4Gi, shmSize: 4096Mi}",
		want: []string{"models[0].resources.shmSize: is 4096Mi, want less than resources.memory"}},
	{name: "cpu is a number", model: "resources: {cpu: 4}",
		want: []string{"models[0].resources.cpu: is a number, 4, want a text; put it in quotes"}},
	{name: "cpu in bytes", model: "resources: {cpu: 4Gi}",
		want: []string{`models[0].resources.cpu: is "4Gi", want an amount such as "4" or "500m"`}},
	{name: "memory in thousandths", model: "resources: {memory: 512m}",
		want: []string{`models[0].resources.memory: is "512m", want an amount such as "12Gi"`}},
	{name: "disk without a unit", model: `resources: {disk: "60"}`,
		want: []string{`models[0].resources.disk: is "60", want an amount such as "60Gi"`}},
	{name: "negative load", model: "lifecycle: {loadSeconds: -5}",
		want: []string{"models[0].lifecycle.loadSeconds: is -5, want 1 to 3600"}},
	{name: "shutdown of zero would cut streams", model: "lifecycle: {shutdownSeconds: 0}",
		want: []string{"models[0].lifecycle.shutdownSeconds: is 0, want a number of at least 1"}},
	{name: "unknown rollout", model: "lifecycle: {rollout: recreate}",
		want: []string{`models[0].lifecycle.rollout: is "recreate", want "surge" or "inPlace"`}},
	{name: "variable that is set already", model: "env: {HOME: /root}",
		want: []string{"models[0].env.HOME: is set by the program"}},
	{name: "development mode", model: `env: {VLLM_SERVER_DEV_MODE: "1"}`,
		want: []string{"models[0].env.VLLM_SERVER_DEV_MODE: "}},
	{name: "secret in the environment", model: "env: {AWS_SECRET_ACCESS_KEY: " + canary + "}",
		want: []string{"models[0].env.AWS_SECRET_ACCESS_KEY: looks like a secret"}},
	{name: "variable is a number", model: "env: {VLLM_LOGGING: 5}",
		want: []string{"models[0].env.VLLM_LOGGING: is a number, want a text; put it in quotes"}},
	{name: "label that cannot be", model: "nodeSelector: {pool: a b}",
		want: []string{`models[0].nodeSelector.pool: is "a b", which no label of a node can be`}},
	{name: "token in the place of a Secret's name", model: "huggingFaceToken: {existingSecret: " + canary + "}",
		want: []string{"models[0].huggingFaceToken.existingSecret: is not the name of a Secret"}},
	{name: "token in the place of the mapping", model: "huggingFaceToken: " + canary,
		want: []string{"models[0].huggingFaceToken: is a text, want a mapping"}},

	{name: "namespace that is not listed", model: "namespace: infrence",
		want: []string{`models[0].namespace: is "infrence", which is not among the namespaces (did you mean inference?)`}},
	{name: "which of two namespaces", config: validCluster + "  vllm-eks:namespaces: [{name: x}, {name: y}]\n  vllm-eks:models: [{name: a, model: org/m}]",
		want: []string{"models[0].namespace: is missing, and there are several namespaces; name one of x, y"}},
	{name: "namespace of the system", config: validCluster + "  vllm-eks:namespaces: [{name: kube-system}]",
		want: []string{`namespaces[0].name: is "kube-system", which belongs to Kubernetes`}},
	{name: "duplicate namespace", config: validCluster + "  vllm-eks:namespaces: [{name: x}, {name: x}]",
		want: []string{`namespaces[1].name: is "x", which is the name of namespaces[0] already`}},
	{name: "namespaces that are no list", config: validCluster + "  vllm-eks:namespaces: inference\n  vllm-eks:models: [{name: a, model: org/m}]",
		want: []string{"namespaces: is a text, want a list"}},
	{name: "namespace without a name", config: validCluster + "  vllm-eks:namespaces: [{}]",
		want: []string{"namespaces[0].name: is missing"}},

	{name: "namespace that every cluster has", config: validCluster + "  vllm-eks:namespaces: [{name: default}]",
		want: []string{`namespaces[0].name: is "default", which every cluster has; choose another, or add existing: true`}},
	{name: "namespace that exists perhaps", config: validCluster + `  vllm-eks:namespaces: [{name: x, existing: "yes"}]`,
		want: []string{`namespaces[0].existing: is a text, "yes", want true or false`}},
	{name: "no namespaces for a model", config: validCluster + "  vllm-eks:namespaces: []\n  vllm-eks:models: [{name: a, model: org/m}]",
		want: []string{"namespaces: is empty, and models need one"}},

	{name: "no cluster", config: "  vllm-eks:models: []",
		want: []string{"cluster.existing: is missing; name the cluster to deploy to"}},
	{name: "cluster is a text", config: "  vllm-eks:cluster: production",
		want: []string{"cluster: is a text, want a mapping"}},
	{name: "cluster without a context", config: "  vllm-eks:cluster: {existing: {kubeconfig: ~/mine}}",
		want: []string{"cluster.existing.context: is missing; name one of the contexts that this lists: kubectl config get-contexts"}},
	{name: "contents of a kubeconfig", config: "  vllm-eks:cluster: {existing: {context: test, kubeconfig: \"apiVersion: v1\\ntoken: " + canary + "\"}}",
		want: []string{"cluster.existing.kubeconfig: is the contents of a kubeconfig"}},

	{name: "token in clear", config: validCluster + "  vllm-eks:huggingFaceToken: " + canary,
		want: []string{"huggingFaceToken: is stored in clear"}},
	{name: "API key in clear", config: validCluster + "  vllm-eks:apiKey: " + canary,
		want: []string{"apiKey: is stored in clear"}},
	{name: "token with a line break", config: validCluster + "  vllm-eks:huggingFaceToken: {secure: \"" + canary + "\\n\"}",
		want: []string{"huggingFaceToken: has white space in it"}},
	{name: "encrypted value in the models", config: validCluster + "  vllm-eks:models: [{name: a, model: org/m, env: {X: {secure: " + canary + "}}}]",
		want: []string{"models: holds an encrypted value"}},

	{name: "every problem at once", config: `  vllm-eks:cluster: {existing: {contxt: a}}
  vllm-eks:namespaces: [{name: Inference}]
  vllm-eks:tags: {team: a}
  vllm-eks:models:
    - {name: a, model: org/m, gpu: {count: two}, image: "vllm/vllm-openai:latest"}
    - {name: a, model: org/m, replicas: {min: -1}, extraArgs: [--swap-space, "4"], typo: 1}`,
		want: []string{
			`models[0].gpu.count: is a text, "two", want a whole number`,
			"tags: is an unknown key",
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

// TestMalformedConfigurations runs the whole program: each configuration is
// refused for exactly the reasons given, and nothing is registered.
func TestMalformedConfigurations(t *testing.T) {
	for _, test := range malformed {
		t.Run(test.name, func(t *testing.T) {
			yaml := "config:\n" + test.config
			if test.model != "" {
				yaml = "config:\n" + validCluster + "  vllm-eks:models: [{name: a, model: org/m, " + test.model + "}]"
			}
			recording, err := record("test", mustParse(t, yaml))
			if err == nil {
				t.Fatal("the configuration was accepted")
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the message repeats a secret: %v", err)
			}
			if registered := recording.Resources(); len(registered) != 0 {
				t.Errorf("%d resources were registered, the first is %s %s", len(registered), registered[0].Type, registered[0].Name)
			}
			checkMessages(t, messages(err), test.want)
		})
	}
}

// messages are the lines of what Pulumi makes of the program's error.
func messages(err error) []string {
	_, list, _ := strings.Cut(err.Error(), "* ")
	return strings.Split(strings.TrimSpace(list), "\n")
}

func checkMessages(t *testing.T, got, want []string) {
	t.Helper()
	for i, message := range got {
		if i >= len(want) || !strings.HasPrefix(strings.TrimSpace(message), want[i]) {
			t.Errorf("message %d is not as wanted:\n%s", i, message)
		}
	}
	if len(got) < len(want) {
		t.Errorf("%d messages, want %d; missing: %q", len(got), len(want), want[len(got):])
	}
}
