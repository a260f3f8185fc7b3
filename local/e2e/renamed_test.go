//go:build cluster

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

const renamedSpace = "e2e-renamed"

// modelNamed returns a stack of one model with a name and previous names.
func modelNamed(name, previous string) string {
	return fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:models:
    - name: %s%s
      model: mistralai/Mistral-7B-Instruct-v0.2
      maxModelLen: 4096
%s      lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 2, shutdownSeconds: 3}
      env: {VLLMSIM_LOAD_SECONDS: "1"}
`, renamedSpace, name, previous, tinyReplica)
}

// TestRenamedModelKeepsReplicas renames a model twice. With its previous names nothing is
// replaced, no replica restarts, and the model answers at all of its addresses. Without them,
// it is another model.
func TestRenamedModelKeepsReplicas(t *testing.T) {
	t.Parallel()
	s := newStack(t, modelNamed("mistral-7b", ""))
	s.setSecret("apiKey", apiKeyCanary)
	key := secretLines(t, s)
	s.up()
	replicas := replicaPods(t, renamedSpace)
	for _, step := range []struct {
		name, previous string
		created        []string
	}{
		{"chat", "\n      previousNames: [mistral-7b]", []string{"create Service @chat." + renamedSpace}},
		{"assistant", "\n      previousNames: [chat, mistral-7b]", []string{"create Service @assistant." + renamedSpace}},
	} {
		s.configure(modelNamed(step.name, step.previous) + key)
		var created []string
		for resource, c := range s.preview() {
			if c.Op == "create" {
				created = append(created, resource)
			} else if c.kind() != "VLLMService" {
				t.Errorf("as %s: %s", step.name, resource)
			}
		}
		if !slices.Equal(created, step.created) {
			t.Errorf("as %s, created %q, want %q", step.name, created, step.created)
		}
		s.up()
	}
	if now := replicaPods(t, renamedSpace); !slices.Equal(now, replicas) {
		t.Errorf("the replicas are %q, and were %q", now, replicas)
	}
	for _, name := range []string{"mistral-7b", "chat", "assistant"} {
		url := serviceURLIn(t, renamedSpace, name)
		// The node routes to a new Service a moment after its creation.
		await(t, name+" to answer", time.Minute, func() bool {
			status, err := askModels(url, apiKeyCanary)
			return err == nil && status == http.StatusOK
		})
	}
	s.configure(modelNamed("other", "") + key)
	if _, replaced := s.preview()["create Deployment other"]; !replaced {
		t.Error("a model keeps its Deployment also without its previous names: this test proves nothing")
	}
}
