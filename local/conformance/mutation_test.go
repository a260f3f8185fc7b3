package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// mutants returns the specs whose objects are cut. Together they have every kind of object.
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

// plain returns a rendered object as plain values.
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

// paths returns all parts of an object as JSON pointers.
func paths(prefix string, value any) []string {
	var pointers []string
	add := func(step string, inner any) {
		pointer := prefix + "/" + step
		pointers = append(append(pointers, pointer), paths(pointer, inner)...)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			add(strings.ReplaceAll(key, "/", "~1"), v[key])
		}
	case []any:
		for i, inner := range v {
			add(strconv.Itoa(i), inner)
		}
	}
	return pointers
}

// without returns an object without the part at a JSON pointer.
func without(t *testing.T, object map[string]any, pointer string) map[string]any {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatch.DecodePatch(fmt.Appendf(nil, `[{"op":"remove","path":%q}]`, pointer))
	if err != nil {
		t.Fatal(err)
	}
	if text, err = patch.Apply(text); err != nil {
		t.Fatalf("%s: %v", pointer, err)
	}
	cut := map[string]any{}
	if err := json.Unmarshal(text, &cut); err != nil {
		t.Fatal(err)
	}
	return cut
}

// notices reports whether a check fails with a cut object in the place of the object at an index.
func notices(t *testing.T, spec serving.Spec, objects []manifest.Object, index int, cut map[string]any) bool {
	t.Helper()
	changed := slices.Clone(objects)
	changed[index].Object = &unstructured.Unstructured{Object: cut}
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
	var values []map[string]any
	for _, o := range changed {
		values = append(values, plain(t, o))
	}
	found, err := criticisms(values)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(slices.Collect(maps.Keys(found)), func(criticism string) bool { return exceptions[criticism] == "" })
}

// Without any one part of any object, a check fails.
func TestEveryPartIsChecked(t *testing.T) {
	cuts, kinds, used := 0, map[string]bool{}, map[string]bool{}
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
			kinds[fmt.Sprint(values["kind"])] = true
			for _, path := range paths("", values) {
				place := fmt.Sprint(values["kind"], path)
				cuts++
				if expendables[place] != "" {
					used[place] = true
				} else if !notices(t, spec, objects, i, without(t, values, path)) {
					t.Errorf("%s: no check fails without %s", name, place)
				}
			}
		}
	}
	t.Logf("%d cuts", cuts)
	if len(kinds) != 10 {
		t.Errorf("the objects have the kinds %v, want all ten", kinds)
	}
	for place := range expendables {
		if !used[place] {
			t.Errorf("the exception %s is not used any more", place)
		}
	}
}

// expendables holds parts that no check needs, each with the reason.
var expendables = map[string]string{
	"Deployment/spec/template/spec/containers/0/imagePullPolicy":            "IfNotPresent is Kubernetes' default for an image with a version",
	"Service/spec/ports/0/protocol":                                         "TCP is Kubernetes' default",
	"Service/spec/type":                                                     "ClusterIP is Kubernetes' default",
	"Ingress/metadata/annotations/alb.ingress.kubernetes.io~1success-codes": "200 is the default of the load balancer",
}
