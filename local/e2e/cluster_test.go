//go:build cluster || budget || faults

package e2e

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// kubectl returns what a command prints.
func kubectl(t testing.TB, args ...string) string {
	t.Helper()
	out, err := tryKubectl(args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func tryKubectl(args ...string) (string, error) {
	return kubectlWithInput("", args...)
}

// kubectlWithInput hands something to a command that reads it.
func kubectlWithInput(input string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "kubectl", args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// serviceURLIn is where a Service of a namespace is reached.
func serviceURLIn(t *testing.T, namespace, service string) string {
	t.Helper()
	return "http://" + kubectl(t, "--namespace="+namespace, "get", "service", service, "--output=jsonpath={.spec.clusterIP}") + ":8000"
}
