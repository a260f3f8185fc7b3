package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

const fakeToken = "hf_of_the_test"

// fakeHub serves the files of one repository. A gated repository requires the token.
func fakeHub(t *testing.T, gated bool, files map[string]string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := files[r.URL.RequestURI()]
		switch {
		case gated && r.Header.Get("Authorization") != "Bearer "+fakeToken:
			http.Error(w, "gated", http.StatusUnauthorized)
		case !ok:
			http.NotFound(w, r)
		default:
			_, _ = w.Write([]byte(text))
		}
	}))
	t.Cleanup(server.Close)
	t.Chdir(t.TempDir())
	t.Setenv("HF_ENDPOINT", server.URL+"/")
	t.Setenv("HF_TOKEN", "")
}

const fetchedConfig = `{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
  "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 8192, "tie_word_embeddings": false, "time_step_limit": [0.0, Infinity]
}
`

func TestFetch(t *testing.T) {
	const resolve = "/org/own/resolve/main/"
	tests := map[string]struct {
		files map[string]string
		gib   float64
		kv    string
	}{
		"an index": {map[string]string{
			resolve + "config.json": fetchedConfig, resolve + "model.safetensors.index.json": `{"metadata": {"total_size": 16060522496}, "weight_map": {}}`}, 14.958, ""},
		"one file": {map[string]string{
			resolve + "config.json":                        fetchedConfig,
			"/api/models/org/own/revision/main?blobs=true": `{"siblings": [{"rfilename": "README.md", "size": 9}, {"rfilename": "model.safetensors", "size": 8589934592}, {"rfilename": "original/model.safetensors", "size": 1}]}`}, 8, ""},
		"an index without a size": {map[string]string{
			resolve + "config.json": fetchedConfig, resolve + "model.safetensors.index.json": `{"metadata": {}}`,
			"/api/models/org/own/revision/main?blobs=true": `{"siblings": [{"rfilename": "model-00001-of-00002.safetensors", "size": 4294967296}, {"rfilename": "model-00002-of-00002.safetensors", "size": 4294967296}]}`}, 8, ""},
		"a description of its quantisation": {map[string]string{
			resolve + "config.json": fetchedConfig, resolve + "model.safetensors.index.json": `{"metadata": {"total_size": 8589934592}}`,
			resolve + "hf_quant_config.json": `{"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8", "exclude_modules": ["lm_head"]}}`}, 8, "fp8"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			fakeHub(t, false, test.files)
			out, err := execute("org/own", "--fetch", "--instance", "g5.2xlarge")
			if err != nil || !strings.Contains(out, "shape: "+filepath.Join("shapes", "org--own.json")) || !strings.Contains(out, "org/own on 1 × A10G") {
				t.Fatalf("%v\n%s", err, out)
			}
			text, err := os.ReadFile("shapes/org--own.json")
			if err != nil || !strings.HasPrefix(string(text), strings.TrimSuffix(strings.TrimSpace(fetchedConfig), "\n}")) {
				t.Fatalf("the file is not the model's with more keys: %v\n%s", err, text)
			}
			s, err := catalogue.ShapeOf("org/own", text)
			if err != nil || s.WeightsGiB != test.gib || s.Quantization.KVCacheDType != test.kv {
				t.Errorf("%v GiB in %s, cache %q, %v; want %+v", s.WeightsGiB, s.Quantization, s.Quantization.KVCacheDType, err, test)
			}
		})
	}
}

func TestFetchGatedModel(t *testing.T) {
	fakeHub(t, true, map[string]string{"/org/own/resolve/v1/config.json": fetchedConfig, "/org/own/resolve/v1/model.safetensors.index.json": `{"metadata": {"total_size": 8589934592}}`})
	arguments := []string{"org/own", "--fetch", "--revision", "v1", "--config", "own.json", "--instance", "g5.2xlarge"}
	if out, err := execute(arguments...); err == nil || !strings.Contains(err.Error(), "set HF_TOKEN") {
		t.Errorf("without a token: %v\n%s", err, out)
	}
	t.Setenv("HF_TOKEN", "hf_of_another")
	if out, err := execute(arguments...); err == nil || !strings.Contains(err.Error(), "accept the model's licence") || strings.Contains(err.Error()+out, "hf_of_another") {
		t.Errorf("with a token that may not: %v\n%s", err, out)
	}
	t.Setenv("HF_TOKEN", fakeToken)
	out, err := execute(arguments...)
	text, errRead := os.ReadFile("own.json")
	if err != nil || errRead != nil || strings.Contains(out+string(text), fakeToken) {
		t.Errorf("%v, %v\n%s\n%s", err, errRead, out, text)
	}
}

func TestFetchErrors(t *testing.T) {
	config := map[string]string{"/org/own/resolve/main/config.json": fetchedConfig}
	tests := map[string]struct {
		id    string
		files map[string]string
		want  string
	}{
		"no such model": {"org/other", config, "org/other has no config.json at the revision main"},
		"no weights":    {"org/own", map[string]string{"/org/own/resolve/main/config.json": fetchedConfig, "/api/models/org/own/revision/main?blobs=true": `{"siblings": [{"rfilename": "own.gguf", "size": 5}]}`}, "has no weights that vLLM loads"},
		"no list":       {"org/own", config, "the list of the files of org/own"},
		"no id":         {"../own", config, `MODEL: is "../own", want the id of a repository`},
		"no object":     {"org/own", map[string]string{"/org/own/resolve/main/config.json": "[]", "/org/own/resolve/main/model.safetensors.index.json": `{"metadata": {"total_size": 1}}`}, "is no JSON object"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			fakeHub(t, false, test.files)
			if out, err := execute(test.id, "--fetch"); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q\n%s", err, test.want, out)
			}
		})
	}
}
