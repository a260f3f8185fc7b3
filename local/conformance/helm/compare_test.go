package helm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	kubejson "sigs.k8s.io/json"
)

// canonical returns an object as the API server reads it, strictly, by its kind and name. The
// label of the tool that manages it is the only difference between the tools.
func canonical(object map[string]any) (id string, tree any, err error) {
	metadata := object["metadata"].(map[string]any)
	delete(metadata["labels"].(map[string]any), "app.kubernetes.io/managed-by")
	id = fmt.Sprint(object["kind"], " ", metadata["namespace"], "/", metadata["name"])
	text, err := json.Marshal(object)
	if err != nil {
		return id, nil, err
	}
	kind := schema.FromAPIVersionAndKind(object["apiVersion"].(string), object["kind"].(string))
	if typed, err := scheme.Scheme.New(kind); err == nil {
		strict, err := kubejson.UnmarshalStrict(text, typed)
		if err != nil || len(strict) > 0 {
			return id, nil, fmt.Errorf("%s: %w: %v", id, err, strict)
		}
		if text, err = json.Marshal(typed); err != nil {
			return id, nil, err
		}
	}
	return id, tree, json.Unmarshal(text, &tree)
}

// byName returns objects by their kinds and names.
func byName(t *testing.T, objects []map[string]any) map[string]any {
	t.Helper()
	found := map[string]any{}
	for _, o := range objects {
		id, tree, err := canonical(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := found[id]; twice {
			t.Errorf("there are two objects %s", id)
		}
		found[id] = tree
	}
	return found
}

// compare reports the objects that differ.
func compare(t *testing.T, model string, got, want []map[string]any) {
	t.Helper()
	gotten, wanted := byName(t, got), byName(t, want)
	if ids := slices.Sorted(maps.Keys(wanted)); !slices.Equal(slices.Sorted(maps.Keys(gotten)), ids) {
		t.Fatalf("%s: the chart has the objects\n%q\nwant\n%q", model, slices.Sorted(maps.Keys(gotten)), ids)
	}
	for id, tree := range wanted {
		if !reflect.DeepEqual(gotten[id], tree) {
			t.Errorf("%s: %s%s", model, id, difference("", gotten[id], tree))
		}
	}
}

// difference returns the first part in which two objects differ.
func difference(path string, got, want any) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(w)) {
			if ok && !reflect.DeepEqual(g[key], w[key]) {
				return difference(path+"."+key, g[key], w[key])
			}
		}
		for _, key := range slices.Sorted(maps.Keys(g)) {
			if _, exists := w[key]; !exists {
				return fmt.Sprintf("%s.%s is %v, want none", path, key, g[key])
			}
		}
	case []any:
		g, ok := got.([]any)
		for i := range w {
			if ok && len(g) == len(w) && !reflect.DeepEqual(g[i], w[i]) {
				return difference(fmt.Sprintf("%s[%d]", path, i), g[i], w[i])
			}
		}
	}
	return fmt.Sprintf("%s is\n%v\nwant\n%v", path, got, want)
}

// output returns the output of a program of this repository.
func output(t *testing.T, module string, arguments ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", append([]string{"-C", filepath.Join(root, module), "run"}, arguments...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go run %s: %v\n%s", strings.Join(arguments, " "), err, stderr.String())
	}
	return out
}

// TestDifferencesAreNoticed checks that a comparison names the first part that differs.
func TestDifferencesAreNoticed(t *testing.T) {
	object := func(kind string, fields any) map[string]any {
		return map[string]any{"kind": kind, "spec": map[string]any{"list": []any{"a", fields}}}
	}
	for name, test := range map[string]struct {
		got, want any
		message   string
	}{
		"another value":  {object("A", 1), object("A", 2), ".spec.list[1] is\n1\nwant\n2"},
		"a missing key":  {map[string]any{}, object("A", 1), ".kind is\n<nil>\nwant\nA"},
		"another key":    {map[string]any{"a": 1, "b": 2}, map[string]any{"a": 1}, ".b is 2, want none"},
		"another length": {object("A", 1)["spec"], map[string]any{"list": []any{"a"}}, ".list is\n[a 1]\nwant\n[a]"},
	} {
		if got := difference("", test.got, test.want); got != test.message {
			t.Errorf("%s: the difference is %q, want %q", name, got, test.message)
		}
	}
}
