package await

import (
	"context"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// recorded answers every question from fixtures.
type recorded struct {
	lists map[string][]unstructured.Unstructured
	log   string
}

func (r recorded) Get(context.Context, schema.GroupVersionKind, string, string) (*unstructured.Unstructured, error) {
	return &unstructured.Unstructured{}, nil
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

// A failed rollout is explained by the pods of the new template only, with the
// last words of the container that crashed.
func TestFailedRolloutIsExplained(t *testing.T) {
	deployment := object(t, exceeded)
	deployment.SetUID("d")
	deployment.SetAnnotations(map[string]string{revision: "2"})
	if err := unstructured.SetNestedField(deployment.Object, map[string]any{"matchLabels": map[string]any{"app": "a"}}, "spec", "selector"); err != nil {
		t.Fatal(err)
	}
	set := func(name, number, uid string) unstructured.Unstructured {
		s := object(t, `{metadata: {name: `+name+`, uid: `+uid+`, annotations: {"`+revision+`": "`+number+`"},
		  ownerReferences: [{controller: true, uid: d}]}, spec: {selector: {matchLabels: {app: a}}}}`)
		return *s
	}
	pod := func(name, owner, status string) unstructured.Unstructured {
		return *object(t, `{metadata: {name: `+name+`, ownerReferences: [{controller: true, uid: `+owner+`}]}, status: `+status+`}`)
	}
	reader := recorded{log: "panic: no GPU\n", lists: map[string][]unstructured.Unstructured{
		"ReplicaSet": {set("old", "1", "r1"), set("new", "2", "r2")},
		"Pod": {
			pod("old-pod", "r1", `{phase: Running}`),
			pod("new-pod", "r2", `{containerStatuses: [{name: c, restartCount: 1, state: {waiting: {reason: CrashLoopBackOff}}}]}`),
		},
		"Event": {*object(t, `{reason: BackOff, message: restarting}`)},
	}}
	status := checkDeployment(t.Context(), reader, deployment, Attempt{})
	expect(t, status, Failed, "no progress")
	got := strings.Join(status.Reasons, "\n")
	for _, want := range []string{
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
