package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/scheme"
	clienttesting "k8s.io/client-go/testing"
)

var secretKind = schema.GroupVersionKind{Version: "v1", Kind: "Secret"}

// fixedMapper is a Mapper of the built-in kinds.
type fixedMapper struct{ meta.RESTMapper }

func (fixedMapper) Reset() {}

func newClient(objects ...runtime.Object) (*Client, *fake.FakeDynamicClient) {
	dynamic := fake.NewSimpleDynamicClient(scheme.Scheme, objects...)
	return &Client{Dynamic: dynamic, Mapper: fixedMapper{testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)}}, dynamic
}

func secret(name string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(secretKind)
	u.SetNamespace("n")
	u.SetName(name)
	u.SetUID("1")
	return u
}

func TestDeleteWaitsUntilGone(t *testing.T) {
	client, dynamic := newClient(secret("s"))
	blocked := secret("s")
	blocked.SetFinalizers([]string{"example.com/keep"})
	left := 2
	dynamic.PrependReactor("delete", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, nil })
	dynamic.PrependReactor("get", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) {
		if left--; left >= 0 {
			return true, blocked, nil
		}
		return true, nil, apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, "s")
	})
	var heard []string
	err := client.Delete(t.Context(), secretKind, "n", "s", DeleteOptions{
		Propagation: metav1.DeletePropagationForeground, Timeout: 10 * time.Second,
		Progress: func(message string) { heard = append(heard, message) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(heard) != 1 || heard[0] != "waiting for finalizers: example.com/keep" {
		t.Errorf("progress: %q", heard)
	}
}

func TestDeleteOfNothingSucceeds(t *testing.T) {
	client, _ := newClient()
	opts := DeleteOptions{Timeout: time.Second}
	if err := client.Delete(t.Context(), secretKind, "n", "gone", opts); err != nil {
		t.Errorf("an object that is gone: %v", err)
	}
	unknown := schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Gone"}
	if err := client.Delete(t.Context(), unknown, "n", "gone", opts); err != nil {
		t.Errorf("a kind that is gone: %v", err)
	}
}

func TestDeleteTimesOut(t *testing.T) {
	client, dynamic := newClient(secret("s"))
	dynamic.PrependReactor("delete", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, nil })
	err := client.Delete(t.Context(), secretKind, "n", "s", DeleteOptions{Timeout: 20 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "still there 20ms after") {
		t.Errorf("got %v", err)
	}
}

func TestDryRunInAMissingNamespace(t *testing.T) {
	client, dynamic := newClient()
	dynamic.PrependReactor("patch", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "n")
	})
	_, err := client.DryRunCreate(t.Context(), secret("s").Object, ApplyOptions{Manager: "m"})
	if !errors.Is(err, ErrNamespaceMissing) {
		t.Errorf("got %v", err)
	}
}

// The object that a replacement will replace still has the name; its immutable
// fields must not fail the preview.
func TestDryRunOfAReplacement(t *testing.T) {
	client, dynamic := newClient()
	var names []string
	dynamic.PrependReactor("patch", "secrets", func(action clienttesting.Action) (bool, runtime.Object, error) {
		patch, ok := action.(clienttesting.PatchAction)
		if !ok {
			return false, nil, nil
		}
		names = append(names, patch.GetName())
		if patch.GetName() == "s" {
			immutable := field.Invalid(field.NewPath("type"), "x", "field is immutable")
			return true, nil, apierrors.NewInvalid(secretKind.GroupKind(), "s", field.ErrorList{immutable})
		}
		return true, secret(patch.GetName()), nil
	})
	live, err := client.DryRunCreate(t.Context(), secret("s").Object, ApplyOptions{Manager: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != 2 || names[1] == "s" || live.GetName() != "s" {
		t.Errorf("asked for %v, got %s", names, live.GetName())
	}
}

func TestApplyRetriesWhatMayStillCome(t *testing.T) {
	client, dynamic := newClient()
	attempts := 0
	dynamic.PrependReactor("patch", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) {
		if attempts++; attempts == 1 {
			return true, nil, apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "n")
		}
		return true, secret("s"), nil
	})
	var heard []string
	_, err := client.Apply(t.Context(), secret("s").Object, ApplyOptions{Manager: "m", Progress: func(m string) { heard = append(heard, m) }})
	if err != nil || attempts != 2 || len(heard) != 1 {
		t.Errorf("got %v after %d attempts, progress %q", err, attempts, heard)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	attempts = 0
	if _, err := client.Apply(ctx, secret("s").Object, ApplyOptions{Manager: "m"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestConflictNamesTheWayOut(t *testing.T) {
	client, dynamic := newClient()
	dynamic.PrependReactor("patch", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewConflict(schema.GroupResource{Resource: "secrets"}, "s", errors.New("conflict with \"kubectl\": .data.x"))
	})
	_, err := client.Apply(t.Context(), secret("s").Object, ApplyOptions{Manager: "me"})
	for _, want := range []string{`"me"`, "kubectl", "pulumi.com/patchForce"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
}

func TestLeaveIgnored(t *testing.T) {
	live := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"replicas": int64(5), "paused": true}}}
	fields := func(manager, raw string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, FieldsV1: &metav1.FieldsV1{Raw: []byte(raw)}}
	}
	live.SetManagedFields([]metav1.ManagedFieldsEntry{
		fields("autoscaler", `{"f:spec":{"f:replicas":{}}}`), fields("me", `{"f:spec":{"f:paused":{}}}`),
	})
	obj := map[string]any{"spec": map[string]any{"replicas": int64(1), "paused": false}}
	LeaveIgnored(obj, live, "me", [][]string{{"spec", "replicas"}, {"spec", "paused"}})
	got, err := json.Marshal(obj)
	if err != nil || string(got) != `{"spec":{"paused":true}}` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestKubeconfig(t *testing.T) {
	const contents = `apiVersion: v1
kind: Config
current-context: a
clusters: [{name: c1, cluster: {server: https://one}}, {name: c2, cluster: {server: https://two}}]
contexts: [{name: a, context: {cluster: c1, namespace: team}}, {name: b, context: {cluster: c2}}]
users: [{name: u, user: {token: do-not-print}}]
`
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
		t.Fatal(err)
	}
	current, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	fromHome, err := filepath.Rel(current.HomeDir, path)
	if err != nil {
		t.Fatal(err)
	}
	for _, given := range []string{path, contents, "~/" + fromHome} {
		rest, namespace, err := Load(Settings{Kubeconfig: given})
		if err != nil || rest.Host != "https://one" || namespace != "team" {
			t.Errorf("got %v, %q, %v", rest, namespace, err)
		}
		endpoint, err := Endpoint(given, "b", "")
		if err != nil || endpoint.Server != "https://two" {
			t.Errorf("got %v, %v", endpoint, err)
		}
	}
	if got := expandHome("~somebody/kubeconfig"); got != "~somebody/kubeconfig" || expandHome("~") != current.HomeDir {
		t.Errorf("got %s and %s", got, expandHome("~"))
	}
	_, err = Parse(strings.Replace(contents, "clusters", "clutters", 1))
	if err == nil || strings.Contains(err.Error(), "do-not-print") {
		t.Errorf("got %v", err)
	}
}

// The real provider does not know where the contents are from, so a path in
// them that only holds beside the file has to fail here too.
func TestRelativePathsOfAKubeconfig(t *testing.T) {
	const contents = "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: https://one, certificate-authority: ca.crt}}]\n"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := Parse(path)
	if err != nil || config.Clusters["c"].CertificateAuthority != "ca.crt" {
		t.Errorf("got %v, %v", config, err)
	}
}
