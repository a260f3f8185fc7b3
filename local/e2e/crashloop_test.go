//go:build cluster

package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"
)

// testCrashLoop deploys the broken model. The Deployment's deadline is provision 10 + 2 × load
// 6 + drain 4 + shutdown 3 + 10 seconds. Pulumi waits 10 seconds longer, so that it can report
// Kubernetes' reason.
func testCrashLoop(t *testing.T, s *stack) {
	const deadline, margin = 39 * time.Second, 10 * time.Second
	if got := kubectl(t, "--namespace="+testSpace, "get", "deployment", "mistral-7b", "--output=jsonpath={.spec.progressDeadlineSeconds}"); got != fmt.Sprint(deadline.Seconds()) {
		t.Errorf("progressDeadlineSeconds: got %s, want %v", got, deadline.Seconds())
	}
	url := serviceURL(t, "mistral-7b")
	old := watchService(t, url, apiKeyCanary)
	began := time.Now()
	out, err := s.run(4*time.Minute, "up", "--yes", "--skip-preview", "--stack="+stackName)
	took := time.Since(began)
	if err == nil {
		t.Fatalf("pulumi up succeeded:\n%s", out)
	}
	old.end(t)
	// The Pulumi engine starts and the program is built in the remaining time.
	if limit := deadline + margin + 30*time.Second; took > limit {
		t.Errorf("failed after %s, want at most %s", took, limit)
	}
	for _, want := range []string{
		`mistral-7b`,
		`timed out|not ready after|no progress`,
		`CrashLoopBackOff|Cannot load model broken/broken-7b`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("the error does not say %q:\n%s", want, out)
		}
	}
	if status, err := askModels(url, apiKeyCanary); err != nil || status != http.StatusOK {
		t.Errorf("afterwards the old replica answers %d, %v", status, err)
	}
}
