//go:build cluster || budget || faults

package e2e

import (
	"context"
	"net"
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
	address := kubectl(t, "--namespace="+namespace, "get", "service", service, "--output=jsonpath={.spec.clusterIP}") + ":8000"
	awaitRoute(t, address)
	return "http://" + address
}

// routeTime is how long kube-proxy may take to route to a Service that was created
// after its pods were ready, as a model's is.
const routeTime = 5 * time.Second

// awaitRoute waits until an address is routed. A Service without ready pods never
// is, so the wait then ends without one.
func awaitRoute(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), routeTime)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = connection.Close() // it was only opened to see that it can be
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
