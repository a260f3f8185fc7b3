package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the transcripts in the documentation")

// execute runs the command as a user does, and returns its output.
func execute(arguments ...string) (string, error) {
	var out bytes.Buffer
	c := command(&out)
	c.SetArgs(arguments)
	err := c.ExecuteContext(context.Background())
	return out.String(), err
}

var transcript = regexp.MustCompile("(?s)```console\n\\$ go run \\./cmd/size ([^\n]*)\n(.*?)```")

// TestDocumentedTranscripts runs every command that the documentation shows, and
// compares its output.
func TestDocumentedTranscripts(t *testing.T) {
	transcripts := 0
	for _, path := range []string{"../../README.md", "../../docs/sizing.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		renewed := transcript.ReplaceAllStringFunc(string(text), func(block string) string {
			transcripts++
			parts := transcript.FindStringSubmatch(block)
			out, err := execute(strings.Fields(parts[1])...)
			if err != nil && !errors.Is(err, errDoesNotFit) {
				t.Errorf("size %s: %v", parts[1], err)
			}
			if out != parts[2] && !*update {
				t.Errorf("%s shows for size %s\n%s\nbut it prints\n%s\nrewrite it with: go test ./cmd/size -update", path, parts[1], parts[2], out)
			}
			return "```console\n$ go run ./cmd/size " + parts[1] + "\n" + out + "```"
		})
		if *update {
			if err := os.WriteFile(path, []byte(renewed), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if transcripts < 5 {
		t.Errorf("the documentation shows %d commands", transcripts)
	}
}

func TestJSON(t *testing.T) {
	out, err := execute("mistralai/Mistral-7B-Instruct-v0.2", "--instance", "g5.2xlarge", "--max-model-len", "8192", "--json")
	var got map[string]any
	if err != nil || json.Unmarshal([]byte(out), &got) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got["verdict"] != "fits" || got["kvCacheTokens"].(float64) < 40_000 || got["model"] != "mistralai/Mistral-7B-Instruct-v0.2" || got["changes"] != nil {
		t.Errorf("%v", got)
	}
	out, err = execute("meta-llama/Llama-2-13b-chat-hf", "--gpu", "A10G", "--gpus", "1", "--json")
	if !errors.Is(err, errDoesNotFit) || json.Unmarshal([]byte(out), &got) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if changes, _ := got["changes"].([]any); got["verdict"] != "does not fit" || len(changes) != 3 {
		t.Errorf("%v", got)
	}
	out, err = execute("Qwen/Qwen3-8B", "--fit-on", "g5,g6e.xlarge", "--json")
	var list []map[string]any
	if err != nil || json.Unmarshal([]byte(out), &list) != nil || len(list) < 4 || list[0]["usdPerHourMax"].(float64) > list[1]["usdPerHourMax"].(float64) {
		t.Errorf("%v: %s", err, out)
	}
}

func TestConfigFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	text := `{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 8192}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := execute("org/own", "--config", path, "--instance", "g5.2xlarge")
	if err != nil {
		t.Fatal(err)
	}
	expected, err := execute("meta-llama/Meta-Llama-3-8B", "--instance", "g5.2xlarge")
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(output, "org/own", "meta-llama/Meta-Llama-3-8B") != expected {
		t.Errorf("by its file\n%s\nby the catalogue\n%s", output, expected)
	}
}

func TestDescribedGPU(t *testing.T) {
	expected, err := execute("Qwen/Qwen3-8B", "--gpu", "A40", "--gpus", "2")
	if err != nil {
		t.Fatal(err)
	}
	described, err := execute("Qwen/Qwen3-8B", "--gpu", "Mine", "--gpus", "2", "--gpu-memory-gib", "44.4", "--compute-capability", "8.6")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(described, "Qwen/Qwen3-8B on 2 × Mine") || !strings.Contains(described, "44.40 GiB usable") || strings.Contains(described, "scaling target") {
		t.Errorf("described without its speed\n%s", described)
	}
	linkage := regexp.MustCompile(`CUDA, communication .*`)
	if linked, err := execute("Qwen/Qwen3-8B", "--gpu", "Mine", "--gpus", "2", "--gpu-memory-gib", "44.4", "--compute-capability", "8.6", "--link", "nvlink3"); err != nil || linkage.FindString(linked) == linkage.FindString(described) {
		t.Errorf("%v; NVLink changes nothing of\n%s", err, linked)
	}
	if !strings.Contains(described, "its speed is not estimated") {
		t.Errorf("a speed is estimated of a GPU of which nothing is known\n%s", described)
	}
	fast, err := execute("Qwen/Qwen3-8B", "--gpu", "Mine", "--gpus", "2", "--gpu-memory-gib", "44.4", "--compute-capability", "8.6", "--gpu-memory-gbps", "696", "--gpu-tflops", "150")
	if err != nil || strings.ReplaceAll(fast, "Mine", "A40") != expected {
		t.Errorf("%v; described with its speed\n%s\nof the catalogue\n%s", err, fast, expected)
	}
}

func TestSizeOfTheWeights(t *testing.T) {
	out, err := execute("Inferact/Qwen3.8-27B-NVFP4", "--weights-gib", "24.6", "--gpu", "RTX-5090", "--gpus", "2", "--max-model-len", "32768")
	if err != nil || !strings.Contains(out, "weights              12.30 GiB") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestShapesOfFolder(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"org--small.config.json": `{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 8192}`,
		"org--odd_config.json":   `{"model_type": "llama6", "hidden_size": 64}`,
		// The quantisation of a config.json in its own folder is in a second file
		// beside it.
		"org--deep/config.json":          `{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256}`,
		"org--deep/hf_quant_config.json": `{"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8", "exclude_modules": ["lm_head"]}}`,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := execute("--shapes", folder)
	for _, want := range []string{"org/small", "8.03 B", "14.96 GiB", "131072 bytes", `org/odd    refused: model_type is "llama6"`, "modelopt (8.02 bit)  65536 bytes", "2 of 3 files are sized."} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("%v: %q is not in\n%s", err, want, out)
		}
	}
	if _, err := execute("--shapes", t.TempDir()); err == nil || !strings.Contains(err.Error(), "has no *.json files") {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string][]string{
		"the shape of org/unheard-of is not in the catalogue":       {"org/unheard-of", "--instance", "g5.xlarge"},
		"--instance: is \"g5.huge\", which is no GPU instance type": {"Qwen/Qwen3-8B", "--instance", "g5.huge"},
		"--gpu: is \"RTX\"": {"Qwen/Qwen3-8B", "--gpu", "RTX"},
		"--gpu: is \"X1\", which is no GPU of the catalogue":                            {"Qwen/Qwen3-8B", "--gpu", "X1"},
		"or describe it with --gpu-memory-gib and --compute-capability":                 {"Qwen/Qwen3-8B", "--gpu", "X1"},
		"--gpu: is A10G, which the catalogue has; remove the flags that describe a GPU": {"Qwen/Qwen3-8B", "--gpu", "A10G", "--gpu-memory-gib", "40"},
		"--gpu: is missing; name the GPU":                                               {"Qwen/Qwen3-8B", "--gpu-memory-gib", "40"},
		"--gpu-memory-gib: is 0, want the memory":                                       {"Qwen/Qwen3-8B", "--gpu", "X1", "--compute-capability", "9.0"},
		"--gpu-tflops: is 0, and --gpu-memory-gbps is 800; give both":                   {"Qwen/Qwen3-8B", "--gpu", "X1", "--gpu-memory-gib", "40", "--compute-capability", "9.0", "--gpu-memory-gbps", "800"},
		"--link: is \"infiniband\", want one of NVLink2, ":                              {"Qwen/Qwen3-8B", "--gpu", "X1", "--gpu-memory-gib", "40", "--compute-capability", "9.0", "--link", "infiniband"},
		"--compute-capability: is 0, want 6.0 to 20.0":                                  {"Qwen/Qwen3-8B", "--gpu", "X1", "--gpu-memory-gib", "40"},
		"--compute-capability: is 90, want 6.0 to 20.0":                                 {"Qwen/Qwen3-8B", "--gpu", "X1", "--gpu-memory-gib", "40", "--compute-capability", "90"},
		"--instance: is \"g6f.xlarge\", which the catalogue leaves out: it has a":       {"Qwen/Qwen3-8B", "--instance", "g6f.xlarge"},
		"--fit-on: \"m5\" is neither":                                                   {"Qwen/Qwen3-8B", "--fit-on", "m5"},
		"give one of them":                                                              {"Qwen/Qwen3-8B", "--gpu", "A10G", "--instance", "g5.xlarge"},
		"--vllm-version: is \"latest\", want a version":                                 {"Qwen/Qwen3-8B", "--vllm-version", "latest"},
		"--storage: is \"tape\"":                                                        {"Qwen/Qwen3-8B", "--storage", "tape"},
		"--gpus: is 3, which does not divide the 32":                                    {"Qwen/Qwen3-8B", "--gpus", "3"},
		"--gpus: is 8, and g5.xlarge has 1":                                             {"Qwen/Qwen3-8B", "--gpus", "8", "--instance", "g5.xlarge"},
		"--max-model-len: is -5":                                                        {"Qwen/Qwen3-8B", "--max-model-len", "-5"},
		"--gpu-memory-utilization: is 2":                                                {"Qwen/Qwen3-8B", "--gpu-memory-utilization", "2"},
		"--config: open missing.json":                                                   {"org/m", "--config", "missing.json"},
		"--ttft-ms: is -5":                                                              {"Qwen/Qwen3-8B", "--ttft-ms", "-5"},
		"--tpot-ms: is -5":                                                              {"Qwen/Qwen3-8B", "--tpot-ms", "-5"},
		"--kv-cache-dtype: is \"foo\"":                                                  {"Qwen/Qwen3-8B", "--kv-cache-dtype", "foo"},
		"--max-replicas: is 2, want at least":                                           {"Qwen/Qwen3-8B", "--min-replicas", "3", "--max-replicas", "2"},
		"--max-model-len: is 99999, and Qwen/Qwen3-8B was trained for 40960":            {"Qwen/Qwen3-8B", "--max-model-len", "99999"},
		"--quantization: is \"magic\"":                                                  {"Qwen/Qwen3-8B", "--quantization", "magic"},
		"accepts 1 arg(s), received 0":                                                  {},
		"does not fit any of 5 instance types":                                          {"deepseek-ai/DeepSeek-V3", "--fit-on", "g6.xlarge,g6.2xlarge,g6.4xlarge,g5.xlarge,g5.2xlarge"},
		"--max-num-seqs: is -1, want a positive number\n--storage: is \"tape\"":         {"Qwen/Qwen3-8B", "--storage", "tape", "--max-num-seqs", "-1"},
		"--weights-gib: is -5":                                                          {"Qwen/Qwen3-8B", "--weights-gib", "-5"},
	}
	for want, arguments := range tests {
		if out, err := execute(arguments...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("size %q: %v, want %q\n%s", arguments, err, want, out)
		}
	}
}
