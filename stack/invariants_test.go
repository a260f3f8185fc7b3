package stack

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// recordings returns the recordings of the stacks in the tree, of the stacks with every
// key, and of a stack whose model runs on several node groups.
func recordings(t *testing.T) map[string]*stacktest.Recording {
	t.Helper()
	found := map[string]*stacktest.Recording{
		"everything":     mustRecord(t, "everything", mustParse(t, everything(t))),
		"everything-aws": mustRecordIn(t, inEveryZone(), "everything-aws", everythingOnAWS(t)),
		"preferring":     mustRecord(t, "preferring", mustParse(t, preferring(t))),
	}
	for _, stack := range stacks {
		found[stack] = mustRecord(t, stack, stackFile(t, stack))
	}
	return found
}

// eachResource calls check for every resource of every recording.
func eachResource(t *testing.T, check func(t *testing.T, r stacktest.Resource)) {
	t.Helper()
	stacks := recordings(t)
	for _, stack := range slices.Sorted(maps.Keys(stacks)) {
		resources := stacks[stack].Resources()
		if len(resources) < 6 {
			t.Fatalf("the %s stack registers only %d resources", stack, len(resources))
		}
		for _, r := range resources {
			t.Run(stack+"/"+r.Type+"/"+r.Name, func(t *testing.T) { check(t, r) })
		}
	}
}

func isKubernetes(r stacktest.Resource) bool { return strings.HasPrefix(r.Type, "kubernetes:") }

// isOfModels reports whether an object on the cluster belongs to models. The components of
// the other objects test them.
func isOfModels(r stacktest.Resource) bool {
	return isKubernetes(r) && strings.HasPrefix(r.Parent, "vllm-eks:serving:")
}

// isRelease reports whether a resource is a release of Helm.
func isRelease(r stacktest.Resource) bool { return r.Type == "kubernetes:helm.sh/v3:Release" }

func TestEverythingDescendsFromItsComponent(t *testing.T) {
	eachResource(t, func(t *testing.T, r stacktest.Resource) {
		parent, _, _ := strings.Cut(r.Parent, "::")
		isComponent := strings.HasPrefix(r.Type, "vllm-eks:")
		if isComponent && !strings.HasPrefix(parent, "pulumi:pulumi:Stack") {
			t.Errorf("the component's parent is %q, want the stack", r.Parent)
		}
		if !isComponent && !strings.HasPrefix(parent, "vllm-eks:") {
			t.Errorf("the parent is %q, want a component", r.Parent)
		}
	})
}

func TestObjectsGoToTheStacksCluster(t *testing.T) {
	eachResource(t, func(t *testing.T, r stacktest.Resource) {
		if isKubernetes(r) && r.Provider != "pulumi:providers:kubernetes::cluster" {
			t.Errorf("the provider is %q, so the current context of a kubeconfig would decide", r.Provider)
		}
	})
}

// TestObjectsWaitForTheirNamespace checks that every object waits for its namespace. The
// stack reads one existing namespace, so that nothing changes or deletes it.
func TestObjectsWaitForTheirNamespace(t *testing.T) {
	const existing = "search"
	inExisting := 0
	eachResource(t, func(t *testing.T, r stacktest.Resource) {
		if strings.HasSuffix(r.Type, ":Namespace") && r.Read != (r.Name == existing) {
			t.Errorf("the namespace %s is read: %v", r.Name, r.Read)
		}
		if !isOfModels(r) || strings.HasSuffix(r.Type, ":Namespace") {
			return
		}
		namespace := valueAt(r.Inputs, "metadata", "namespace")
		if namespace == existing {
			inExisting++
			return
		}
		want := fmt.Sprintf("kubernetes:core/v1:Namespace::%v", namespace)
		if !slices.Contains(r.DependsOn, want) {
			t.Errorf("depends on %q, want also %q", r.DependsOn, want)
		}
	})
	if inExisting == 0 {
		t.Errorf("nothing is in the namespace %s", existing)
	}
}

// TestOneOwnerOfEveryField checks the field manager of every object. With it, an
// interrupted update can continue, and two stacks with the same object conflict.
func TestOneOwnerOfEveryField(t *testing.T) {
	for stack, recording := range recordings(t) {
		for _, r := range recording.Resources() {
			if !isKubernetes(r) || isRelease(r) || r.Read {
				continue
			}
			if got, want := valueAt(r.Inputs, "metadata", "annotations", "pulumi.com/patchFieldManager"), "vllm-eks/"+stack; got != want {
				t.Errorf("%s: %s %s belongs to %v, want %s", stack, r.Type, r.Name, got, want)
			}
		}
	}
}

// TestEveryServiceCanBeDrained checks that a budget covers the replicas of its service, and
// never blocks the drain of a node forever.
func TestEveryServiceCanBeDrained(t *testing.T) {
	for stack, recording := range recordings(t) {
		selectors, budgets := map[string]string{}, 0
		for _, r := range recording.Resources() {
			if strings.HasSuffix(r.Type, ":Deployment") {
				selectors[r.Name] = fmt.Sprint(valueAt(r.Inputs, "spec", "selector", "matchLabels"))
			}
		}
		for _, r := range recording.Resources() {
			if !strings.HasSuffix(r.Type, ":PodDisruptionBudget") {
				continue
			}
			budgets++
			if got := fmt.Sprint(valueAt(r.Inputs, "spec", "selector", "matchLabels")); got != selectors[r.Name] {
				t.Errorf("%s: the budget of %s covers %s, its replicas are %s", stack, r.Name, got, selectors[r.Name])
			}
			if number(t, r.Inputs, "spec", "maxUnavailable") < 1 || valueAt(r.Inputs, "spec", "unhealthyPodEvictionPolicy") != "AlwaysAllow" || valueAt(r.Inputs, "spec", "minAvailable") != nil {
				t.Errorf("%s: the budget of %s can block a drain: %v", stack, r.Name, r.Inputs["spec"])
			}
		}
		if budgets != len(selectors) {
			t.Errorf("%s: %d budgets for %d services", stack, budgets, len(selectors))
		}
	}
}

