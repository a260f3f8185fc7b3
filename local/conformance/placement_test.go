package conformance

import (
	"encoding/json"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	schedule "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"

	"github.com/vllm-eks/vllm-eks/internal/nodetemplate"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// With the scheduler's own functions and the nodes that cluster-autoscaler expects of every group in
// every zone, a pod runs on the first group of its list, on the second if the first has no capacity,
// and on no other node.
func TestEveryModelIsPlacedOnItsGroupsInTheirOrder(t *testing.T) {
	for stack, models := range map[string]map[string][]string{
		"dev":        {"mistral-7b": {"g5"}},
		"prod":       {"mistral-7b": {"g5"}, "llama-70b": {"p4d"}},
		"preferring": {"a": {"g5-spot", "g5"}},
	} {
		resources := recordedResources(t, stack)
		nodes := expectedNodes(t, resources)
		for model, groups := range models {
			t.Run(stack+"/"+model, func(t *testing.T) {
				pod := podOf(t, resources, model)
				remaining := nodes
				for _, group := range groups {
					zones := map[string]bool{}
					for _, node := range remaining {
						if node.Labels[groupLabel] == group {
							zones[node.Labels[corev1.LabelTopologyZone]] = true
						}
					}
					if got := placed(t, pod, remaining); got != group || len(zones) == 0 {
						t.Fatalf("runs on %q, want %s, which has nodes in %d zones", got, group, len(zones))
					}
					for zone := range zones {
						inZone := slices.DeleteFunc(slices.Clone(remaining), func(n corev1.Node) bool { return n.Labels[corev1.LabelTopologyZone] != zone })
						if got := placed(t, pod, inZone); got != group {
							t.Errorf("in %s, runs on %q, want %s", zone, got, group)
						}
					}
					remaining = slices.DeleteFunc(slices.Clone(remaining), func(n corev1.Node) bool { return n.Labels[groupLabel] == group })
				}
				if got := placed(t, pod, remaining); got != "" {
					t.Errorf("runs on %s, which its model does not list", got)
				}
			})
		}
	}
}

const groupLabel = "vllm-eks/node-group"

func recordedResources(t *testing.T, stack string) []stacktest.Resource {
	t.Helper()
	resources, err := stacktest.ReadFolder("../../stack/testdata/" + stack)
	if err != nil {
		t.Fatal(err)
	}
	return resources
}

// expectedNodes returns the next nodes of all groups of a stack.
func expectedNodes(t *testing.T, resources []stacktest.Resource) []corev1.Node {
	t.Helper()
	var expected []corev1.Node
	for _, group := range nodetemplate.Groups(resources) {
		nodes, err := group.Nodes()
		if err != nil {
			t.Fatal(err)
		}
		expected = append(expected, nodes...)
	}
	return expected
}

// podOf returns a pod of a model.
func podOf(t *testing.T, resources []stacktest.Resource, model string) *corev1.Pod {
	t.Helper()
	for _, r := range resources {
		if r.Type != "kubernetes:apps/v1:Deployment" || r.Name != model {
			continue
		}
		text, err := json.Marshal(r.Inputs["spec"].(map[string]any)["template"])
		if err != nil {
			t.Fatal(err)
		}
		var pod corev1.Pod
		if err := json.Unmarshal(text, &pod); err != nil {
			t.Fatal(err)
		}
		return &pod
	}
	t.Fatalf("no Deployment %s", model)
	return nil
}

// placed returns the group of the node that a pod prefers among those that it
// fits; "" if it fits none.
func placed(t *testing.T, pod *corev1.Pod, nodes []corev1.Node) string {
	t.Helper()
	var terms []corev1.PreferredSchedulingTerm
	if a := pod.Spec.Affinity; a != nil && a.NodeAffinity != nil {
		terms = a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution
	}
	preferred, err := nodeaffinity.NewPreferredSchedulingTerms(terms)
	if err != nil {
		t.Fatal(err)
	}
	best, group := int64(-1), ""
	for _, node := range nodes {
		matches, err := nodeaffinity.GetRequiredNodeAffinity(pod).Match(&node)
		if err != nil {
			t.Fatal(err)
		}
		if !matches || !tolerates(pod, node) || !hasRoom(pod, node) {
			continue
		}
		if score := preferred.Score(&node); score > best {
			best, group = score, node.Labels[groupLabel]
		}
	}
	return group
}

func tolerates(pod *corev1.Pod, node corev1.Node) bool {
	_, untolerated := schedule.FindMatchingUntoleratedTaint(klog.Background(), node.Spec.Taints, pod.Spec.Tolerations,
		func(t *corev1.Taint) bool { return t.Effect != corev1.TaintEffectPreferNoSchedule }, false)
	return !untolerated
}

func hasRoom(pod *corev1.Pod, node corev1.Node) bool {
	for _, c := range pod.Spec.Containers {
		for name, request := range c.Resources.Requests {
			if allocatable := node.Status.Allocatable[name]; allocatable.Cmp(request) < 0 {
				return false
			}
		}
	}
	return true
}
