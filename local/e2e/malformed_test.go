//go:build cluster

package e2e

import (
	"os"
	"strings"
	"testing"
	"time"
)

const (
	malformedSpace  = "e2e-malformed"
	malformedCanary = "canary-in-json-0b6e4d21"
)

// TestPreviewRefusesMalformedConfigurations holds that a preview with the real engine refuses
// each configuration and names the wrong key.
func TestPreviewRefusesMalformedConfigurations(t *testing.T) {
	t.Parallel()
	const head = "config:\n  vllm-eks:cluster: {existing: {context: vllm-eks-local}}\n  vllm-eks:namespaces: [{name: " + malformedSpace + "}]\n"
	entry := func(fields string) string {
		return head + "  vllm-eks:models:\n    - {name: a, model: org/model-7b, maxModelLen: 4096" + fields + "}\n"
	}
	cases := []struct{ name, config, key string }{
		{"no context", strings.Replace(entry(""), "{context: vllm-eks-local}", "{}", 1), "cluster.existing.context"},
		{"wrong type", entry(", replicas: {min: two, max: 2}"), "models[0].replicas.min"},
		{"text where a list belongs", head + "  vllm-eks:models: org/model-7b\n", "models"},
		{"unknown key of a model", entry(", maxModelLenn: 1"), "models[0].maxModelLenn"},
		{"unknown key at the top", entry("") + "  vllm-eks:modells: []\n", "modells"},
		{"unknown key below defaults", entry("") + "  vllm-eks:defaults: {vlmVersion: v0.33.0}\n", "defaults.vlmVersion"},
		{"duplicate model name", entry("") + "    - {name: a, model: org/other-7b}\n", "models[1].name"},
		{"duplicate namespace", strings.Replace(entry(""), "[{name: "+malformedSpace+"}]", "[{name: "+malformedSpace+"}, {name: "+malformedSpace+"}]", 1), "namespaces[1].name"},
		{"negative length", strings.Replace(entry(""), "4096", "-1", 1), "models[0].maxModelLen"},
		{"negative replicas", entry(", replicas: {min: -1, max: 1}"), "models[0].replicas.min"},
		{"more at least than at most", entry(", replicas: {min: 3, max: 2}"), "models[0].replicas"},
		{"empty model", strings.Replace(entry(""), "org/model-7b", `""`, 1), "models[0].model"},
		{"no name", strings.Replace(entry(""), "name: a, ", "", 1), "models[0].name"},
		{"a name too long", strings.Replace(entry(""), "name: a,", "name: "+strings.Repeat("a", 60)+",", 1), "models[0].name"},
		{"a name that is no DNS label", strings.Replace(entry(""), "name: a,", "name: Model_A,", 1), "models[0].name"},
		{"a removed flag", entry(`, extraArgs: ["--swap-space", "4"]`), "models[0].extraArgs[0]"},
		{"an unknown flag", entry(`, extraArgs: ["--no-such-flag"]`), "models[0].extraArgs[0]"},
		{"a flag's wrong value", entry(`, extraArgs: ["--block-size", "seven"]`), "models[0].extraArgs[1]"},
		{"a type that vLLM does not have", entry(", dtype: float99"), "models[0].dtype"},
		{"a flag that has a key", entry(`, extraArgs: ["--max-model-len", "10"]`), "models[0].extraArgs[0]"},
		{"a key in clear", entry(`, extraArgs: ["--api-key", "x"]`), "models[0].extraArgs[0]"},
		{"image latest", entry(", image: 'vllm/vllm-openai:latest'"), "models[0].image"},
		{"image without a tag", entry(", image: vllm/vllm-openai"), "models[0].image"},
		{"an old vLLM", entry(", vllmVersion: v0.9.0"), "models[0].vllmVersion"},
		{"no GPU", entry(", gpu: {count: -1}"), "models[0].gpu.count"},
		{"an unknown namespace", entry(", namespace: elsewhere"), "models[0].namespace"},
		{"memory that is no quantity", entry(", resources: {memory: much}"), "models[0].resources.memory"},
		{"memory as the CPU", entry(", resources: {cpu: 4Gi}"), "models[0].resources.cpu"},
		{"broken JSON with a secret in it", entry(`, extraArgs: ["--model-loader-extra-config", '{"token": "` + malformedCanary + `']`), "models[0].extraArgs[1]"},
		{"weights that do not fit", strings.Replace(entry(", gpu: {type: A10G, count: 1}"), "org/model-7b", "meta-llama/Llama-2-13b-hf", 1), "models[0].gpu.count"},
		{"a context that does not fit", strings.Replace(entry(", gpu: {type: A10G, count: 1}"), "org/model-7b, maxModelLen: 4096", "meta-llama/Llama-3.1-8B-Instruct", 1), "models[0].maxModelLen"},
		{"a stack beyond its limit", strings.Replace(entry(", nodeGroup: g5"), "org/model-7b", "Qwen/Qwen3-8B", 1) + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge]}]\n  vllm-eks:limits: {maxUsdPerHour: 1}\n", "limits.maxUsdPerHour"},
		{"a reserved variable", entry(", env: {VLLM_API_KEY: x}"), "models[0].env"},
	}
	s := initStack(t, cases[0].config)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := &stack{t: t, layout: s.layout, dir: s.dir}
			s.configure(c.config)
			out, err := s.run(2*time.Minute, "preview", "--stack="+stackName)
			if err == nil {
				t.Fatalf("accepted:\n%s", out)
			}
			if !strings.Contains(out, c.key+":") && !strings.Contains(out, c.key+"[") && !strings.Contains(out, c.key+".") {
				t.Errorf("the key %s is not named:\n%s", c.key, out)
			}
			if strings.Contains(out, malformedCanary) {
				t.Errorf("the output repeats a secret:\n%s", out)
			}
			if strings.Contains(out, "kubernetes:core/v1:Namespace") {
				t.Errorf("resources were previewed:\n%s", out)
			}
		})
	}
	t.Run("all problems at once", func(t *testing.T) {
		s.configure(entry(", replicas: {min: 3, max: 2}, image: 'x:latest', unknown: 1"))
		out, err := s.run(2*time.Minute, "preview", "--stack="+stackName)
		for _, key := range []string{"models[0].replicas", "models[0].image", "models[0].unknown"} {
			if err == nil || !strings.Contains(out, key) {
				t.Errorf("%s is not named (%v):\n%s", key, err, out)
			}
		}
	})
	if rest, err := tryKubectl("get", "namespace", malformedSpace, "--ignore-not-found", "--output=name"); err != nil || rest != "" {
		t.Errorf("created: %s, %v", rest, err)
	}
	if data, err := os.ReadFile(s.configFile()); err != nil || len(data) == 0 {
		t.Errorf("the configuration file was lost: %v", err)
	}
}
