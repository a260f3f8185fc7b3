//go:build lifecycle

package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// testTargetKubeconfig deploys to the embedded cluster as if it was the user's own. The
// simulator's image is pushed to a registry on loopback, which the node cannot reach, so the
// image is also imported under that name.
func testTargetKubeconfig(t *testing.T, l layout.Layout) {
	env := environment(t, l)
	pulumi(t, l, env, "destroy", "--yes", "--skip-preview", "--stack=local")
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	data, err := os.ReadFile(l.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kubeconfig, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, kubeconfig, want string }{
		{"without an answer", kubeconfig, "YES=1"},
		{"without an answer, the image", kubeconfig, "vLLM (real)"},
		{"a missing file", kubeconfig + ".missing", "TARGET_KUBECONFIG:"},
	} {
		if out, err := makeCommand(l, "up", "TARGET_KUBECONFIG="+c.kubeconfig); err == nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: %v, want %q\n%s", c.name, err, c.want, out)
		}
	}
	server := httptest.NewServer(registry.New())
	defer server.Close()
	image := strings.TrimPrefix(server.URL, "http://") + "/vllmsim:v0.33.0"
	if out, err := exec.Command(l.Bin("kube"), "image", "--root="+l.Root, image, l.Bin("vllmsim")).CombinedOutput(); err != nil {
		t.Fatalf("kube image: %v\n%s", err, out)
	}
	config := filepath.Join(l.Root, "Pulumi.own.yaml")
	if _, err := os.Stat(config); err == nil {
		t.Fatalf("%s is a user's: remove it to run this test", config)
	}
	t.Cleanup(func() { _ = os.Remove(config) })
	out := mustMake(t, l, "up", "TARGET_KUBECONFIG="+kubeconfig, "VLLMSIM_IMAGE="+image, "YES=1")
	if !strings.Contains(out, "First token ") || !strings.Contains(out, "SIMULATOR, pushed as "+image) {
		t.Errorf("make up:\n%s", out)
	}
	response, err := http.Get(server.URL + "/v2/vllmsim/tags/list")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the image was not pushed: %s", response.Status)
	}
	out, err = makeCommand(l, "down")
	if err == nil {
		t.Errorf("make down removed the state of a deployed stack:\n%s", out)
	}
	removeStackOwn(t, l, out)
}

// removeStackOwn runs the commands in the output of `make down`.
func removeStackOwn(t *testing.T, l layout.Layout, output string) {
	t.Helper()
	const destroy = "pulumi destroy --stack own"
	_, commands, found := strings.Cut(output, "remove it first:")
	commands, _, named := strings.Cut(commands, destroy)
	if !found || !named {
		t.Fatalf("make down does not say how to remove the stack:\n%s", output)
	}
	cmd := exec.Command("bash", "-euc", commands+destroy+" --yes --skip-preview")
	cmd.Dir = l.Root
	cmd.Env = append(os.Environ(), "MAKEFLAGS=--no-print-directory") // else the output of make inside make would be evaluated too
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s%s: %v\n%s", commands, destroy, err, out)
	}
}

func testOtherKubelet(t *testing.T, l layout.Layout) {
	mustMake(t, l, "stop")
	kubeletCopy := filepath.Join(t.TempDir(), "kubelet")
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kubeletCopy, binary, 0o700); err != nil { //nolint:gosec // it is run below
		t.Fatal(err)
	}
	cmd := exec.Command(kubeletCopy, "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if out, err := makeCommand(l, "up"); err == nil || !strings.Contains(out, "another Kubernetes node") {
		t.Errorf("make up beside another kubelet: %v\n%s", err, out)
	}
}

// testSecondCheckout runs the cluster's program for another checkout, while this checkout's
// cluster runs.
func testSecondCheckout(t *testing.T, l layout.Layout) {
	const pods = `--output=jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[*].containerID}{"\n"}{end}`
	podsBefore := ownKubectl(t, l, "get", "pods", "--all-namespaces", pods)
	processesBefore, routesBefore := podProcesses(t), clusterRoutes(t)
	if len(processesBefore) == 0 || len(routesBefore) == 0 {
		t.Fatalf("nothing to disturb: processes %v, routes %v", processesBefore, routesBefore)
	}
	replica := watchService(t, "http://"+ownKubectl(t, l, "--namespace=inference", "get", "service", "mistral-7b", "--output=jsonpath={.spec.clusterIP}")+":8000", "")
	second := layout.Layout{Root: t.TempDir()}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, l.Bin("kube"), "start", "--root="+second.Root).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another Kubernetes node runs on this machine") {
		t.Errorf("kube start of another checkout: %v\n%s", err, out)
	}
	out, err = exec.CommandContext(ctx, l.Bin("kube"), "check", "--root="+second.Root).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "run make -C "+l.Root+" down") {
		t.Errorf("kube check of another checkout does not name this one: %v\n%s", err, out)
	}
	out, err = exec.CommandContext(ctx, l.Bin("kube"), "remove", "--root="+second.Root).CombinedOutput()
	if err != nil {
		t.Errorf("kube remove of another checkout: %v\n%s", err, out)
	}
	replica.end(t)
	if _, err := os.Stat(second.Kube()); !os.IsNotExist(err) {
		t.Errorf("%s was not removed: %v", second.Kube(), err)
	}
	if now := podProcesses(t); !slices.Equal(now, processesBefore) {
		t.Errorf("the pods' processes were %v, are %v", processesBefore, now)
	}
	if now := ownKubectl(t, l, "get", "pods", "--all-namespaces", pods); now != podsBefore {
		t.Errorf("pods before:\n%s\nafter:\n%s", podsBefore, now)
	}
	if now := clusterRoutes(t); !slices.Equal(now, routesBefore) {
		t.Errorf("the routes were %v, are %v", routesBefore, now)
	}
	mustMake(t, l, "status")
}
