package stack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/account"
	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// loadConfig returns the complete configuration.
func loadConfig(t *testing.T, c stacktest.Config) *config.Config {
	t.Helper()
	return loadConfigIn(t, nil, c)
}

// longestWarning is the largest number of characters of one short sentence with the names
// of the tests.
const longestWarning = 160

// warningsIn returns the warnings of a preview in an account.
func warningsIn(t *testing.T, simulated *stacktest.Account, c stacktest.Config) []string {
	t.Helper()
	return shortWarnings(t, loadConfigIn(t, simulated, c))
}

// shortWarnings returns the warnings about a configuration. Each is one short sentence.
func shortWarnings(t *testing.T, c *config.Config) []string {
	t.Helper()
	warnings := c.Size().Warnings()
	for _, warning := range warnings {
		if n := utf8.RuneCountInString(warning); n > longestWarning {
			t.Errorf("%q has %d characters, want one short sentence", warning, n)
		}
	}
	return warnings
}

// loadConfigIn returns the complete configuration in an account.
func loadConfigIn(t *testing.T, simulated *stacktest.Account, c stacktest.Config) *config.Config {
	t.Helper()
	source := config.Source{Now: today}
	var cfg *config.Config
	_, err := stacktest.RecordIn(simulated, "test", func(ctx *pulumi.Context) error {
		var err error
		cfg, err = config.Load(&source, account.NewReader(ctx))
		return err
	}, c.Option, source.Capture)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestPreviewTables compares the previews of every stack with golden files.
func TestPreviewTables(t *testing.T) {
	configs := map[string]*config.Config{
		"everything": loadConfig(t, mustParse(t, everything(t))), "everything-aws": loadConfigIn(t, inEveryZone(), everythingOnAWS(t)),
	}
	for _, stack := range stacks {
		configs[stack] = loadConfig(t, stackFile(t, stack))
	}
	for stack, c := range configs {
		t.Run(stack, func(t *testing.T) {
			size := c.Size()
			got := size.Table() + "\n"
			for _, warning := range shortWarnings(t, c) {
				got += "warning: " + warning + "\n"
			}
			stacktest.CompareText(t, filepath.Join("testdata", stack, "sizing.txt"), []byte(got))
		})
	}
}

// TestTheCheapestGroupIsChosen checks the node group of a model that names none.
func TestTheCheapestGroupIsChosen(t *testing.T) {
	const groups = validCluster + `  vllm-eks:nodeGroups:
    - {name: p4d, instanceTypes: [p4d.24xlarge]}
    - {name: small, instanceTypes: [g5.2xlarge]}
    - {name: l40s, instanceTypes: [g6e.xlarge]}
    - {name: four, instanceTypes: [g5.12xlarge]}
`
	tests := []struct {
		model string
		want  string
		gpus  int
	}{
		{"model: mistralai/Mistral-7B-Instruct-v0.2, maxModelLen: 8192", "small", 1},
		{"model: meta-llama/Llama-2-13b-chat-hf", "l40s", 1},
		{"model: meta-llama/Llama-2-13b-chat-hf, gpu: {count: 2}", "four", 2},
		{"model: Qwen/Qwen2.5-32B-Instruct, maxModelLen: 16384", "four", 4},
		{"model: meta-llama/Llama-3.3-70B-Instruct, maxModelLen: 32768", "p4d", 8},
		{"model: mistralai/Mistral-7B-Instruct-v0.2, maxModelLen: 8192, gpu: {type: A100-40}", "p4d", 1},
		{"model: mistralai/Mistral-7B-Instruct-v0.2, maxModelLen: 8192, nodeGroup: four", "four", 1},
	}
	for _, test := range tests {
		t.Run(test.model, func(t *testing.T) {
			cfg := loadConfig(t, mustParse(t, "config:\n"+groups+"  vllm-eks:models: [{name: a, "+test.model+"}]"))
			got := cfg.Models[0]
			if got.NodeGroup.Name != test.want || got.GPU.Count != test.gpus {
				t.Errorf("runs on %d GPU of %s, want %d of %s", got.GPU.Count, got.NodeGroup.Name, test.gpus, test.want)
			}
		})
	}
}

// TestOwnHardware checks the size of models on machines and on an EC2 type that the
// catalogue does not have.
func TestOwnHardware(t *testing.T) {
	const stack = "config:\n" + validCluster + `  vllm-eks:nodeGroups:
    - {name: old, labels: {pool: old}, hardware: {gpu: A10G, gpus: 1, vcpu: 8, memoryGiB: 32, networkGbps: 10}}
    - {name: lab, labels: {pool: lab}, usdPerHour: 3.5, max: 2, hardware: {gpu: X1, gpuMemoryGiB: 90, computeCapability: 9.0, link: NVLink4, gpus: 4, vcpu: 96, memoryGiB: 512}}
    - {name: g9, instanceTypes: [g9.xlarge], hardware: {gpu: X1, gpuMemoryGiB: 90, computeCapability: 9.0, gpus: 1, vcpu: 16, memoryGiB: 128}}
  vllm-eks:costs: {usdPerHour: {g9.xlarge: 9}}
`
	tests := []struct {
		model, group, hardware string
		usd                    float64
	}{
		{"model: Qwen/Qwen3-32B, maxModelLen: 8192, gpu: {type: x1}", "lab", "1 × X1 (lab)", 3.5},
		{"model: Qwen/Qwen3-32B, maxModelLen: 8192, gpu: {type: X1, count: 2}", "lab", "2 × X1 (lab)", 3.5},
		{"model: Qwen/Qwen3-32B, maxModelLen: 8192, nodeGroup: g9", "g9", "1 × X1 (g9.xlarge)", 9},
		{"model: Qwen/Qwen3-32B, maxModelLen: 8192, nodeGroup: [g9, lab]", "g9", "1 × X1 (g9.xlarge)", 9},
		{"model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: old", "old", "1 × A10G (old)", 0},
	}
	for _, test := range tests {
		t.Run(test.model, func(t *testing.T) {
			cfg := loadConfig(t, mustParse(t, stack+"  vllm-eks:models: [{name: a, "+test.model+"}]"))
			e, ok := cfg.Models[0].Estimate()
			if !ok || cfg.Models[0].NodeGroup.Name != test.group || e.Hardware() != test.hardware || e.Cost.Max != test.usd {
				t.Errorf("runs on %s, on %s for %v USD/h, want %s, %s and %v", cfg.Models[0].NodeGroup.Name, e.Hardware(), e.Cost.Max, test.group, test.hardware, test.usd)
			}
		})
	}
	catalogue := loadConfig(t, mustParse(t, "config:\n"+validCluster+"  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge]}]\n  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192}]")).Models[0]
	hardware := loadConfig(t, mustParse(t, stack+"  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: old}]")).Models[0]
	if hardware.Model.MaxNumSeqs != catalogue.Model.MaxNumSeqs || hardware.Scaling.TargetLoad != catalogue.Scaling.TargetLoad {
		t.Errorf("an A10G of your own serves %d and has the target %d, that of the catalogue %d and %d", hardware.Model.MaxNumSeqs, hardware.Scaling.TargetLoad, catalogue.Model.MaxNumSeqs, catalogue.Scaling.TargetLoad)
	}
}

// TestTheGroupHasRoom checks that the cheapest group is not chosen if it does not have the
// nodes, the memory or the GPUs of the model.
func TestTheGroupHasRoom(t *testing.T) {
	tests := map[string]struct{ groups, model, want string }{
		"cheapest group has too few nodes":     {"{name: few, instanceTypes: [g5.2xlarge], max: 1}, {name: many, instanceTypes: [g6e.xlarge], max: 9}", "model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: {min: 3, max: 3}", "many"},
		"cheapest group has too little memory": {"{name: small, instanceTypes: [g5.xlarge]}, {name: large, instanceTypes: [g5.2xlarge]}", "model: Qwen/Qwen3-8B, maxModelLen: 8192, resources: {memory: 24Gi}", "large"},
		"cheapest group has too few GPUs":      {"{name: one, instanceTypes: [g6e.xlarge]}, {name: four, instanceTypes: [g5.12xlarge]}", "model: Qwen/Qwen2.5-14B-Instruct, maxModelLen: 8192, gpu: {count: 2}", "four"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			yaml := "config:\n" + validCluster + "  vllm-eks:nodeGroups: [" + test.groups + "]\n  vllm-eks:models: [{name: a, " + test.model + "}]"
			if got := loadConfig(t, mustParse(t, yaml)).Models[0].NodeGroup.Name; got != test.want {
				t.Errorf("runs on %s, want %s", got, test.want)
			}
		})
	}
}

