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

// called is a stack of one model under a name that may follow others.
func called(name, previous string) string {
	return fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:models:
    - name: %s%s
      model: mistralai/Mistral-7B-Instruct-v0.2
      maxModelLen: 4096
%s      lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 2, shutdownSeconds: 3}
      env: {VLLMSIM_LOAD_SECONDS: "1"}
`, renamedSpace, name, previous, tinyEngine)
}

// TestARenamedModelKeepsItsEngines renames a model twice. With its previous
// names nothing is replaced and no engine restarted, and it answers at all of its
// addresses; without, it is another model.
func TestARenamedModelKeepsItsEngines(t *testing.T) {
	s := newStack(t, called("mistral-7b", ""))
	s.setSecret("apiKey", apiKeyCanary)
	key := secretLines(t, s)
	s.up()
	engines := enginePods(t, renamedSpace)
	for _, step := range []struct {
		name, previous string
		created        []string
	}{
		{"chat", "\n      previousNames: [mistral-7b]", []string{"create Service @chat." + renamedSpace}},
		{"assistant", "\n      previousNames: [chat, mistral-7b]", []string{"create Service @assistant." + renamedSpace}},
	} {
		s.configure(called(step.name, step.previous) + key)
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
	if now := enginePods(t, renamedSpace); !slices.Equal(now, engines) {
		t.Errorf("the engines are %q, and were %q", now, engines)
	}
	for _, name := range []string{"mistral-7b", "chat", "assistant"} {
		url := serviceURLIn(t, renamedSpace, name)
		// The node learns of a new Service a moment after its object is there.
		await(t, name+" to answer", time.Minute, func() bool {
			status, err := askModels(url, apiKeyCanary)
			return err == nil && status == http.StatusOK
		})
	}
	s.configure(called("other", "") + key)
	if _, replaced := s.preview()["create Deployment other"]; !replaced {
		t.Error("without its previous names, a model keeps its Deployment all the same: this test shows nothing")
	}
}
