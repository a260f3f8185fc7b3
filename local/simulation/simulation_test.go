package simulation

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

func stackIn(t *testing.T) Stack {
	t.Helper()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "Pulumi.yaml"), []byte("name: llm\nruntime: go\ndescription: test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := layout.Layout{Root: root}
	return Stack{Layout: l, Folder: l.Simulation("stacks", "dev"), Name: "dev"}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSecretsBecomePlaceholders(t *testing.T) {
	s := stackIn(t)
	configuration := `secretsprovider: awskms://alias/mine
encryptedkey: AQ==
config:
  vllm-eks:apiKey: {secure: v1:theirs}
  vllm-eks:models: [{name: a, env: {secure: fine}}, {token: {secure: v1:theirs}}]
`
	if err := s.Write("/bin/program", configuration); err != nil {
		t.Fatal(err)
	}
	file := read(t, s.ConfigFile())
	for _, gone := range []string{"theirs", "awskms", "encryptedkey"} {
		if strings.Contains(file, gone) {
			t.Errorf("%s is still there:\n%s", gone, file)
		}
	}
	if strings.Count(file, placeholder) != 3 || !strings.Contains(file, encryptionSalt) {
		t.Errorf("got\n%s", file)
	}
	if project := read(t, filepath.Join(s.Project(), "Pulumi.yaml")); !strings.Contains(project, "name: llm") || !strings.Contains(project, "binary: /bin/program") {
		t.Errorf("got\n%s", project)
	}
	if program := read(t, filepath.Join(s.Project(), "program", "Pulumi.yaml")); !strings.Contains(program, "runtime: go\n") {
		t.Errorf("the program's folder is not the checkout:\n%s", program)
	}
	if err := s.Write("", "config: [\n"); err == nil || !strings.Contains(err.Error(), "Pulumi.dev.yaml") {
		t.Errorf("a file that is no YAML: %v", err)
	}
}

// TestEnvironment holds that a simulation has nothing of the user's engine or account.
func TestEnvironment(t *testing.T) {
	for _, name := range []string{"PULUMI_HOME", "PULUMI_ACCESS_TOKEN", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "KUBECONFIG", "VLLM_EKS_SIMULATED_SLOW"} {
		t.Setenv(name, "users")
	}
	s := stackIn(t)
	values := map[string]string{}
	for _, v := range s.Environment("127.0.0.1:1") {
		name, value, _ := strings.Cut(v, "=")
		if value == "users" {
			t.Errorf("%s is the user's", name)
		}
		values[name] = value
	}
	for _, name := range []string{"PULUMI_HOME", "PULUMI_BACKEND_URL", "KUBECONFIG", "TMPDIR", "VLLM_EKS_SIMULATED_ACCOUNT"} {
		if !strings.Contains(values[name], s.Layout.State()) {
			t.Errorf("%s=%s lies outside %s", name, values[name], s.Layout.State())
		}
	}
	if folder, _, _ := strings.Cut(values["PATH"], ":"); folder != s.Layout.Simulation("bin") {
		t.Errorf("PATH=%s", values["PATH"])
	}
}

// TestTools holds that the replacements of two tools answer the component's questions,
// and are absent where the real tools are installed.
func TestTools(t *testing.T) {
	s := stackIn(t)
	t.Setenv("PATH", t.TempDir())
	if err := Prepare(s.Layout); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) (string, error) {
		out, err := exec.Command(s.Layout.Simulation("bin", name), args...).CombinedOutput()
		return string(out), err
	}
	if out, err := run("aws", "--version"); err != nil || !strings.HasPrefix(out, "aws-cli/2.") {
		t.Errorf("aws --version: %v, %s", err, out)
	}
	if out, err := run("kubectl", "version", "--client=true", "--output=json"); err != nil || !strings.Contains(out, "gitVersion") {
		t.Errorf("kubectl version: %v, %s", err, out)
	}
	for name, args := range map[string][]string{"aws": {"eks", "get-token"}, "kubectl": {"apply", "-f", "x"}} {
		if out, err := run(name, args...); err == nil || !strings.Contains(out, "SIMULATED") {
			t.Errorf("%s %v: %v, %s", name, args, err, out)
		}
	}
	if out, err := exec.Command(plugin(s.Layout, eksPlugin, "pulumi-resource-eks")).CombinedOutput(); err == nil || !strings.Contains(string(out), "for make preview") {
		t.Errorf("the component without a simulation: %v, %s", err, out)
	}
	real := t.TempDir()
	for name := range tools {
		if err := script(filepath.Join(real, name), "#!/bin/sh\n"); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", s.Layout.Simulation("bin")+":"+real)
	if err := Prepare(s.Layout); err != nil {
		t.Fatal(err)
	}
	for name := range tools {
		if _, err := os.Stat(s.Layout.Simulation("bin", name)); !os.IsNotExist(err) {
			t.Errorf("%s stands beside the real one: %v", name, err)
		}
	}
}

func TestProxyAnswersOnlyForSimulatedClusters(t *testing.T) {
	p, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse("http://" + p.Address)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(address), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as the component does
	}}
	get := func(target string) (int, error) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			return 0, err
		}
		return response.StatusCode, response.Body.Close()
	}
	if status, err := get("https://llm.us-west-2.eks.simulated.invalid/healthz"); status != http.StatusOK || err != nil {
		t.Errorf("a simulated cluster's health: %d, %v", status, err)
	}
	if status, err := get("https://llm.us-west-2.eks.simulated.invalid/api"); status != http.StatusNotFound || err != nil {
		t.Errorf("a simulated cluster's API: %d, %v", status, err)
	}
	if status, err := get("https://sts.us-west-2.amazonaws.com/"); err == nil {
		t.Errorf("AWS: %d", status)
	}
	if p.Healthy.Load() != 1 || p.Refused.Load() != 2 {
		t.Errorf("counted %d and %d", p.Healthy.Load(), p.Refused.Load())
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// event returns a step on a resource. types are those of the stack, of each component above the
// resource, and of the resource.
func event(op apitype.OpType, custom bool, name string, types ...string) apitype.EngineEvent {
	urn := func(n int) string {
		return "urn:pulumi:dev::llm::" + strings.Join(types[:n], "$") + "::" + names(name, types, n)
	}
	parent := ""
	if len(types) > 1 {
		parent = urn(len(types) - 1)
	}
	return apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: apitype.StepEventMetadata{
		Op: op, URN: urn(len(types)), Type: types[len(types)-1], Logical: true, New: &apitype.StepEventStateMetadata{Custom: custom, Parent: parent},
	}}}
}

