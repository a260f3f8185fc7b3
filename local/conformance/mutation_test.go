package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// mutants are the specs whose objects are cut.
func mutants() map[string]serving.Spec {
	byCores := full()
	byCores.Name, byCores.Scaling = "cores", serving.Scaling{Policy: serving.CPU}
	byCores.Monitoring = serving.Monitoring{}
	byCores.Storage = serving.Storage{Weights: serving.Weights{Claim: "weights"}, ScratchClass: "nvme"}
	byCores.Ingress = serving.Ingress{Class: "nginx", Host: "cores.example.com", TLSSecret: "tls", ControllerNamespace: "nginx"}
	fixed := full()
	fixed.Name, fixed.Replicas, fixed.Scaling = "fixed", serving.Replicas{Min: new(2)}, serving.Scaling{}
	fixed.Lifecycle.HungSeconds = 600
	listed := full()
	listed.Name = "listed"
	listed.NodeGroups = []serving.NodeGroup{{Name: "spot", InstanceTypes: []string{"g6e.2xlarge"}, Labels: map[string]string{"pool": "spot"}}, {Name: "g6e", InstanceTypes: []string{"g6e.2xlarge"}, Labels: map[string]string{"pool": "g6e"}}}
	listed.NodeGroup = serving.Compose(listed.NodeGroups)
	return map[string]serving.Spec{"load": full(), "cores": byCores.WithDefaults(), "fixed": fixed.WithDefaults(), "listed": listed.WithDefaults()}
}

// object is a rendered object as plain values.
func plain(t *testing.T, o manifest.Object) map[string]any {
	t.Helper()
	text, err := json.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	if err := json.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	delete(values, "status")
	return values
}

// paths are all places of an object, as JSON pointers.
func paths(at string, value any) []string {
	var all []string
	below := func(step string, inner any) {
		next := at + "/" + step
		all = append(append(all, next), paths(next, inner)...)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			below(strings.ReplaceAll(key, "/", "~1"), v[key])
		}
	case []any:
		for i, inner := range v {
			below(strconv.Itoa(i), inner)
		}
	}
	return all
}

// without is a copy of a value from which what a pointer points at is cut; false
// where there is nothing.
func without(value any, pointer string) (any, bool) {
	step, rest, deeper := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	switch v := value.(type) {
	case map[string]any:
		key := strings.ReplaceAll(step, "~1", "/")
		inner, ok := v[key]
		cut := maps.Clone(v)
		if !deeper {
			delete(cut, key)
			return cut, ok
		}
		cut[key], ok = without(inner, rest)
		return cut, ok
	case []any:
		i, err := strconv.Atoi(step)
		if err != nil || i >= len(v) {
			return v, false
		}
		if !deeper {
			return slices.Delete(slices.Clone(v), i, i+1), true
		}
		cut := slices.Clone(v)
		var ok bool
		cut[i], ok = without(v[i], rest)
		return cut, ok
	}
	return value, false
}

// notices tells whether any check sees that something is cut from an object.
func notices(t *testing.T, spec serving.Spec, objects []manifest.Object, at int, cut map[string]any) bool {
	t.Helper()
	changed := slices.Clone(objects)
	changed[at].Object = &unstructured.Unstructured{Object: cut}
	if len(Check(spec, changed)) > 0 {
		return true
	}
	if cut["kind"] == "Deployment" {
		var d appsv1.Deployment
		text, err := json.Marshal(cut)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &d); err != nil || len(manifest.PodProblems(spec, d.Spec.Template)) > 0 {
			return true
		}
	}
	var all []map[string]any
	for _, o := range changed {
		all = append(all, plain(t, o))
	}
	found, err := criticisms(all)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(slices.Collect(maps.Keys(found)), func(criticism string) bool { return exceptions[criticism] == "" })
}

// TestEveryPartIsHeldByACheck cuts every place of every object, one at a time.
func TestEveryPartIsHeldByACheck(t *testing.T) {
	cuts, survived, needed := 0, map[string]bool{}, maps.Clone(held)
	for name, spec := range mutants() {
		if err := problems.Err(manifest.Validate(spec, field.NewPath(modelPath))); err != nil {
			t.Fatal(err)
		}
		objects := manifest.Objects(spec, manager)
		if found := Check(spec, objects); len(found) > 0 {
			t.Fatalf("%s: %v", name, found)
		}
		for i, o := range objects {
			values := plain(t, o)
			for _, path := range paths("", values) {
				place := fmt.Sprint(values["kind"], path)
				delete(needed, place)
				cut, ok := without(values, path)
				if !ok {
					t.Fatalf("%s is not there to be cut", place)
				}
				cuts++
				if expendable(place) != "" {
					survived[expendable(place)] = true
					continue
				}
				if !notices(t, spec, objects, i, cut.(map[string]any)) {
					t.Errorf("%s: nothing notices that %s is cut", name, place)
				}
			}
		}
	}
	t.Logf("%d cuts", cuts)
	for place := range needed {
		t.Errorf("%s is in no service any more", place)
	}
	for prefix := range expendables {
		if !survived[prefix] {
			t.Errorf("the exception %s is of no use any more", prefix)
		}
	}
}
