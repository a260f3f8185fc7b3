package await

import (
	"context"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
)

// recorded answers every question from fixtures.
type recorded struct {
	// object is what there is under any name; nil for nothing.
	object *unstructured.Unstructured
	lists  map[string][]unstructured.Unstructured
	log    string
}

func (r recorded) Get(_ context.Context, gvk schema.GroupVersionKind, _, name string) (*unstructured.Unstructured, error) {
	if r.object == nil {
		return nil, apierrors.NewNotFound(schema.GroupResource{Group: gvk.Group, Resource: gvk.Kind}, name)
	}
	return r.object, nil
}

func (r recorded) List(_ context.Context, gvk schema.GroupVersionKind, _ string, _ metav1.ListOptions) ([]unstructured.Unstructured, error) {
	return r.lists[gvk.Kind], nil
}

func (r recorded) Logs(_ context.Context, _, _, _ string, previous bool, _ int) string {
	if !previous {
		return ""
	}
	return r.log
}

// failing is a Deployment in the middle of a rollout that crashes, and its cluster.
func failing(t *testing.T) (*unstructured.Unstructured, recorded) {
	t.Helper()
	deployment := object(t, exceeded)
	deployment.SetAPIVersion("apps/v1")
	deployment.SetKind("Deployment")
	deployment.SetName("m")
	deployment.SetUID("d")
	if err := unstructured.SetNestedField(deployment.Object, map[string]any{"matchLabels": map[string]any{"app": "a"}}, "spec", "selector"); err != nil {
		t.Fatal(err)
	}
	set := func(name, number, uid string) unstructured.Unstructured {
		return *object(t, `{metadata: {name: `+name+`, uid: `+uid+`, annotations: {"`+revision+`": "`+number+`"},
		  ownerReferences: [{controller: true, uid: d}]}, spec: {selector: {matchLabels: {app: a}}}}`)
	}
	pod := func(name, owner, status string) unstructured.Unstructured {
		return *object(t, `{metadata: {name: `+name+`, ownerReferences: [{controller: true, uid: `+owner+`}]}, status: `+status+`}`)
	}
	return deployment, recorded{log: "panic: no GPU\n", lists: map[string][]unstructured.Unstructured{
		"ReplicaSet": {set("old", "1", "r1"), set("new", "2", "r2")},
		"Pod": {
			pod("old-pod", "r1", `{phase: Running}`),
			pod("new-pod", "r2", `{containerStatuses: [{name: c, restartCount: 1, state: {waiting: {reason: CrashLoopBackOff}}}]}`),
		},
		"Event": {*object(t, `{reason: BackOff, message: restarting}`)},
	}}
}

// A rollout past its deadline is warned about once and waited for to the
// timeout. Both times the pods of the new template explain it, with the last
// words of the container that crashed.
func TestRolloutPastItsDeadline(t *testing.T) {
	deployment, reader := failing(t)
	resource := fake.NewSimpleDynamicClient(runtime.NewScheme(), deployment).
		Resource(schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"})
	var warnings []string
	const timeout = 20 * quick
	began := time.Now()
	_, err := Until(t.Context(), Target{
		Resource: resource, Reader: reader, Check: checkDeployment, Applied: deployment, Timeout: timeout, Poll: quick,
		Warn: func(message string) { warnings = append(warnings, message) },
	})
	if took := time.Since(began); took < timeout {
		t.Errorf("the wait ended after %s", took)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "the timeout of "+timeout.String()) {
		t.Fatalf("the warnings are %q", warnings)
	}
	if err == nil || !strings.HasPrefix(err.Error(), "not ready after 0s: 1 of 1 pods updated") {
		t.Fatalf("got %v", err)
	}
	for _, got := range []string{warnings[0], err.Error()} {
		for _, want := range []string{
			`[ProgressDeadlineExceeded] ReplicaSet "new" has timed out progressing.`,
			"pod new-pod: container c: CrashLoopBackOff", "panic: no GPU", "event on pod new-pod: BackOff: restarting",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing in:\n%s", want, got)
			}
		}
		if strings.Contains(got, "old-pod") {
			t.Errorf("the old template's pod is blamed:\n%s", got)
		}
	}
}

// On a return to an earlier template the controller leaves its verdict on the
// other one standing. It is no news, but it is a reason if the return fails.
func TestTheVerdictOnAnEarlierRolloutIsNoWarning(t *testing.T) {
	deployment, reader := failing(t)
	reader.lists["ReplicaSet"][1].SetName("newer")
	status := checkDeployment(t.Context(), reader, deployment)
	expect(t, status, Pending, "1 old ones left")
	if status.Warning != "" || len(status.Reasons) != 1 {
		t.Errorf("warning %q, reasons %q", status.Warning, status.Reasons)
	}
}
