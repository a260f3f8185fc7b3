package await

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
)

const quick = 10 * time.Millisecond

func namespaces(t *testing.T, objects ...runtime.Object) dynamic.ResourceInterface {
	t.Helper()
	return fake.NewSimpleDynamicClient(runtime.NewScheme(), objects...).
		Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
}

func namespace(t *testing.T, phase string) *unstructured.Unstructured {
	t.Helper()
	return object(t, `{apiVersion: v1, kind: Namespace, metadata: {name: n}, status: {phase: "`+phase+`"}}`)
}

func target(resource dynamic.ResourceInterface, applied *unstructured.Unstructured) Target {
	return Target{Resource: resource, Check: checkNamespace, Applied: applied, Timeout: 5 * time.Second, Poll: quick}
}

func TestUntilReturnsTheReadyObject(t *testing.T) {
	starting := namespace(t, "")
	resource := namespaces(t, starting)
	goal := target(resource, starting)
	goal.Report = func(message string) {
		if message != "the namespace is not active yet" {
			t.Errorf("reported %q", message)
		}
		if _, err := resource.Update(t.Context(), namespace(t, "Active"), metav1.UpdateOptions{}); err != nil {
			t.Error(err)
		}
	}
	live, err := Until(t.Context(), goal)
	if err != nil || text(live, "status", "phase") != "Active" {
		t.Errorf("got %v, %v", live, err)
	}
}

func TestUntilEnds(t *testing.T) {
	pendingCheck := func(context.Context, Reader, *unstructured.Unstructured) Status {
		return Status{Message: "still missing", Reasons: []string{"a reason"}}
	}
	failing := namespace(t, "Terminating")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name    string
		ctx     context.Context
		change  func(*Target)
		message string
	}{
		{"at a failure", t.Context(), func(*Target) {}, "the namespace is being deleted"},
		{"at the timeout", t.Context(), func(g *Target) { g.Check, g.Timeout = pendingCheck, 3*quick }, "not ready after 0s: still missing"},
		{"when cancelled", cancelled, func(g *Target) { g.Check = pendingCheck }, "waiting was cancelled"},
		{"when the object is gone", t.Context(), func(g *Target) { g.Resource = namespaces(t) }, "was deleted while"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			goal := target(namespaces(t, failing), failing)
			test.change(&goal)
			live, err := Until(test.ctx, goal)
			var notReady *NotReadyError
			if !errors.As(err, &notReady) || !strings.Contains(notReady.Message, test.message) {
				t.Fatalf("got %v, want %q", err, test.message)
			}
			if live == nil || notReady.Live == nil {
				t.Error("the last known object is lost")
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	tests := []struct {
		name, annotation string
		requested        float64
		want             time.Duration
		fails            bool
	}{
		{"default", "", 0, DefaultTimeout, false},
		{"annotation", "90", 0, 90 * time.Second, false},
		{"the program wins", "90", 30, 30 * time.Second, false},
		{"nonsense", "soon", 0, 0, true},
		{"negative", "-1", 0, 0, true},
		{"a fraction", "1.5", 0, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Timeout(test.requested, map[string]string{TimeoutSeconds: test.annotation})
			if got != test.want || (err != nil) != test.fails {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

// Some kinds the real provider waits for at most so long, whatever it is told.
func TestReadyTimeout(t *testing.T) {
	for kind, want := range map[string]time.Duration{"PersistentVolumeClaim": 5 * time.Minute, "Secret": 5 * time.Second, "Service": time.Hour} {
		got, err := ReadyTimeout(schema.GroupVersionKind{Version: "v1", Kind: kind}, 3600, nil)
		if err != nil || got != want {
			t.Errorf("%s: got %s, %v", kind, got, err)
		}
	}
}

func TestForHonoursAnnotations(t *testing.T) {
	deployment := schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	if check, err := For(deployment, map[string]string{SkipAwait: "true"}); check != nil || err != nil {
		t.Errorf("skipAwait: got a check %v, error %v", check != nil, err)
	}
	if check, err := For(schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, nil); check != nil || err != nil {
		t.Errorf("ConfigMap: got a check %v, error %v", check != nil, err)
	}
	if _, err := For(deployment, map[string]string{WaitFor: "jsonpath={.x}=y"}); err == nil {
		t.Error("an expression that is not understood was accepted")
	}
	check, err := For(deployment, map[string]string{WaitFor: "condition=Synced"})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, check(t.Context(), nil, object(t, `{status: {conditions: [{type: Synced, status: "True"}]}}`)), Ready, "")
	expect(t, check(t.Context(), nil, object(t, `{status: {conditions: [{type: Synced, status: "False"}]}}`)), Pending, "not True")
}
