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

// changed returns the resources that differ between two runs of the program, as a preview
// lists them.
func changed(t *testing.T, before, after string) []string {
	t.Helper()
	base := byName(t, mustRecord(t, "test", mustParse(t, before)))
	edit := byName(t, mustRecord(t, "test", mustParse(t, after)))
	return differences(base, edit)
}

// differences returns the names with different values, and the names that only one of the
// mappings has.
func differences(before, after map[string]string) []string {
	var names []string
	for name, text := range after {
		switch old, existed := before[name]; {
		case !existed:
			names = append(names, "+ "+name)
		case old != text:
			names = append(names, "~ "+name)
		}
	}
	for name := range before {
		if _, still := after[name]; !still {
			names = append(names, "- "+name)
		}
	}
	slices.Sort(names)
	return names
}

// byName returns the inputs of every resource by its name. It leaves out the timeouts,
// which no preview shows.
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
		rules     = "~ kubernetes:monitoring.coreos.com/v1:PrometheusRule::vllm-eks-rules"
	)
	tests := []struct {
		name, old, new string
		want           []string
	}{
		{"no change", "name: coder", "name: coder", nil},
		{"model id", "weights/qwen/Qwen2.5-7B", "weights/qwen/Qwen2.5-7B-Instruct", []string{coder, rules}},
		{"maxModelLen", "maxModelLen: 16384", "maxModelLen: 8192", []string{assistant}},
		{"gpu.count", "gpu: {count: 2}", "gpu: {count: 4}", []string{assistant, rules}},
		{"replicas.max", "{min: 2, max: 5}", "{min: 2, max: 7}", []string{"~ kubernetes:keda.sh/v1alpha1:ScaledObject::llama", rules}},
		{"provisionSeconds", "provisionSeconds: 900", "provisionSeconds: 800", []string{assistant}},
		{"loadSeconds of the defaults", "loadSeconds: 300", "loadSeconds: 400", []string{coder, assistant, ranker,
			"~ kubernetes:policy/v1:PodDisruptionBudget::llama"}}, // both replicas of a node may then be evicted at once
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
	// Without its API key, a replica that the internet reaches would be refused.
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

// naming records a program like a provider that names Secrets after their contents, so
// that a new value shows although no recording holds values.
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

// apiKeys returns the names of the Secrets with the API keys of the replicas.
func (n *naming) apiKeys() map[string]string {
	names := map[string]string{}
	for _, r := range n.Resources() {
		env, _ := valueAt(r.Inputs, "spec", "template", "spec", "containers", 0, "env").([]any)
		for _, variable := range env {
			if valueAt(variable, "name") == "VLLM_API_KEY" {
				names[r.Name] = fmt.Sprint(valueAt(variable, "valueFrom", "secretKeyRef", "name"))
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

// TestRotation checks a change of the API key. Pulumi replaces each Secret with the key,
// because Secrets are immutable. It creates the new Secret first, because the provider
// generates its name. The replicas wait for the new Secret and refer to it by its name, so
// the old Secret exists as long as a replica needs it. The ServiceMonitor also gets the new
// name. Nothing else changes.
func TestRotation(t *testing.T) {
	text := everything(t)
	before := recordNaming(t, text)
	after := recordNaming(t, strings.Replace(text, "sk-canary-5e7a9b31", "sk-canary-another", 1))
	oldKeys, newKeys := before.apiKeys(), after.apiKeys()
	if len(newKeys) != 3 || newKeys["ranker"] != "ranker-keys" {
		t.Fatalf("replicas read API keys from %v, want 3 of them, that of ranker from its own", newKeys)
	}
	delete(newKeys, "ranker")
	for model, name := range newKeys {
		if !strings.HasPrefix(name, model+"-api-key-") || name == oldKeys[model] {
			t.Errorf("%s reads %s after %s, want a new Secret of its own", model, name, oldKeys[model])
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
			if r.Inputs["immutable"] != true || valueAt(r.Inputs, "metadata", "name") != nil {
				t.Errorf("the Secret %s is not immutable, or has a name that its successor cannot have too", r.Name)
			}
		case strings.HasSuffix(r.Type, ":Deployment"):
			if secret := "kubernetes:core/v1:Secret::" + r.Name + "-api-key"; r.Name != "ranker" && !slices.Contains(r.DependsOn, secret) {
				t.Errorf("%s depends on %q, want also %s", r.Name, r.DependsOn, secret)
			}
		}
	}
}

// TestReorderingChangesNothing reverses every list of the configuration.
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

// TestTwoRunsAreIdentical checks that the random order of maps changes nothing.
func TestTwoRunsAreIdentical(t *testing.T) {
	want := asJSON(t, mustRecord(t, "test", mustParse(t, everything(t))))
	for range 10 {
		if again := asJSON(t, mustRecord(t, "test", mustParse(t, everything(t)))); string(again) != string(want) {
			t.Fatal("two runs on one configuration register different resources")
		}
	}
}
