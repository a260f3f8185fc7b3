//go:build cluster

package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/commands"
)

// manifestSpace is the namespace of the folder manifests.
const manifestSpace = "inference"

// originalCommands are the commands of the quick start and of the troubleshooting, which the
// page of the folder manifests shows literally.
var originalCommands = []string{
	"kubectl apply -f manifests/namespace.yaml",
	"kubectl apply -f manifests/",
	"kubectl -n inference get pods",
	"kubectl -n inference port-forward svc/vllm 8000:8000",
	"curl http://localhost:8000/v1/models",
	"kubectl -n inference logs -l app=vllm --tail=100",
	"curl http://localhost:8000/metrics | grep num_requests",
}

// simulatedSettings replace the image, the sizes and the times of a model by those of the
// simulator.
const simulatedSettings = `  vllm-eks:defaults:
    image: localhost/vllmsim:v0.33.0
    resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
    lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 2, shutdownSeconds: 3}
    env: {VLLMSIM_LOAD_SECONDS: "1", VLLMSIM_GPU: A10G}
`

// gitops applies the same model with kubectl, with Helm and with Pulumi.
type gitops struct {
	t *testing.T
	// root is the checkout, and dir a folder with the rendered files.
	root, dir string
	// stackFile is the text of the stack file.
	stackFile string
}

