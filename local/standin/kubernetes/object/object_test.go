package object

import (
	"encoding/base64"
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func secretObject(data resource.PropertyMap) resource.PropertyMap {
	return resource.PropertyMap{
		"apiVersion": resource.NewProperty("v1"), "kind": resource.NewProperty("Secret"),
		"stringData": resource.NewProperty(data),
	}
}

func TestConversionKeepsWholeNumbersAndSchemaExtensions(t *testing.T) {
	in := resource.PropertyMap{
		"port": resource.NewProperty(8000.0), "ratio": resource.NewProperty(0.5),
		"x_kubernetes_list_type": resource.NewProperty("map"),
		"secret":                 resource.MakeSecret(resource.NewProperty("s")),
		"gone":                   resource.NewNullProperty(),
		"list":                   resource.NewProperty([]resource.PropertyValue{resource.NewProperty(true)}),
	}
	plain, err := FromProperties(in)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"port": int64(8000), "ratio": 0.5, "x-kubernetes-list-type": "map", "secret": "s", "list": []any{true},
	}
	if !reflect.DeepEqual(plain, want) {
		t.Errorf("got %#v, want %#v", plain, want)
	}
	if back := ToProperties(plain); back["x_kubernetes_list_type"].StringValue() != "map" || back["port"].NumberValue() != 8000 {
		t.Errorf("back: %v", back)
	}
}

func TestConversionRefusesWhatHasNoJSONForm(t *testing.T) {
	in := resource.PropertyMap{"spec": resource.NewProperty(resource.PropertyMap{
		"replicas": resource.MakeComputed(resource.NewProperty("")),
	})}
	_, err := FromProperties(in)
	if err == nil || !strings.Contains(err.Error(), "spec: replicas: the value is not known yet") {
		t.Errorf("got %v", err)
	}
}

func TestSecretContentsAreAlwaysSecret(t *testing.T) {
	live := resource.PropertyMap{
		"apiVersion": resource.NewProperty("v1"), "kind": resource.NewProperty("Secret"),
		"data": resource.NewProperty(resource.PropertyMap{"token": resource.NewProperty("Y2FuYXJ5")}),
		"metadata": resource.NewProperty(resource.PropertyMap{"annotations": resource.NewProperty(resource.PropertyMap{
			lastApplied: resource.NewProperty(`{"data":{"token":"Y2FuYXJ5"}}`),
		})}),
	}
	marked := MarkSecrets(live, resource.PropertyMap{})
	if !marked["data"].IsSecret() {
		t.Error("data is in clear")
	}
	annotations, _ := Get(marked, "metadata", "annotations")
	if !annotations.ObjectValue()[lastApplied].IsSecret() {
		t.Error("kubectl's copy of the object is in clear")
	}
}

func TestMarksFollowTheInputs(t *testing.T) {
	inputs := resource.PropertyMap{"spec": resource.NewProperty(resource.PropertyMap{
		"password":   resource.MakeSecret(resource.NewProperty("p")),
		"containers": resource.NewProperty([]resource.PropertyValue{resource.MakeSecret(resource.NewProperty("e"))}),
		"open":       resource.NewProperty("o"),
	})}
	plain, err := FromProperties(inputs)
	if err != nil {
		t.Fatal(err)
	}
	spec := MarkSecrets(ToProperties(plain), inputs)["spec"].ObjectValue()
	if !spec["password"].IsSecret() || !spec["containers"].IsSecret() || spec["open"].IsSecret() {
		t.Errorf("got %v", spec)
	}
}

func TestStringDataBecomesData(t *testing.T) {
	props := secretObject(resource.PropertyMap{
		"token": resource.MakeSecret(resource.NewProperty("canary")), "later": resource.MakeComputed(resource.NewProperty("")),
	})
	EncodeStringData(props)
	if _, left := props["stringData"]; left || !props["data"].IsSecret() {
		t.Fatalf("got %v", props)
	}
	data := Unwrap(props["data"]).ObjectValue()
	if got, _ := base64.StdEncoding.DecodeString(data["token"].StringValue()); string(got) != "canary" {
		t.Errorf("token holds %q", got)
	}
	if !data["later"].IsComputed() {
		t.Error("an unknown value was encoded")
	}
}

func TestRedactor(t *testing.T) {
	r := NewRedactor()
	props := secretObject(resource.PropertyMap{"token": resource.NewProperty("canary-token"), "flag": resource.NewProperty("true")})
	EncodeStringData(props)
	r.Learn(props)
	r.Learn(resource.PropertyMap{"env": resource.MakeSecret(resource.NewProperty("other-secret"))})
	encoded := base64.StdEncoding.EncodeToString([]byte("canary-token"))
	got := r.Clean("a canary-token b " + encoded + " c other-secret d true")
	if want := "a [secret] b [secret] c [secret] d true"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrune(t *testing.T) {
	inputs := map[string]any{"spec": map[string]any{
		"replicas": int64(1), "cpu": "1000m", "memory": "0.5Gi", "amount": int64(8),
		"containers": []any{map[string]any{"name": "a", "image": "x:1"}},
		"args":       []any{"--a"},
	}}
	live := map[string]any{"status": map[string]any{}, "spec": map[string]any{
		"replicas": int64(3), "cpu": "1", "memory": "512Mi", "amount": "8", "defaulted": true,
		"containers": []any{map[string]any{"name": "sidecar"}, map[string]any{"name": "a", "image": "x:1", "tty": false}},
		"args":       []any{"--a", "--b"},
	}}
	want := map[string]any{"spec": map[string]any{
		"replicas": int64(3), "cpu": "1000m", "memory": "0.5Gi", "amount": int64(8),
		"containers": []any{map[string]any{"name": "a", "image": "x:1"}},
		"args":       []any{"--a", "--b"},
	}}
	if got := Prune(live, inputs); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestPreviewKeepsNothingThatTheServerMadeUp(t *testing.T) {
	live := map[string]any{
		"metadata": map[string]any{"name": "a", "uid": "1", "resourceVersion": "2", "managedFields": []any{}},
		"spec":     map[string]any{"clusterIP": "198.19.0.1", "ports": []any{}},
		"status":   map[string]any{"x": 1},
	}
	want := map[string]any{"metadata": map[string]any{"name": "a"}, "spec": map[string]any{"ports": []any{}}}
	if got := WithoutServerFields(live, map[string]any{}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
