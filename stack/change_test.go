package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

func everything(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// changed are the resources that differ between two runs of the program, as a
// preview would list them.
func changed(t *testing.T, before, after string) []string {
	t.Helper()
	was := byName(t, mustRecord(t, "test", mustParse(t, before)))
	is := byName(t, mustRecord(t, "test", mustParse(t, after)))
	return differences(was, is)
}

// differences are the names that one has and the other lacks, or has with
// something else.
func differences(was, is map[string]string) []string {
	var names []string
	for name, text := range is {
		switch old, existed := was[name]; {
		case !existed:
			names = append(names, "+ "+name)
		case old != text:
			names = append(names, "~ "+name)
		}
	}
	for name := range was {
		if _, still := is[name]; !still {
			names = append(names, "- "+name)
		}
	}
	slices.Sort(names)
	return names
}

// byName are the inputs of every resource. How long the engine waits for one is
// not among them: it shows in no preview.
func byName(t *testing.T, r *stacktest.Recording) map[string]string {
	t.Helper()
	inputs := map[string]string{}
	for _, resource := range r.Resources() {
		resource.Timeouts = nil
		text, err := json.Marshal(resource)
		if err != nil {
			t.Fatal(err)
		}
		inputs[resource.Type+"::"+resource.Name] = string(text)
	}
	return inputs
}

func TestOneLineChanges(t *testing.T) {
	const (
		assistant = "~ kubernetes:apps/v1:Deployment::llama" // its first name
		ranker    = "~ kubernetes:apps/v1:Deployment::ranker"
		coder     = "~ kubernetes:apps/v1:Deployment::coder"
	)
	tests := []struct {
		name, old, new string
		want           []string
	}{
		{"no change", "name: coder", "name: coder", nil},
		{"model id", "weights/qwen/Qwen2.5-7B", "weights/qwen/Qwen2.5-7B-Instruct", []string{coder}},
		{"maxModelLen", "maxModelLen: 16384", "maxModelLen: 8192", []string{assistant}},
		{"gpu.count", "gpu: {count: 2}", "gpu: {count: 4}", []string{assistant}},
		{"replicas.max", "{min: 2, max: 5}", "{min: 2, max: 7}", []string{"~ kubernetes:keda.sh/v1alpha1:ScaledObject::llama"}},
		{"provisionSeconds", "provisionSeconds: 900", "provisionSeconds: 800", []string{assistant}},
		{"loadSeconds of the defaults", "loadSeconds: 300", "loadSeconds: 400", []string{coder, assistant, ranker,
			"~ kubernetes:policy/v1:PodDisruptionBudget::llama"}}, // of two engines on a node, both may then go at once
		{"resources.disk", "disk: 90Gi", "disk: 100Gi", []string{assistant}},
		{"vllmVersion of the defaults", "vllmVersion: v0.33.1", "vllmVersion: v0.33.2", []string{coder}},
		{"nodeSelector of the defaults", "arch: amd64", "arch: arm64", []string{coder, assistant, ranker}},
		{"namespace is added", "{name: chat}", "{name: chat}, {name: spare}", []string{
			"+ kubernetes:core/v1:Namespace::spare", "+ kubernetes:networking.k8s.io/v1:NetworkPolicy::spare"}},
		{"existing namespace is added", "{name: chat}", "{name: chat}, {name: spare, existing: true}", []string{"+ kubernetes:core/v1:Namespace::spare"}}, // which is read once
		{"path of the kubeconfig", "~/clusters/everything", "/etc/everything", []string{"~ pulumi:providers:kubernetes::cluster"}},
		{"apiKey is removed", "  vllm-eks:apiKey: {secure: sk-canary-5e7a9b31}\n", "", []string{
			"- kubernetes:core/v1:Secret::coder-api-key", "- kubernetes:core/v1:Secret::llama-api-key", coder, assistant,
			"~ kubernetes:monitoring.coreos.com/v1:ServiceMonitor::coder", "~ kubernetes:monitoring.coreos.com/v1:ServiceMonitor::llama",
		}},
	}
	// Without its API key, an engine that the internet reaches would be refused.
	before := strings.Replace(everything(t), "internetFacing: true", "internetFacing: false", 1)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(before, test.old) && len(test.want) > 0 {
				t.Fatalf("testdata/everything.yaml has no %q", test.old)
			}
			got := changed(t, before, strings.Replace(before, test.old, test.new, 1))
			if !slices.Equal(got, test.want) {
				t.Errorf("changed %q, want %q", got, test.want)
			}
		})
	}
}

// naming records a program as a provider that names Secrets after their
// contents, so that another value shows although no recording holds values.
type naming struct {
	stacktest.Recording
	deletedFirst []string
}