func TestNamesStayWithinLimits(t *testing.T) {
	longest := strings.Repeat("a", 54)
	yaml := "config:\n" + validCluster + "  vllm-eks:apiKey: {secure: k}\n  vllm-eks:models: [{name: " + longest + ", model: org/m}]"
	for _, r := range mustRecord(t, "test", mustParse(t, yaml)).Resources() {
		name, _ := valueAt(r.Inputs, "metadata", "name").(string)
		limit := 63
		if strings.HasSuffix(r.Type, ":Secret") {
			limit = 253
		}
		if len(name) > limit {
			t.Errorf("the name of %s has %d characters, want at most %d", r.Type, len(name), limit)
		}
	}
}

// TestNoSecretInClear checks that no recording has a canary of the configuration, as it is
// or in base64 at any offset.
func TestNoSecretInClear(t *testing.T) {
	recording := mustRecord(t, "everything", mustParse(t, everything(t)))
	text := string(asJSON(t, recording))
	for _, secret := range []string{"hf_canary_8c1f0d5b", "sk-canary-5e7a9b31"} {
		if !strings.Contains(everything(t), secret) {
			t.Fatalf("testdata/everything.yaml does not hold %s", secret)
		}
		for offset := range 3 {
			encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", offset) + secret))
			if strings.Contains(text, encoded[4:len(encoded)-4]) {
				t.Errorf("%s is in a registration in base64", secret)
			}
		}
		if strings.Contains(text, secret) {
			t.Errorf("%s is in a registration in clear", secret)
		}
	}
	want := []string{
		"coder-api-key api-key", "coder-huggingface token", "llama-api-key api-key",
		"ranker-huggingface token",
	}
	var got []string
	for _, r := range recording.Resources() {
		data, _ := valueAt(r.Inputs, "stringData").(map[string]any)
		for key, value := range data {
			got = append(got, r.Name+" "+key)
			if value != stacktest.Redacted {
				t.Errorf("%s of %s is not kept as a secret", key, r.Name)
			}
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("Secrets hold %q, want %q", got, want)
	}
}

// TestSecretsAreReferredToByName checks that each variable refers to its Secret by name.
// The name is not secret, because then the whole Deployment would be secret.
func TestSecretsAreReferredToByName(t *testing.T) {
	want := map[string]map[string]string{
		"llama": {"HF_TOKEN": "hugging-face/read-token", "VLLM_API_KEY": "llama-api-key-a1b2c3d/api-key"},
		"coder": {"HF_TOKEN": "coder-huggingface-a1b2c3d/token", "VLLM_API_KEY": "coder-api-key-a1b2c3d/api-key",
			"AWS_ACCESS_KEY_ID": "store-keys/AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY": "store-keys/AWS_SECRET_ACCESS_KEY"},
		"ranker": {"HF_TOKEN": "ranker-huggingface-a1b2c3d/token", "VLLM_API_KEY": "ranker-keys/current"},
	}
	for _, r := range mustRecord(t, "everything", mustParse(t, everything(t))).Resources() {
		if !strings.HasSuffix(r.Type, ":Deployment") {
			continue
		}
		got := map[string]string{}
		env, _ := valueAt(r.Inputs, "spec", "template", "spec", "containers", 0, "env").([]any)
		for _, variable := range env {
			if ref := valueAt(variable, "valueFrom", "secretKeyRef"); ref != nil {
				got[fmt.Sprint(valueAt(variable, "name"))] = fmt.Sprintf("%v/%v", valueAt(ref, "name"), valueAt(ref, "key"))
			}
		}
		if !maps.Equal(got, want[r.Name]) {
			t.Errorf("%s reads %q, want %q", r.Name, got, want[r.Name])
		}
	}
}

func TestNamespacesAdmitOnlyRestrictedPods(t *testing.T) {
	eachResource(t, func(t *testing.T, r stacktest.Resource) {
		if !isOfModels(r) || !strings.HasSuffix(r.Type, ":Namespace") || r.Read {
			return
		}
		labels, _ := valueAt(r.Inputs, "metadata", "labels").(map[string]any)
		if labels["pod-security.kubernetes.io/enforce"] != "restricted" || labels["pod-security.kubernetes.io/enforce-version"] != "v1.35" {
			t.Errorf("the labels are %v, want restricted enforced as of v1.35", labels)
		}
	})
}

// number returns the number at a path of a recording.
func number(t *testing.T, tree any, path ...any) float64 {
	t.Helper()
	n, ok := valueAt(tree, path...).(float64)
	if !ok {
		t.Fatalf("%v is no number", path)
	}
	return n
}

// valueAt returns the value at a path of keys and indices; nil if the path does not exist.
func valueAt(tree any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := tree.(map[string]any)
			tree = m[s]
		case int:
			list, _ := tree.([]any)
			if s >= len(list) {
				return nil
			}
			tree = list[s]
		}
	}
	return tree
}