// TestWarnings checks the warnings of a preview.
func TestWarnings(t *testing.T) {
	const group = validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.xlarge], max: 1}]\n"
	tests := map[string]struct{ config, want string }{
		"shape of a model of the same family": {group + "  vllm-eks:models: [{name: a, model: someone/Qwen3-8B-tuned, maxModelLen: 4096, lifecycle: {rollout: inPlace}}]", "a: the shape of Qwen/Qwen3-8B is used"},
		"too few cores":                       {group + "  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 4096}]", "a: g5.xlarge has 4 vCPU, and vLLM needs 6 for 1 GPU"},
		"memory of LoRA adapters":             {group + "  vllm-eks:models: [{name: a, model: openai/gpt-oss-20b, maxModelLen: 2048, lora: {adapters: [{name: b, source: org/b}]}}]", "a: the memory of lora.adapters is not counted"},
		"offloading to the CPU":               {group + `  vllm-eks:models: [{name: a, model: meta-llama/Llama-2-13b-hf, extraArgs: [--cpu-offload-gb, "1"]}]`, "a: not sized: the effect of --cpu-offload-gb is not computed"},
		"region without models":               {"  aws:region: sa-east-1\n" + group, ""},
		"price of another region":             {"  aws:region: sa-east-1\n" + validCluster + "  vllm-eks:costs: {shared: {natGateways: 1}}", "aws:region: the catalogue has no price in sa-east-1 for nat-gateway and uses us-east-1 times 1.70"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(warningsIn(t, nil, mustParse(t, "config:\n"+test.config)), "\n")
			if !strings.Contains(got, test.want) || test.want == "" && got != "" {
				t.Errorf("warns of %q, want %q", got, test.want)
			}
		})
	}
}

