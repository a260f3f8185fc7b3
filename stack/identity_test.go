package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// liveObjects returns the objects on the cluster that the stack names, each with its Pulumi
// resource. It leaves out Secrets, because the provider generates their names.
func liveObjects(r *stacktest.Recording) map[string]string {
	live := map[string]string{}
	for _, resource := range r.Resources() {
		metadata := valueAt(resource.Inputs, "metadata")
		if isRelease(resource) {
			metadata = resource.Inputs
		}
		name := valueAt(metadata, "name")
		if !isKubernetes(resource) || name == nil {
			continue
		}
		parent, _, _ := strings.Cut(resource.Parent, "::")
		live[fmt.Sprintf("%s %v/%v", resource.Type, valueAt(metadata, "namespace"), name)] = parent + "$" + resource.Type + "::" + resource.Name
	}
	return live
}

// models records a stack of models with keys.
func models(t *testing.T, lines ...string) *stacktest.Recording {
	t.Helper()
	text := "config:\n" + validCluster + "  vllm-eks:models:\n"
	for _, line := range lines {
		text += "    - {model: org/m, shape: mistralai/Mistral-7B-Instruct-v0.2, maxModelLen: 4096, " + line + "}\n"
	}
	return mustRecord(t, "test", mustParse(t, text))
}

// TestNoChangeDeletesAnObjectThatItHasJustTakenOver checks that an object belongs to the
// same resource in all stacks, and does not depend on the model's name. Otherwise, a change
// would create the object for a new resource over the existing object, and then delete it
// by its name with the old resource.
func TestNoChangeDeletesAnObjectThatItHasJustTakenOver(t *testing.T) {
	stacks := recordings(t)
	for name, lines := range map[string][]string{
		"first":                   {"name: first"},
		"renamed":                 {"name: second, previousNames: [first]"},
		"renamed twice":           {"name: third, previousNames: [second, first]"},
		"named back":              {"name: first, previousNames: [second, first]"},
		"without its first name":  {"name: second"},
		"without its second name": {"name: third, previousNames: [first]"},
		"beside its old name":     {"name: second", "name: first"},
		"another's name":          {"name: first, previousNames: [second]"},
		"both renamed":            {"name: third, previousNames: [first]", "name: fourth, previousNames: [second]"},
		"exposed":                 {"name: second, previousNames: [first], ingress: {class: nginx, host: a.example.com, controllerNamespace: nginx, open: true}"},
		"with a cache":            {"name: second, storage: {cache: {storageClass: efs}}"},
		"scaled on cores":         {"name: first, replicas: {min: 1, max: 2}, scaling: {policy: cpu}"},
	} {
		stacks[name] = models(t, lines...)
	}
	owners := map[string]map[string]string{}
	for stack, recording := range stacks {
		for object, owner := range liveObjects(recording) {
			if owners[object] == nil {
				owners[object] = map[string]string{}
			}
			owners[object][owner] = stack
		}
	}
	if len(owners) < 40 {
		t.Fatalf("only %d objects: this test compares nothing", len(owners))
	}
	for object, resources := range owners {
		if len(resources) > 1 {
			t.Errorf("%s belongs to %q: a change from one to the other deletes it", object, slices.Sorted(maps.Keys(resources)))
		}
	}
}
