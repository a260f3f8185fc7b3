//go:build cluster

package e2e

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// testReachability reaches a replica through kubectl and from another pod.
func testReachability(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, layout.DNSIP+":53")
	}}
	address := strings.TrimSuffix(strings.TrimPrefix(serviceURL(t, "mistral-7b"), "http://"), ":8000")
	got, err := resolver.LookupHost(ctx, "mistral-7b."+testSpace+".svc.cluster.local.")
	if err != nil || len(got) != 1 || got[0] != address {
		t.Errorf("the cluster's DNS says %v, %v; the Service has %s", got, err, address)
	}
	out := kubectl(t, "--namespace="+testSpace, "exec", "deployment/mistral-7b", "--", "/vllmsim", "--help")
	if !strings.Contains(out, "usage: vllm serve") {
		t.Errorf("exec: %s", out)
	}
	forward := exec.CommandContext(ctx, "kubectl", "--namespace="+testSpace, "port-forward", "service/mistral-7b", ":8000")
	stdout, err := forward.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := forward.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = forward.Wait() // it was killed
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n') // Forwarding from 127.0.0.1:PORT -> 8000
	if err != nil {
		t.Fatalf("port-forward: %v", err)
	}
	local, _, _ := strings.Cut(strings.TrimPrefix(line, "Forwarding from "), " ")
	response, err := http.Get("http://" + local + "/health")
	if err != nil {
		t.Fatalf("through the port-forward: %v", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("through the port-forward: %s", response.Status)
	}
}