// TestAnUnknownShapeIsNotGuessed checks that an unknown shape gives a warning, and that the
// service is registered.
func TestAnUnknownShapeIsNotGuessed(t *testing.T) {
	yaml := "config:\n" + validCluster + "  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge]}]\n  vllm-eks:models: [{name: a, model: org/unheard-of, gpu: {count: 1}, resources: {disk: 100Gi}}]"
	size := loadConfig(t, mustParse(t, yaml)).Size()
	if !strings.Contains(size.Table(), "unknown") || len(size.Summaries()) != 0 {
		t.Errorf("sized:\n%s", size.Table())
	}
	warnings := strings.Join(warningsIn(t, nil, mustParse(t, yaml)), "\n")
	if !strings.Contains(warnings, "a: not sized: the shape of org/unheard-of is not in the catalogue; get its config.json with go run") {
		t.Errorf("the warnings are %q", warnings)
	}
	for _, r := range mustRecord(t, "test", mustParse(t, yaml)).Resources() {
		if strings.HasSuffix(r.Type, ":Deployment") && strings.Contains(r.Name, "a") {
			return
		}
	}
	t.Error("no Deployment is registered")
}

// TestConfigJSONFile checks the size of a model with its config.json.
func TestConfigJSONFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	text := `{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
		"intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 131072, "torch_dtype": "bfloat16", "rope_theta": 500000.0}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	summary := func(rest string) string {
		yaml := "config:\n" + validCluster + "  vllm-eks:models: [{name: a, maxModelLen: 8192, gpu: {type: A10G}, " + rest + "}]"
		return loadConfig(t, mustParse(t, yaml)).Size().Summaries()["a"]
	}
	got, want := summary("model: org/own, shape: "+path), summary("model: meta-llama/Llama-3.1-8B-Instruct")
	if got != want || !strings.Contains(got, "KV tokens") {
		t.Errorf("%q by the file, %q by the catalogue", got, want)
	}
}
