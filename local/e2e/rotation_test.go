//go:build cluster

package e2e

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// testRotation changes the API key. Meanwhile one of the two keys is always accepted.
func testRotation(t *testing.T, s *stack) {
	s.setSecret("apiKey", nextKeyCanary)
	steps := s.previewSteps("--show-replacement-steps")
	for _, model := range []string{"mistral-7b", "qwen-7b"} {
		expectRotation(t, steps, model)
	}
	url := serviceURL(t, "mistral-7b")
	w := watchService(t, url, apiKeyCanary, nextKeyCanary)
	s.up()
	w.end(t)
	for _, model := range []string{"mistral-7b", "qwen-7b"} {
		url := serviceURL(t, model)
		for key, want := range map[string]int{apiKeyCanary: http.StatusUnauthorized, nextKeyCanary: http.StatusOK} {
			// The rollout ends when the new pod is ready. The Service drops the old pod a
			// moment later.
			await(t, fmt.Sprintf("%s answers %d to %s…", model, want, key[:12]), 10*time.Second, func() bool {
				status, err := askModels(url, key)
				return err == nil && status == want
			})
		}
	}
	secrets := kubectl(t, "--namespace="+testSpace, "get", "secrets", "--output=yaml")
	if strings.Contains(secrets, base64.StdEncoding.EncodeToString([]byte(apiKeyCanary))) {
		t.Error("the old key is still in a Secret")
	}
	if changes := s.preview(); len(changes) != 0 {
		t.Errorf("preview afterwards: %v", changes)
	}
}

// expectRotation fails unless the update creates the new Secret first, then updates the
// Deployment in place, and deletes the old Secret last.
func expectRotation(t *testing.T, steps []change, model string) {
	t.Helper()
	index := func(kind, name string, ops ...string) int {
		return slices.IndexFunc(steps, func(c change) bool {
			return c.kind() == kind && c.name() == name && slices.Contains(ops, c.Op)
		})
	}
	created := index("Secret", model+"-api-key", "create-replacement", "create")
	updated := index("Deployment", model, "update")
	deleted := index("Secret", model+"-api-key", "delete-replaced", "delete")
	if created < 0 || updated < created || deleted < updated {
		t.Errorf("%s: the Secret is created in step %d, the Deployment updated in step %d, the Secret deleted in step %d of %v", model, created, updated, deleted, steps)
	}
	for _, c := range steps {
		if c.kind() == "Deployment" && c.name() == model && c.Op != "update" {
			t.Errorf("%s: the Deployment's step is %s", model, c.Op)
		}
	}
}