func newGitops(t *testing.T) *gitops {
	t.Helper()
	g := &gitops{t: t, root: checkout(t).Root, dir: t.TempDir()}
	text, err := os.ReadFile(filepath.Join(g.root, "examples", "manifests", "Pulumi.vllm.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const version = "      vllmVersion: v0.33.0\n" // replaces an image of the defaults
	if !strings.Contains(string(text), version) {
		t.Fatalf("the stack file does not set the version:\n%s", text)
	}
	g.stackFile = strings.Replace(string(text), version, "", 1) + simulatedSettings
	if err := os.WriteFile(filepath.Join(g.dir, "Pulumi.vllm.yaml"), []byte(g.stackFile), 0o600); err != nil {
		t.Fatal(err)
	}
	return g
}

// program runs a program in a folder, and returns its output.
func (g *gitops) program(dir, name string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(g.t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+g.dir+"/helm-cache", "HELM_CONFIG_HOME="+g.dir+"/helm-config", "HELM_DATA_HOME="+g.dir+"/helm-data")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// must runs a program that must succeed.
func (g *gitops) must(dir, name string, arguments ...string) string {
	g.t.Helper()
	out, err := g.program(dir, name, arguments...)
	if err != nil {
		g.t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(arguments, " "), err, out)
	}
	return out
}

// render runs the command of this repository on the stack file.
func (g *gitops) render(arguments ...string) {
	g.t.Helper()
	g.must(g.root, "go", append([]string{"run", "./cmd/render", filepath.Join(g.dir, "Pulumi.vllm.yaml")}, arguments...)...)
}

// pod returns the specification of the only replica, without its node, and the hash of its
// template, by which Kubernetes recognizes equal templates.
func (g *gitops) pod() (spec, hash string) {
	g.t.Helper()
	var list struct {
		Items []struct {
			Metadata struct {
				DeletionTimestamp string
				Labels            map[string]string
			}
			Spec map[string]any
		}
	}
	out := kubectl(g.t, "--namespace="+manifestSpace, "get", "pods", "--selector=app=vllm", "--output=json")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		g.t.Fatal(err)
	}
	for _, item := range list.Items {
		if item.Metadata.DeletionTimestamp != "" {
			continue
		}
		if spec != "" {
			g.t.Fatal("there are several replicas, want one")
		}
		delete(item.Spec, "nodeName")
		text, err := json.MarshalIndent(item.Spec, "", " ")
		if err != nil {
			g.t.Fatal(err)
		}
		spec, hash = string(text), item.Metadata.Labels["pod-template-hash"]
	}
	if spec == "" || hash == "" {
		g.t.Fatalf("there is no replica:\n%s", out)
	}
	return spec, hash
}

// same checks that the replica is that of kubectl.
func (g *gitops) same(tool, spec, hash string) {
	g.t.Helper()
	got, gotHash := g.pod()
	if got != spec || gotHash != hash {
		g.t.Errorf("the pod of %s has the hash %s and is\n%s\nthat of kubectl has %s and is\n%s", tool, gotHash, got, hash, spec)
	}
}

// gone waits until no object of the model is left.
func (g *gitops) gone() {
	g.t.Helper()
	kinds := "deployments,pods,services,networkpolicies,poddisruptionbudgets,serviceaccounts,hpa,scaledobjects,servicemonitors"
	await(g.t, "no object of the model is left", 2*time.Minute, func() bool {
		out, err := tryKubectl("--namespace="+manifestSpace, "get", kinds, "--selector=app.kubernetes.io/instance=vllm", "--output=name")
		return err == nil && strings.TrimSpace(out) == "" || strings.Contains(out, "No resources found")
	})
}

// TestGitOps applies one model with the commands of the original quick start, with the Helm
// chart and with Pulumi, one after another. All three give the same pod.
func TestGitOps(t *testing.T) {
	t.Parallel()
	if _, err := tryKubectl("get", "namespace", manifestSpace); err == nil {
		t.Skipf("NOT RUN: the namespace %s belongs to the local environment; run make down first", manifestSpace)
	}
	g := newGitops(t)
	t.Cleanup(func() { kubectl(t, "delete", "namespace", manifestSpace, "--ignore-not-found", "--timeout=110s") })
	g.render("--out", filepath.Join(g.dir, "manifests"), "--alternatives")
	var spec, hash string
	passed := t.Run("kubectl, with the original commands", func(t *testing.T) {
		g.t = t
		g.testCommands()
		spec, hash = g.pod()
	})
	if !passed {
		return // the others compare with it
	}
	t.Run("the folder of the repository is accepted", func(t *testing.T) { g.t = t; g.testFolder() })
	t.Run("KEDA refuses a Deployment that an HPA targets", func(t *testing.T) { g.t = t; g.testRefusal() })
	t.Run("Helm", func(t *testing.T) { g.t = t; g.deleteModel(); g.testChart(spec, hash) })
	t.Run("Pulumi", func(t *testing.T) { g.t = t; g.gone(); g.testPulumi(spec, hash) })
}

// documented returns the commands of the page of the folder manifests.
func (g *gitops) documented() []string {
	g.t.Helper()
	page, err := os.ReadFile(filepath.Join(g.root, "manifests", "README.md"))
	if err != nil {
		g.t.Fatal(err)
	}
	var list []string
	for _, block := range commands.Blocks(string(page)) {
		found, err := block.Commands()
		if err != nil {
			g.t.Fatal(err)
		}
		list = append(list, found...)
	}
	return list
}

// testCommands runs the documented commands in their order, in a folder with the rendered
// files, and then sends a request.
func (g *gitops) testCommands() {
	list := g.documented()
	if !slices.Equal(list, originalCommands) {
		g.t.Fatalf("the page has the commands\n%q\nwant\n%q", list, originalCommands)
	}
	expected := map[string]string{
		originalCommands[1]: "deployment.apps/vllm created", originalCommands[2]: "vllm-", originalCommands[4]: `"id":"mistralai/Mistral-7B-Instruct-v0.2"`,
		originalCommands[5]: "/v1/models", originalCommands[6]: "vllm:num_requests_waiting",
	}
	for _, command := range list {
		if strings.Contains(command, "port-forward") {
			kubectl(g.t, "--namespace="+manifestSpace, "rollout", "status", "deployment/vllm", "--timeout=90s")
			g.background(command)
			continue
		}
		if strings.HasSuffix(command, " get pods") { // the Deployment's controller needs a moment
			await(g.t, "the pod exists", 30*time.Second, func() bool { return len(replicaPods(g.t, manifestSpace)) > 0 })
		}
		if out := g.must(g.dir, "bash", "-o", "pipefail", "-c", command); !strings.Contains(out, expected[command]) {
			g.t.Errorf("%s: the output is\n%s\nwant %q", command, out, expected[command])
		}
	}
	g.complete("http://localhost:8000")
	before := g.generations()
	g.must(g.dir, "bash", "-c", originalCommands[1])
	if after := g.generations(); after != before {
		g.t.Errorf("the second apply changes objects:\n%s\nbefore:\n%s", after, before)
	}
}

// generations returns the generation of each object of the folder, which Kubernetes counts up
// with each change.
func (g *gitops) generations() string {
	g.t.Helper()
	return g.must(g.dir, "kubectl", "get", "-f", "manifests/", `--output=jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.generation}{"\n"}{end}`)
}

// background runs a command until the end of the test, and waits until it forwards.
func (g *gitops) background(command string) {
	g.t.Helper()
	log, err := os.Create(filepath.Join(g.dir, "port-forward.log"))
	if err != nil {
		g.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "bash", "-c", "exec "+command)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
		_ = log.Close()
	})
	await(g.t, command, time.Minute, func() bool {
		text, err := os.ReadFile(log.Name())
		return err == nil && strings.Contains(string(text), "Forwarding from 127.0.0.1:8000 -> 8000")
	})
}

