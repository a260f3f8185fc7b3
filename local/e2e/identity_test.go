//go:build engine

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/simulation"
)

// existingCluster returns a stack of one model on a cluster of the user's.
func existingCluster(kubeconfig, context, namespace, model string) string {
	return fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {kubeconfig: %s, context: %s}}
  vllm-eks:namespaces: [{name: inference%s}]
  vllm-eks:models: [{name: %s, model: Qwen/Qwen3-8B, maxModelLen: 8192}]
`, kubeconfig, context, namespace, model)
}

// TestUpdatesKeepObjects makes changes that move an object to another resource. Then the engine
// creates one resource and deletes the other, and both have the same object. The object must
// remain.
func TestUpdatesKeepObjects(t *testing.T) {
	t.Parallel()
	folder := accountFolder(t)
	kubeconfig := filepath.Join(folder, "theirs")
	if err := os.WriteFile(kubeconfig, []byte(`{apiVersion: v1, kind: Config, users: [{name: me, user: {token: simulated}}],
clusters: [{name: mine, cluster: {server: "https://theirs.simulated.invalid"}}, {name: other, cluster: {server: "https://other.simulated.invalid"}}],
contexts: [{name: mine, context: {cluster: mine, user: me}}, {name: renamed, context: {cluster: mine, user: me}}, {name: other, context: {cluster: other, user: me}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	const existing = ", existing: true"
	s := newSimulated(t, folder, "identity", existingCluster(kubeconfig, "mine", "", "first"))
	s.up()
	for _, step := range []struct {
		context, namespace, model string
		want                      []string
	}{
		{"renamed", "", "first", []string{"update kubernetes cluster"}},
		{"mine", "", "first", []string{"update kubernetes cluster"}},
		{"mine", "", "second, previousNames: [first]", []string{"create Service @second.inference"}},
		{"mine", "", "first", []string{"delete Service @second.inference"}},
		{"mine", "", "first, previousNames: [second, first]", []string{"create Service @second.inference"}},
		{"mine", "", "third, previousNames: [second, first]", []string{"create Service @third.inference"}},
		{"mine", existing, "third, previousNames: [second, first]", []string{"delete NetworkPolicy inference"}},
		{"mine", existing, "third, previousNames: [second, first]", []string{"discard Namespace inference"}},
		{"mine", existing, "third, previousNames: [second, first]", nil},
	} {
		s.configure(existingCluster(kubeconfig, step.context, step.namespace, step.model))
		expectChanges(t, s.must("preview"), step.want...)
		expectChanges(t, s.up(), step.want...)
	}
	for name, line := range map[string]struct{ context, model, want string }{
		"another cluster":        {"other", "third, previousNames: [second, first]", "cluster.existing.context: is \"other\""},
		"without its first name": {"mine", "third, previousNames: [second]", "models[0].previousNames: is [second]"},
	} {
		s.configure(existingCluster(kubeconfig, line.context, existing, line.model))
		run, err := s.try(t.Context(), simulation.Options{}, "preview")
		if messages := strings.Join(run.Messages(), "\n"); err == nil || !strings.Contains(messages, line.want) {
			t.Errorf("%s: %v\n%s", name, err, messages)
		}
	}
	// In an older state, resources had the latest name.
	s.configure(existingCluster(kubeconfig, "mine", existing, "third, previousNames: [second, first]"))
	s.rewriteState("::@third.inference", "::third.third", "::@second.inference", "::third.second", "::@first.inference", "::third", `::first"`, `::third"`)
	expectChanges(t, s.must("preview"))
	expectChanges(t, s.up())
	s.must("destroy", "--yes", "--skip-preview")
	expectEmpty(t, folder)
}

// rewriteState replaces strings in the stack's state: old, new, …
func (s *simulated) rewriteState(oldNew ...string) {
	s.t.Helper()
	file := s.stateFile()
	text, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(string(text), oldNew[i]) {
			s.t.Fatalf("the state has no %q", oldNew[i])
		}
	}
	if err := os.WriteFile(file, []byte(strings.NewReplacer(oldNew...).Replace(string(text))), 0o600); err != nil {
		s.t.Fatal(err)
	}
}