func (n *naming) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	id, outputs, err := n.Recording.NewResource(args)
	if args.RegisterRPC.GetDeleteBeforeReplace() {
		n.deletedFirst = append(n.deletedFirst, args.Name)
	}
	if data := args.Inputs["stringData"]; data.IsSecret() {
		metadata := outputs["metadata"].ObjectValue().Copy()
		sum := sha256.Sum256([]byte(data.SecretValue().Element.String()))
		metadata["name"] = resource.NewProperty(args.Name + "-" + hex.EncodeToString(sum[:4]))
		outputs["metadata"] = resource.NewProperty(metadata)
	}
	return id, outputs, err
}

// apiKeys are the names of the Secrets that the engines read their API key
// from.
func (n *naming) apiKeys() map[string]string {
	names := map[string]string{}
	for _, r := range n.Resources() {
		env, _ := at(r.Inputs, "spec", "template", "spec", "containers", 0, "env").([]any)
		for _, variable := range env {
			if at(variable, "name") == "VLLM_API_KEY" {
				names[r.Name] = fmt.Sprint(at(variable, "valueFrom", "secretKeyRef", "name"))
			}
		}
	}
	return names
}

func recordNaming(t *testing.T, yaml string) *naming {
	t.Helper()
	n := &naming{}
	c := mustParse(t, yaml)
	var source config.Source
	program := func(ctx *pulumi.Context) error { return deploy(ctx, &source) }
	if err := pulumi.RunErr(program, pulumi.WithMocks(stacktest.Project, "test", n), c.Option, source.Capture); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRotation changes the API key. Each Secret with it is replaced, because it
// is immutable, and the new one comes first, because the provider makes up its
// name; the engines wait for it and refer to it by that name, so the old one is
// there as long as an engine needs it. Prometheus is told the name as well.
// Nothing else changes.
func TestRotation(t *testing.T) {
	text := everything(t)
	before := recordNaming(t, text)
	after := recordNaming(t, strings.Replace(text, "sk-canary-5e7a9b31", "sk-canary-another", 1))
	was, is := before.apiKeys(), after.apiKeys()
	if len(is) != 3 || is["ranker"] != "ranker-keys" {
		t.Fatalf("engines read API keys from %v, want 3 of them, that of ranker from its own", is)
	}
	delete(is, "ranker")
	for model, name := range is {
		if !strings.HasPrefix(name, model+"-api-key-") || name == was[model] {
			t.Errorf("%s reads %s after %s, want a new Secret of its own", model, name, was[model])
		}
	}
	want := []string{
		"~ kubernetes:apps/v1:Deployment::coder", "~ kubernetes:apps/v1:Deployment::llama",
		"~ kubernetes:monitoring.coreos.com/v1:ServiceMonitor::coder", "~ kubernetes:monitoring.coreos.com/v1:ServiceMonitor::llama",
	}
	if got := differences(byName(t, &before.Recording), byName(t, &after.Recording)); !slices.Equal(got, want) {
		t.Errorf("beside the Secrets, %q change, want the Deployments and ServiceMonitors alone", got)
	}
	if len(after.deletedFirst) != 0 {
		t.Errorf("%q are deleted before they are replaced", after.deletedFirst)
	}
	for _, r := range after.Resources() {
		switch {
		case strings.HasSuffix(r.Type, ":Secret"):
			if r.Inputs["immutable"] != true || at(r.Inputs, "metadata", "name") != nil {
				t.Errorf("the Secret %s is not immutable, or has a name that its successor cannot have too", r.Name)
			}
		case strings.HasSuffix(r.Type, ":Deployment"):
			if secret := "kubernetes:core/v1:Secret::" + r.Name + "-api-key"; r.Name != "ranker" && !slices.Contains(r.DependsOn, secret) {
				t.Errorf("%s depends on %q, want also %s", r.Name, r.DependsOn, secret)
			}
		}
	}
}

// TestReorderingChangesNothing turns every list of the configuration round.
func TestReorderingChangesNothing(t *testing.T) {
	before := mustParse(t, everything(t))
	after := mustParse(t, everything(t))
	for _, key := range []string{"vllm-eks:models", "vllm-eks:namespaces"} {
		var items []json.RawMessage
		if err := json.Unmarshal([]byte(before.Values[key]), &items); err != nil {
			t.Fatal(err)
		}
		slices.Reverse(items)
		text, err := json.Marshal(items)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) == before.Values[key] {
			t.Fatalf("%s is the same in both orders", key)
		}
		after.Values[key] = string(text)
	}
	a, b := asJSON(t, mustRecord(t, "test", before)), asJSON(t, mustRecord(t, "test", after))
	if string(a) != string(b) {
		t.Error("the order of models or namespaces shows in the resources")
	}
}

// TestTwoRunsAreIdentical catches what a map's random order would change.
func TestTwoRunsAreIdentical(t *testing.T) {
	first := asJSON(t, mustRecord(t, "test", mustParse(t, everything(t))))
	for range 10 {
		if again := asJSON(t, mustRecord(t, "test", mustParse(t, everything(t)))); string(again) != string(first) {
			t.Fatal("two runs on one configuration register different resources")
		}
	}
}
