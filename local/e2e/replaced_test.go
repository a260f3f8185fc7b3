//go:build cluster

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const replacedSpace = "e2e-replaced"

// oneModelIn returns a stack of one model in a namespace, on the cluster of a context.
func oneModelIn(t *testing.T, context, kubeconfig, namespace, model string) string {
	t.Helper()
	existing := "{context: " + context + "}"
	if kubeconfig != "" {
		existing = "{context: " + context + ", kubeconfig: " + kubeconfig + "}"
	}
	return `config:
  vllm-eks:cluster: {existing: ` + existing + `}
  vllm-eks:namespaces: [` + namespace + `]
  vllm-eks:models:
    - ` + model + `
      model: mistralai/Mistral-7B-Instruct-v0.2
      maxModelLen: 4096
` + tinyReplica + `      lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 2, shutdownSeconds: 3}
      env: {VLLMSIM_LOAD_SECONDS: "1"}
`
}

// renamedKubeconfig writes the cluster's kubeconfig, with the context renamed, and with the
// context of another cluster.
func renamedKubeconfig(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := kubectl(t, "config", "view", "--raw", "--flatten")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"rename-context", "vllm-eks-local", "renamed"},
		{"set-cluster", "other", "--server=https://127.0.0.1:1"},
		{"set-context", "other", "--cluster=other"},
	} {
		kubectl(t, slices.Concat([]string{"--kubeconfig=" + file, "config"}, args)...)
	}
	return file
}

// TestReplacementKeepsTheService makes the changes after which one resource creates and another
// deletes an object of the same name, while clients send requests all the time.
func TestReplacementKeepsTheService(t *testing.T) {
	t.Parallel()
	const local, mine, theirs = "vllm-eks-local", "{name: " + replacedSpace + "}", "{name: " + replacedSpace + ", existing: true}"
	t.Cleanup(func() { // the destroyed stack leaves the namespace
		if out, err := tryKubectl("delete", "namespace", replacedSpace, "--ignore-not-found"); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	s := newStack(t, oneModelIn(t, local, "", mine, "name: first"))
	s.up()
	replicas := replicaPods(t, replacedSpace)
	watch := watchService(t, serviceURLIn(t, replacedSpace, "first"), "")
	kubeconfig := renamedKubeconfig(t)

	for _, step := range []struct{ name, context, kubeconfig, namespace, model string }{
		{"the context is renamed", "renamed", kubeconfig, mine, "name: first"},
		{"the context has its old name again", local, "", mine, "name: first"},
		{"the model is renamed", local, "", mine, "name: second\n      previousNames: [first]"},
		{"the renaming is reverted", local, "", mine, "name: first"},
		{"the model is renamed once more", local, "", mine, "name: second\n      previousNames: [first]"},
		{"the model has its first name again, with both addresses", local, "", mine, "name: first\n      previousNames: [second, first]"},
		{"the namespace becomes an existing one", local, "", theirs, "name: first\n      previousNames: [second, first]"},
		{"the namespace is no longer the stack's", local, "", theirs, "name: first\n      previousNames: [second, first]"},
	} {
		s.configure(oneModelIn(t, step.context, step.kubeconfig, step.namespace, step.model))
		s.up()
		if now := replicaPods(t, replacedSpace); !slices.Equal(now, replicas) {
			t.Fatalf("%s: the replicas are %q, and were %q", step.name, now, replicas)
		}
		if changes := s.preview(); len(changes) > 1 { // the stack discards the namespace that it has read
			t.Errorf("%s: the next preview has %v", step.name, changes)
		}
	}
	watch.end(t)

	t.Run("the context of another cluster is refused", func(t *testing.T) {
		s.configure(oneModelIn(t, "other", kubeconfig, theirs, "name: first\n      previousNames: [second, first]"))
		expectRefusal(t, s, `cluster.existing.context: is "other", whose cluster https://127.0.0.1:1 is not`)
	})
	t.Run("dropping the first name", func(t *testing.T) {
		s.configure(oneModelIn(t, local, "", theirs, "name: second\n      previousNames: [first]"))
		s.up()
		s.configure(oneModelIn(t, local, "", theirs, "name: second"))
		expectRefusal(t, s, "models[0].previousNames: is []")
		// Without the record the replicas are replaced, and no request is lost.
		forgetDeployed(t, s)
		url := serviceURLIn(t, replacedSpace, "second")
		watch := watchService(t, url, "")
		s.up()
		watch.end(t)
		if again := serviceURLIn(t, replacedSpace, "second"); again != url {
			t.Errorf("the address was %s, and is %s: its Service was deleted", url, again)
		}
	})
	t.Run("an existing namespace outlives the stack", func(t *testing.T) {
		s.pulumi("destroy", "--yes", "--skip-preview", "--stack="+stackName)
		if phase := kubectl(t, "get", "namespace", replacedSpace, "--output=jsonpath={.status.phase}"); phase != "Active" {
			t.Errorf("the namespace is %s", phase)
		}
	})
}

func expectRefusal(t *testing.T, s *stack, want string) {
	t.Helper()
	out, err := s.run(2*time.Minute, "preview", "--stack="+stackName)
	if err == nil || !strings.Contains(out, want) {
		t.Errorf("pulumi preview: %v, does not say %q:\n%s", err, want, out)
	}
}

// forgetDeployed removes the record of the last update from the stack's outputs.
func forgetDeployed(t *testing.T, s *stack) {
	t.Helper()
	var state map[string]any
	if err := json.Unmarshal([]byte(s.state()), &state); err != nil {
		t.Fatal(err)
	}
	for _, r := range state["deployment"].(map[string]any)["resources"].([]any) {
		if outputs, ok := r.(map[string]any)["outputs"].(map[string]any); ok {
			delete(outputs, "deployed")
		}
	}
	text, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.pulumi("stack", "import", "--file="+file, "--stack="+stackName)
}
