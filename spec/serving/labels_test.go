package serving

import (
	"maps"
	"testing"
)

// TestLabels checks the labels of objects, pods and selectors. The label app is only on pods:
// the selector of a Deployment cannot change.
func TestLabels(t *testing.T) {
	selector := map[string]string{"app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": "chat"}
	objects := map[string]string{
		"app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": "chat", "app.kubernetes.io/part-of": "vllm-eks", "app.kubernetes.io/managed-by": "pulumi",
	}
	pods := map[string]string{"app": "vllm", "app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": "chat", "app.kubernetes.io/part-of": "vllm-eks"}
	s := Spec{Name: "chat"}
	for name, test := range map[string]struct{ got, want map[string]string }{
		"selector": {s.SelectorLabels(), selector}, "objects": {s.AllLabels(), objects}, "pods": {s.PodLabels(), pods},
	} {
		if !maps.Equal(test.got, test.want) {
			t.Errorf("the labels of %s are %v, want %v", name, test.got, test.want)
		}
	}
	s.Labels = map[string]string{"app": "search", "team": "a"}
	if got := s.PodLabels(); got["app"] != "search" || got["team"] != "a" {
		t.Errorf("the labels of pods are %v, want those of the user", got)
	}
	if got := s.AllLabels(); got["app"] != "search" {
		t.Errorf("the labels of objects are %v, want those of the user", got)
	}
}