// names returns the name of a resource's ancestor: the last word of its type.
func names(name string, types []string, n int) string {
	if n == len(types) {
		return name
	}
	return types[n-1][strings.LastIndex(types[n-1], ":")+1:]
}

func TestReportCountsByComponent(t *testing.T) {
	const network, cluster = "vllm-eks:network:Network", "vllm-eks:cluster:Cluster"
	run := Run{Events: []apitype.EngineEvent{
		event(apitype.OpCreate, false, "Stack", stackType),
		event(apitype.OpCreate, false, "Network", stackType, network),
		event(apitype.OpCreate, true, "a", stackType, network, "aws:ec2/subnet:Subnet"),
		event(apitype.OpUpdate, true, "b", stackType, network, "aws:ec2/subnet:Subnet"),
		event(apitype.OpSame, false, "Cluster", stackType, cluster),
		event(apitype.OpSame, false, "Deep", stackType, cluster, "eks:index:Deep"),
		event(apitype.OpSame, true, "c", stackType, cluster, "eks:index:Deep", "aws:eks/cluster:Cluster"),
		event(apitype.OpCreate, true, "d", stackType, "kubernetes:core/v1:Secret"),
		{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: "warning", Prefix: "<{%fg 3%}>warning: <{%reset%}>", Message: "mind this<{%reset%}>\n"}},
		{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: "warning", Message: "warning: mind this"}},
		{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: "info", Message: "passing", Ephemeral: true}},
	}}
	want := `   1  (the stack itself)  
        kubernetes:core/v1:Secret  1 to create
   1  Cluster  vllm-eks:cluster:Cluster
        aws:eks/cluster:Cluster  1 unchanged
   2  Network  vllm-eks:network:Network
        aws:ec2/subnet:Subnet  1 to create, 1 to update
   4  resources in 3 components: 2 to create, 1 unchanged, 1 to update
`
	if got := run.Report(false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := run.Report(true); strings.Contains(got, cluster) || !strings.Contains(got, network) || !strings.Contains(got, "4  resources in 3 components") {
		t.Errorf("of the changes alone, got\n%s", got)
	}
	if got := run.Messages(); !slices.Equal(got, []string{"warning: mind this"}) {
		t.Errorf("got %q", got)
	}
}

// TestSweep holds that the plugins of a killed engine end with the command.
func TestSweep(t *testing.T) {
	proxy := t.TempDir() // nobody else has it
	cmd := exec.CommandContext(context.Background(), "sleep", "60")
	cmd.Env = []string{"VLLM_EKS_SIMULATED_PROXY=" + proxy, "PATH=/bin:/usr/bin"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if found := processes(proxy); !slices.Equal(found, []int{cmd.Process.Pid}) {
		t.Fatalf("found %v, want %d", found, cmd.Process.Pid)
	}
	if err := sweep(proxy); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("the process ended by itself")
	}
}
