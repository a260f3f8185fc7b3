//go:build cluster

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	apiKeyCanary  = "canary-api-key-7f3d91b2c4"
	nextKeyCanary = "canary-next-key-51ae08d7f6"
	tokenCanary   = "hf_canaryTokenQxZ81KpLmN"
	testSpace     = "e2e-serving"
)

// twoModels returns a stack of two small models that load quickly.
func twoModels(first, second string) string {
	return fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:defaults:
    image: localhost/vllmsim:v0.33.0
    gpu: {type: A10G}
    resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
    lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 4, shutdownSeconds: 3}
    env: {VLLMSIM_LOAD_SECONDS: "1", VLLMSIM_FAULT_MODELS: "broken/broken-7b=load-crash"}
  vllm-eks:models:
%s%s`, testSpace, first, second)
}

func modelEntry(name, model string) string {
	return fmt.Sprintf("    - {name: %s, model: %s, maxModelLen: 4096}\n", name, model)
}

var (
	mistral = modelEntry("mistral-7b", "mistralai/Mistral-7B-Instruct-v0.2")
	qwen    = modelEntry("qwen-7b", "Qwen/Qwen2.5-7B")
)

// TestServing runs a user's operations on one stack, in this order.
func TestServing(t *testing.T) {
	before := inventory(t)
	arguments := watchArguments(t)
	s := newStack(t, twoModels(mistral, qwen))
	s.setSecret("huggingFaceToken", tokenCanary)
	s.setSecret("apiKey", apiKeyCanary)
	withSecrets := secretLines(t, s)
	configure := func(first, second string) { s.configure(twoModels(first, second) + withSecrets) }

	s.up()
	t.Run("a second up changes nothing", func(t *testing.T) {
		if out := s.up(); !strings.Contains(out, "unchanged") || strings.Contains(out, "updated") || strings.Contains(out, "created") {
			t.Errorf("pulumi up:\n%s", out)
		}
		if changes := s.preview(); len(changes) != 0 {
			t.Errorf("preview: %v", changes)
		}
	})
	t.Run("the order of models does not matter", func(t *testing.T) {
		configure(qwen, mistral)
		if changes := s.preview(); len(changes) != 0 {
			t.Errorf("preview: %v", changes)
		}
	})
	t.Run("another model updates its Deployment and nothing else", func(t *testing.T) {
		configure(modelEntry("mistral-7b", "mistralai/Mistral-7B-Instruct-v0.3"), qwen)
		changes := s.preview()
		if _, ok := changes["update Deployment mistral-7b"]; !ok || len(changes) != 1 {
			t.Errorf("preview: %v", changes)
		}
	})
	t.Run("predictions match the running replicas", func(t *testing.T) { testSizing(t, s) })
	t.Run("OpenAI's client", func(t *testing.T) { testOpenAIClient(t) })
	t.Run("name, exec and port-forward", func(t *testing.T) { testReachability(t) })
	t.Run("pods are admitted as restricted", func(t *testing.T) { testRestricted(t) })
	t.Run("secrets stay secret", func(t *testing.T) { testSecretsStaySecret(t, s, arguments) })
	t.Run("a crash-looping model fails at its deadline, and the old one serves", func(t *testing.T) {
		configure("    - {name: mistral-7b, model: broken/broken-7b, maxModelLen: 4096, gpu: {count: 1}, resources: {disk: 60Gi}}\n", qwen)
		testCrashLoop(t, s)
		configure(mistral, qwen)
		s.up()
		kubectl(t, "--namespace="+testSpace, "rollout", "status", "deployment/mistral-7b", "--timeout=60s")
		if changes := s.preview(); len(changes) != 0 {
			t.Errorf("after going back, preview: %v", changes)
		}
	})
	t.Run("another API key replaces the Secret, and requests go on", func(t *testing.T) { testRotation(t, s) })
	t.Run("destroy leaves the cluster as it was", func(t *testing.T) {
		s.pulumi("destroy", "--yes", "--skip-preview", "--stack="+stackName)
		expectInventory(t, before)
	})
}

// secretLines returns the encrypted secrets that the engine wrote into the configuration file.
func secretLines(t *testing.T, s *stack) string {
	t.Helper()
	data, err := os.ReadFile(s.configFile())
	if err != nil {
		t.Fatal(err)
	}
	var kept strings.Builder
	inSecret := false
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "  vllm-eks:") {
			inSecret = strings.HasPrefix(line, "  vllm-eks:apiKey:") || strings.HasPrefix(line, "  vllm-eks:huggingFaceToken:")
		}
		if inSecret && strings.HasPrefix(line, "  ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// serviceURL returns the URL of a model's Service on this machine.
func serviceURL(t *testing.T, service string) string {
	t.Helper()
	return serviceURLIn(t, testSpace, service)
}

type clientError struct {
	Class, Message, Type string
	Status               int
}

func testOpenAIClient(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := installPackages("openai"); err != nil {
		t.Fatal(err)
	}
	const model = "mistralai/Mistral-7B-Instruct-v0.2"
	cmd := exec.CommandContext(ctx, "node", "openai/client.mjs", serviceURL(t, "mistral-7b")+"/v1", model)
	cmd.Env = append(os.Environ(), "OPENAI_API_KEY="+apiKeyCanary)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the client: %v\n%s", err, out)
	}
	var seen struct {
		Models []string
		Chunks int
		Text   string
		Finish string
		Usage  struct {
			Prompt     int `json:"prompt_tokens"`
			Completion int `json:"completion_tokens"`
			Total      int `json:"total_tokens"`
		}
		Whole                struct{ Text string }
		WrongModel, WrongKey *clientError
	}
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !slices.Equal(seen.Models, []string{model}) {
		t.Errorf("models: %v", seen.Models)
	}
	if seen.Chunks < 24 || seen.Text == "" || seen.Finish != "length" {
		t.Errorf("stream: %d chunks, finished by %q, text %q", seen.Chunks, seen.Finish, seen.Text)
	}
	if seen.Usage.Completion != 24 || seen.Usage.Prompt == 0 || seen.Usage.Total != seen.Usage.Prompt+24 {
		t.Errorf("usage: %+v", seen.Usage)
	}
	if seen.Whole.Text == "" {
		t.Error("a completion without streaming has no text")
	}
	if e := seen.WrongModel; e == nil || e.Status != 404 || e.Class != "NotFoundError" || !strings.Contains(e.Message, "no/such-model") {
		t.Errorf("wrong model: %+v", e)
	}
	if e := seen.WrongKey; e == nil || e.Status != 401 || e.Class != "AuthenticationError" {
		t.Errorf("wrong key: %+v", e)
	}
}

func testRestricted(t *testing.T) {
	if got := kubectl(t, "get", "namespace", testSpace, `--output=jsonpath={.metadata.labels.pod-security\.kubernetes\.io/enforce}`); got != "restricted" {
		t.Errorf("the namespace enforces %q", got)
	}
	pods := strings.Fields(kubectl(t, "--namespace="+testSpace, "get", "pods", "--field-selector=status.phase=Running", "--output=name"))
	if len(pods) != 2 {
		t.Errorf("running pods: %v", pods)
	}
	// The namespace enforces the policy: a pod without a security context is refused.
	out, err := tryKubectl("--namespace="+testSpace, "run", "unrestricted", "--image=localhost/vllmsim:v0.33.0", "--dry-run=server")
	if err == nil || !strings.Contains(out, "violates PodSecurity") {
		t.Errorf("an unrestricted pod: %v, %s", err, out)
	}
}
