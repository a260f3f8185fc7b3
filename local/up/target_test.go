package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

const someLocalStack = `# The local stack.
encryptionsalt: v1:abc=:v1:def
config:
  # The cluster to deploy to.
  vllm-eks:cluster:
    existing:
      context: vllm-eks-local # of make env
  # What watches the models.
  vllm-eks:monitoring: {prometheusUrl: http://prometheus}
  # What every model has.
  vllm-eks:defaults:
    image: localhost/vllmsim:v1
    env:
      VLLMSIM_GPU: A10G
  # The models.
  vllm-eks:models:
    - name: a # of the Service
      model: org/gated
      # Engines.
      replicas: {min: 1, max: 4}
      scaling: {downSeconds: 60}
`

// ownCluster returns an engine that deploys to /kubeconfig, in a new checkout.
func ownCluster(t *testing.T, simulatorImage string) engine {
	t.Helper()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "Pulumi.local.yaml"), []byte(someLocalStack), 0o600); err != nil {
		t.Fatal(err)
	}
	return newEngine(options{layout: layout.Layout{Root: root}, targetKubeconfig: "/kubeconfig", simulatorImage: simulatorImage})
}

func TestNewOwnConfig(t *testing.T) {
	for image, want := range map[string]string{
		"": `config:
  # The cluster to deploy to.
  vllm-eks:cluster:
    existing:
      context: prod
      kubeconfig: /kubeconfig
  # The models.
  vllm-eks:models:
    - name: a # of the Service
      model: org/gated
`,
		"registry/sim:v2": `config:
  # The cluster to deploy to.
  vllm-eks:cluster:
    existing:
      context: prod
      kubeconfig: /kubeconfig
  # What every model has.
  vllm-eks:defaults:
    image: registry/sim:v2
    env:
      VLLMSIM_GPU: A10G
  # The models.
  vllm-eks:models:
    - name: a # of the Service
      model: org/gated
`,
	} {
		e := ownCluster(t, image)
		if err := e.writeOwnConfig("prod"); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(ownConfigFile(e.options.layout))
		if err != nil || string(got) != ownConfigHeader+want {
			t.Errorf("image %q: %v\n%s\nwant\n%s", image, err, got, want)
		}
		if strings.Contains(string(got), "vllm-eks-local") {
			t.Errorf("image %q: the local context is in it:\n%s", image, got)
		}
	}
}

func TestOwnConfigMatches(t *testing.T) {
	for _, c := range []struct {
		name                       string
		written                    string // image of the first run
		edit                       [2]string
		kubeconfig, context, image string
		want                       string
	}{
		{"the same", "", [2]string{}, "/kubeconfig", "prod", "", ""},
		{"the same simulator", "registry/sim:v2", [2]string{}, "/kubeconfig", "prod", "registry/sim:v2", ""},
		{"another file", "", [2]string{}, "/other", "prod", "", `TARGET_KUBECONFIG: Pulumi.own.yaml has the kubeconfig "/kubeconfig", got "/other"`},
		{"another context", "", [2]string{}, "/kubeconfig", "dev", "", `TARGET_KUBECONFIG: Pulumi.own.yaml has the context "prod", got "dev"`},
		{"another image", "registry/sim:v2", [2]string{}, "/kubeconfig", "prod", "registry/sim:v3", `VLLMSIM_IMAGE: Pulumi.own.yaml has the image "registry/sim:v2"`},
		{"vLLM where the simulator is", "registry/sim:v2", [2]string{}, "/kubeconfig", "prod", "", `got "vLLM"`},
		{"the simulator where vLLM is", "", [2]string{}, "/kubeconfig", "prod", "registry/sim:v2", `got "registry/sim:v2"`},
		{"an image of vLLM that the user set", "", [2]string{"model: org/gated", "model: org/gated\n      image: mirror/vllm:v0.33.0"}, "/kubeconfig", "prod", "", ""},
		{"a model with another image", "registry/sim:v2", [2]string{"model: org/gated", "model: org/gated\n      image: other:v1"}, "/kubeconfig", "prod", "registry/sim:v2", `"other:v1, registry/sim:v2"`},
		{"a file in the home", "", [2]string{"/kubeconfig", "~/kube/config"}, filepath.Join(os.Getenv("HOME"), "kube/config"), "prod", "", ""},
	} {
		e := ownCluster(t, c.written)
		if err := e.writeOwnConfig("prod"); err != nil {
			t.Fatal(err)
		}
		editFile(t, ownConfigFile(e.options.layout), c.edit[0], c.edit[1])
		config, exists, err := e.readOwnConfig()
		if err != nil || !exists {
			t.Fatalf("%s: %v, %v", c.name, exists, err)
		}
		err = config.matches(c.kubeconfig, c.context, c.image)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "edit or remove that file")) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func editFile(t *testing.T, path, old, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if old != "" {
		data = []byte(strings.Replace(string(data), old, text, 1))
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestGPUNodes(t *testing.T) {
	node := func(gpus, os, arch string) string {
		return `{"status":{"allocatable":{"cpu":"4","nvidia.com/gpu":"` + gpus + `"},"nodeInfo":{"operatingSystem":"` + os + `","architecture":"` + arch + `"}}}`
	}
	for _, c := range []struct {
		name  string
		nodes []string
		gpus  int
		arch  string
		err   string
	}{
		{"two alike", []string{node("4", "linux", "arm64"), node("8", "linux", "arm64")}, 12, "arm64", ""},
		{"others have no GPUs", []string{node("0", "linux", "arm64"), node("", "windows", "amd64"), node("1", "linux", "amd64")}, 1, "amd64", ""},
		{"mixed", []string{node("1", "linux", "arm64"), node("1", "linux", "amd64")}, 0, "", "one architecture"},
		{"another system", []string{node("1", "windows", "amd64")}, 0, "", "windows/amd64"},
		{"no GPUs", []string{node("0", "linux", "amd64")}, 0, "", "nvidia.com/gpu"},
	} {
		gpus, p, err := gpuNodes([]byte(`{"items":[` + strings.Join(c.nodes, ",") + `]}`))
		if c.err == "" && (err != nil || gpus != c.gpus || p.arch != c.arch) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: got %d GPUs on %v, %v; want %d on %s, %q", c.name, gpus, p, err, c.gpus, c.arch, c.err)
		}
	}
}

func TestAskIsInterrupted(t *testing.T) {
	for _, c := range [][2]string{{"Y\n", "y"}, {" yes \n", "yes"}, {"\n", ""}} {
		if got, err := ask(context.Background(), strings.NewReader(c[0])); err != nil || got != c[1] {
			t.Errorf("%q: got %q, %v", c[0], got, err)
		}
	}
	silent, end := io.Pipe()
	t.Cleanup(func() { _ = end.Close() }) // lets the reader end
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ask(ctx, silent); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestTokenOfAGatedModel(t *testing.T) {
	vllm := target{models: []string{"org/gated"}}
	if got := vllm.token(false); !strings.Contains(got, "org/gated") || !strings.Contains(got, "HF_TOKEN=") {
		t.Errorf("vLLM without a token: %q", got)
	}
	if got := vllm.token(true); got != "" {
		t.Errorf("the simulator: %q", got)
	}
	if got := (target{hasToken: true}).token(false); got != "" {
		t.Errorf("a token that is configured: %q", got)
	}
	if got := (target{newToken: true}).token(false); !strings.Contains(got, "encrypted") {
		t.Errorf("a token to configure: %q", got)
	}
}
