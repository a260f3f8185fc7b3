//go:build cluster || budget || faults

package e2e

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// kubectl returns a command's output.
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

// kubectlWithInput runs a command with an input.
func kubectlWithInput(input string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "kubectl", args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// serviceURLIn returns the URL of a Service in a namespace.
func serviceURLIn(t *testing.T, namespace, service string) string {
	t.Helper()
	address := kubectl(t, "--namespace="+namespace, "get", "service", service, "--output=jsonpath={.spec.clusterIP}") + ":8000"
	awaitRoute(t, address)
	return "http://" + address
}

// clusterURL returns the URL of a port of a Service.
func clusterURL(t *testing.T, namespace, service string, port int) string {
	t.Helper()
	return fmt.Sprintf("http://%s:%d", kubectl(t, "--namespace="+namespace, "get", "service", service, "--output=jsonpath={.spec.clusterIP}"), port)
}

// routeTime bounds the time in which kube-proxy routes to a Service that is created after its
// pods are ready, like a model's.
const routeTime = 5 * time.Second

// awaitRoute waits until an address is routed. A Service without ready pods is never routed;
// then the wait ends without a route.
func awaitRoute(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), routeTime)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = connection.Close() // the connection was only a test
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
