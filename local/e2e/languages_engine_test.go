//go:build engine

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/simulation"
)

// userCluster is a kubeconfig of a simulated cluster, with the context mine.
const userCluster = `{apiVersion: v1, kind: Config, current-context: mine,
clusters: [{name: mine, cluster: {server: "https://theirs.simulated.invalid"}}],
contexts: [{name: mine, context: {cluster: mine, user: me}}], users: [{name: me, user: {token: simulated}}]}`

// simulatedEnvironment returns the environment of a real engine with a simulated cluster, in a
// folder.
func simulatedEnvironment(t *testing.T, folder string) []string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "kubeconfig"), []byte(userCluster), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tmp", "account"} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return simulation.Stack{Layout: checkout(t), Folder: folder, Name: languageStack}.Environment("127.0.0.1:0")
}

// TestLanguages runs the same service in Go, YAML and TypeScript, with the real engine
// and hosts and a simulated cluster.
func TestLanguages(t *testing.T) {
	t.Parallel()
	objects := map[string]map[string]string{}
	for _, l := range languages() {
		t.Run(l.project, func(t *testing.T) {
			folder := accountFolder(t)
			e := newExample(t, l, folder, "mine", simulatedEnvironment(t, folder))
			if out := e.do("preview"); !strings.Contains(out, "+ 11 to create") {
				t.Errorf("the preview is\n%s", out)
			}
			if out := e.do("up"); !strings.Contains(out, "http://mistral-7b.inference.svc.cluster.local:8000") {
				t.Errorf("the update has no address:\n%s", out)
			}
			objects[l.project] = e.objects()
			if out := e.do("preview"); !strings.Contains(out, "unchanged") || strings.Contains(out, "to create") || strings.Contains(out, "to update") {
				t.Errorf("a second preview has changes:\n%s", out)
			}
			e.do("destroy")
			if rest := e.objects(); len(rest) > 0 {
				t.Errorf("after destroy there are %q", rest)
			}
		})
	}
	expectSameObjects(t, "inference", objects)
}

// TestTypeScriptWantsACluster holds that the example in TypeScript creates nothing without
// the name of a cluster, as the others do that read it from the stack's configuration.
func TestTypeScriptWantsACluster(t *testing.T) {
	t.Parallel()
	for _, l := range languages() {
		if l.project != "existing-cluster-typescript" {
			continue
		}
		folder := accountFolder(t)
		e := newExample(t, l, folder, "", simulatedEnvironment(t, folder))
		for _, args := range [][]string{{"up"}, {"up", ""}, {}} {
			out, err := e.try("", "node", append([]string{filepath.Join(e.folder, "index.js")}, args...)...)
			if err == nil || !strings.Contains(out, "want a command and a context of your kubeconfig") {
				t.Errorf("%q: %v, want what is missing\n%s", args, err, out)
			}
		}
	}
}

// TestErrorsOfOutputsInGo holds how a Go program shows the problem of an output: Pulumi
// puts words of its own in front of the key, as docs/languages.md says.
func TestErrorsOfOutputsInGo(t *testing.T) {
	t.Parallel()
	folder := accountFolder(t)
	e := newExample(t, languages()[0], folder, "mine", simulatedEnvironment(t, folder),
		`pulumi.String("inference")`, `pulumi.String("Bad_Name").ToStringOutput()`)
	args := e.cli("preview")
	out, err := e.try("", args[0], args[1:]...)
	if want := "waiting for RPCs: resolving options: mistral-7b.namespace: is \"Bad_Name\""; err == nil || !strings.Contains(out, want) {
		t.Errorf("the preview is %v, want %s\n%s", err, want, out)
	}
}

// chained is a program with two services. Inputs of the second are NAMESPACE, MAX and ADDRESS,
// which may be outputs of the first.
const chained = `name: chained
runtime: yaml
packages: {vllm-eks: ../../provider}
config: {context: {type: string}}
resources:
  cluster:
    type: pulumi:providers:kubernetes
    properties: {context: "${context}"}
  first:
    type: vllm-eks:serving:VLLMService
    properties: {name: first, namespace: inference, model: Qwen/Qwen3-8B, maxModelLen: 8192, gpu: {type: A10G}}
    options: {providers: ["${cluster}"]}
  second:
    type: vllm-eks:serving:VLLMService
    properties:
      name: second
      namespace: NAMESPACE
      model: Qwen/Qwen3-8B
      maxModelLen: 8192
      gpu: {type: A10G}
      apiKey: {value: "sk-canary"}
      replicas:
        max: MAX
      monitoring:
        prometheusUrl: ADDRESS
    options: {providers: ["${cluster}"]}
outputs:
  secret: ${second.apiKeySecret}
`

// TestOutputsAreInputs passes outputs of one component to another, with the real engine. Valid
// outputs create the same objects as plain values, and invalid ones are refused.
func TestOutputsAreInputs(t *testing.T) {
	t.Parallel()
	folder := accountFolder(t)
	e := &example{language: language{project: "chained", command: (*example).cli}, t: t, folder: folder, context: "mine"}
	e.environment = append(simulatedEnvironment(t, folder), "PULUMI_BACKEND_URL=file://"+e.backend())
	if err := os.MkdirAll(e.backend(), 0o700); err != nil {
		t.Fatal(err)
	}
	program := func(namespace, maximum, address string) {
		text := strings.NewReplacer("NAMESPACE", namespace, "MAX", maximum, "ADDRESS", address).Replace(chained)
		e.write("Pulumi.yaml", strings.ReplaceAll(text, "../../provider", filepath.Join(checkout(t).Root, "provider")))
	}
	program("inference", "2", "http://first.inference.svc.cluster.local:8000")
	e.initialize()
	e.do("up")
	plain := e.objects()
	program("${first.namespace}", "2", "${first.url}")
	if out := e.do("up"); !strings.Contains(out, "    17 unchanged") {
		t.Errorf("outputs in place of the same plain values change objects:\n%s", out)
	}
	produced := e.objects()
	if plain["kubernetes:core/v1:Service @second.inference"] == "" || produced["kubernetes:core/v1:Service @second"] != plain["kubernetes:core/v1:Service @second.inference"] {
		t.Errorf("the Service of the second model is another one: %q", produced)
	}
	for name, change := range map[string]struct{ namespace, maximum, address, want string }{
		"an address that is none":   {"${first.namespace}", "2", "${first.name}", "second.monitoring.prometheusUrl: is not an address"},
		"a name that is none":       {"${first.url}", "2", "${first.url}", "second.namespace: is \"http://first"},
		"a number out of its range": {"inference", "${first.port}", "${first.url}", "second.replicas.max: is 8000, want"},
	} {
		t.Run(name, func(t *testing.T) {
			program(change.namespace, change.maximum, change.address)
			args := e.cli("preview")
			out, err := e.try("", args[0], args[1:]...)
			if err == nil || !strings.Contains(out, change.want) {
				t.Errorf("the preview is %v, want %s\n%s", err, change.want, out)
			}
		})
	}
	for name, inputs := range e.objects() {
		if strings.Contains(inputs, "canary") {
			t.Errorf("%s has a secret in clear", name)
		}
	}
	program("${first.namespace}", "2", "${first.url}")
	e.do("destroy")
}
