package objdiff

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func props(t *testing.T, text string) resource.PropertyMap {
	t.Helper()
	var plain map[string]any
	if err := json.Unmarshal([]byte(text), &plain); err != nil {
		t.Fatal(err)
	}
	return resource.NewPropertyMapFromMap(plain)
}

// summary writes a change as sign, path and, for a replacement, an exclamation mark.
func summary(changes []Change) []string {
	var out []string
	for _, change := range changes {
		line := map[Kind]string{Add: "+", Delete: "-", Update: "~"}[change.Kind] + change.Path.String()
		if change.Replace {
			line += "!"
		}
		out = append(out, line)
	}
	return out
}

func TestCompare(t *testing.T) {
	tests := []struct {
		name, old, new string
		want           []string
	}{
		{"equal", `{"a":1,"b":[{"c":"x"}]}`, `{"a":1,"b":[{"c":"x"}]}`, nil},
		{"number spelling", `{"a":1}`, `{"a":1.0}`, nil},
		{"add, delete and update, in order", `{"a":1,"b":2}`, `{"b":3,"c":4}`, []string{"-a", "~b", "+c"}},
		{"nested", `{"spec":{"template":{"spec":{"containers":[{"image":"x:1"}]}}}}`,
			`{"spec":{"template":{"spec":{"containers":[{"image":"x:2"}]}}}}`, []string{"~spec.template.spec.containers[0].image"}},
		{"key with dots", `{"metadata":{"annotations":{"a.b/c":"1"}}}`, `{"metadata":{"annotations":{"a.b/c":"2"}}}`,
			[]string{`~metadata.annotations["a.b/c"]`}},
		{"list grows", `{"a":["x"]}`, `{"a":["x","y"]}`, []string{"+a[1]"}},
		{"list shrinks", `{"a":["x","y"]}`, `{"a":["x"]}`, []string{"-a[1]"}},
		{"type changes", `{"a":"1"}`, `{"a":1}`, []string{"~a"}},
		{"null is absent", `{"a":null}`, `{}`, nil},
		{"object becomes list", `{"a":{"b":1}}`, `{"a":[1]}`, []string{"~a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := summary(Compare(props(t, test.old), props(t, test.new), nil))
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestCompareSeesThroughSecretsAndUnknowns(t *testing.T) {
	clear := props(t, `{"data":{"k":"v"}}`)
	secret := resource.PropertyMap{"data": resource.MakeSecret(clear["data"])}
	if got := Compare(clear, secret, nil); len(got) != 0 {
		t.Errorf("marking a value secret is reported as %v", summary(got))
	}
	unknown := resource.PropertyMap{"data": resource.MakeComputed(resource.NewProperty(""))}
	if got := summary(Compare(clear, unknown, []Rule{"data"})); !slices.Equal(got, []string{"~data!"}) {
		t.Errorf("an unknown value is reported as %v", got)
	}
}

func TestReplacement(t *testing.T) {
	none := Options{}
	mutable := Options{SecretMutable: true, ConfigMapMutable: true}
	tests := []struct {
		kind, path string
		opts       Options
		sealed     bool
		replace    bool
	}{
		{"v1/Namespace", "metadata.name", none, false, true},
		{"v1/Service", "metadata.namespace", none, false, true},
		{"v1/Service", "metadata.labels.x", none, false, false},
		{"v1/Service", "spec.clusterIP", none, false, true},
		{"v1/Service", "spec.ports.0.port", none, false, false},
		{"apps/v1/Deployment", "spec.selector.matchLabels.app", none, false, true},
		{"apps/v1/Deployment", "spec.template.spec.containers.0.image", none, false, false},
		{"apps/v1/Deployment", "spec.replicas", none, false, false},
		{"apps/v1/DaemonSet", "spec.selector.matchLabels.app", none, false, true},
		{"apps/v1/StatefulSet", "spec.serviceName", none, false, true},
		{"apps/v1/StatefulSet", "spec.volumeClaimTemplates.0.spec.storageClassName", none, false, true},
		{"apps/v1/StatefulSet", "spec.template.spec.containers.0.image", none, false, false},
		{"batch/v1/Job", "spec.template.spec.containers.0.image", none, false, true},
		{"batch/v1/Job", "spec.activeDeadlineSeconds", none, false, false},
		{"v1/Pod", "spec.containers.0.image", none, false, true},
		{"v1/Pod", "spec.activeDeadlineSeconds", none, false, false},
		{"v1/PersistentVolumeClaim", "spec.storageClassName", none, false, true},
		{"v1/PersistentVolumeClaim", "spec.resources.requests.storage", none, false, false},
		{"v1/PersistentVolume", "spec.csi.driver", none, false, true},
		{"storage.k8s.io/v1/StorageClass", "parameters.type", none, false, true},
		{"storage.k8s.io/v1/StorageClass", "allowVolumeExpansion", none, false, false},
		{"rbac.authorization.k8s.io/v1/RoleBinding", "roleRef.name", none, false, true},
		{"rbac.authorization.k8s.io/v1/RoleBinding", "subjects.0.name", none, false, false},
		{"v1/Secret", "data.token", none, false, true},
		{"v1/Secret", "data.token", mutable, false, false},
		{"v1/Secret", "data.token", mutable, true, true},
		{"v1/Secret", "type", mutable, false, true},
		{"v1/ConfigMap", "data.k", none, false, true},
		{"v1/ConfigMap", "data.k", mutable, false, false},
		{"v1/ConfigMap", "metadata.labels.k", none, false, false},
		{"networking.k8s.io/v1/Ingress", "spec.rules.0.host", none, false, false},
		{"networking.k8s.io/v1/NetworkPolicy", "spec.podSelector.matchLabels.app", none, false, false},
		{"keda.sh/v1alpha1/ScaledObject", "spec.minReplicaCount", none, false, false},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %s %+v", test.kind, test.path, test.opts), func(t *testing.T) {
			gv, kind := cutLast(test.kind)
			parsed, err := schema.ParseGroupVersion(gv)
			if err != nil {
				t.Fatal(err)
			}
			changes := Compare(nested(test.path, "before"), nested(test.path, "after"), Rules(parsed.WithKind(kind), test.sealed, test.opts))
			if len(changes) != 1 {
				t.Fatalf("got the changes %v, want one", summary(changes))
			}
			if changes[0].Replace != test.replace {
				t.Errorf("%s: replace = %v, want %v", changes[0].Path, changes[0].Replace, test.replace)
			}
		})
	}
}

// A rule also counts when the field comes or goes with what is around it.
func TestReplacementByParent(t *testing.T) {
	rules := []Rule{"spec.selector", "spec.containers.*.image"}
	for text, want := range map[string]string{
		`{"spec":{"selector":{"a":"b"}}}`:         "+spec!",
		`{"spec":{"containers":[{"image":"x"}]}}`: "+spec!",
		`{"spec":{"replicas":1}}`:                 "+spec",
	} {
		if got := summary(Compare(resource.PropertyMap{}, props(t, text), rules)); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %v, want %s", text, got, want)
		}
	}
}

func TestWithoutIgnored(t *testing.T) {
	changes := Compare(props(t, `{"spec":{"replicas":1,"paused":true}}`), props(t, `{"spec":{"replicas":2,"paused":false}}`), nil)
	got := summary(WithoutIgnored(changes, []resource.PropertyPath{{"spec", "replicas"}}))
	if !slices.Equal(got, []string{"~spec.paused"}) {
		t.Errorf("got %v", got)
	}
}