// complete sends a request, and fails without tokens.
func (g *gitops) complete(url string) {
	g.t.Helper()
	const body = `{"model":"mistralai/Mistral-7B-Instruct-v0.2","prompt":"Hello","max_tokens":4,"ignore_eos":true}`
	out := g.must(g.dir, "curl", "--silent", "--show-error", "--fail", "--max-time", "30", "--header", "Content-Type: application/json", "--data", body, url+"/v1/completions")
	if !strings.Contains(out, `"completion_tokens":4`) {
		g.t.Errorf("the answer is %s", out)
	}
}

// testFolder sends the folder of the repository, with its real image and sizes, through the
// admission of the API server.
func (g *gitops) testFolder() {
	files, err := filepath.Glob(filepath.Join(g.root, "manifests", "*.yaml"))
	if err != nil {
		g.t.Fatal(err)
	}
	out := g.must(g.root, "kubectl", "apply", "--dry-run=server", "-f", "manifests/")
	if lines := strings.Count(out, "(server dry run)"); lines != len(files) || lines < 14 || strings.Contains(out, "Warning") {
		g.t.Errorf("%d of %d files are accepted:\n%s", lines, len(files), out)
	}
}

// testRefusal applies the alternative, and then the ScaledObject.
func (g *gitops) testRefusal() {
	scaled := filepath.Join(g.dir, "manifests", "keda-scaledobject.yaml")
	alternative := filepath.Join(g.dir, "manifests", "alternatives", "hpa.yaml")
	kubectl(g.t, "delete", "-f", scaled, "--timeout=60s")
	kubectl(g.t, "--namespace="+manifestSpace, "wait", "--for=delete", "hpa/keda-hpa-vllm", "--timeout=60s")
	kubectl(g.t, "apply", "-f", alternative)
	var out string
	await(g.t, "KEDA refuses the ScaledObject", 30*time.Second, func() bool {
		var err error
		out, err = tryKubectl("apply", "-f", scaled) // KEDA's webhook reads a cache of autoscalers
		if err == nil {
			kubectl(g.t, "delete", "-f", scaled, "--timeout=60s")
		}
		return err != nil
	})
	if want := "is already managed by the hpa 'vllm'"; !strings.Contains(out, want) {
		g.t.Errorf("KEDA says %s, want %q", out, want)
	}
	kubectl(g.t, "delete", "-f", alternative)
	await(g.t, "KEDA accepts the ScaledObject again", 30*time.Second, func() bool {
		_, err := tryKubectl("apply", "-f", scaled)
		return err == nil
	})
}
