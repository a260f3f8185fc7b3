//go:build cluster

package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/internal/nodetemplate"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

const zeroSpace = "e2e-from-zero"

// TestGroupsScaleFromZero asks the real scheduler where a model's pod runs. The Nodes are the
// ones that cluster-autoscaler expects of node groups that never had a node. With only the
// system's group the pod runs nowhere. Else it runs on its model's group, in each of its zones.
// Of several groups, it runs on the first, and on the second if EC2 has no capacity for the
// first.
func TestGroupsScaleFromZero(t *testing.T) {
	kubectl(t, "create", "namespace", zeroSpace)
	t.Cleanup(func() { kubectl(t, "delete", "namespace", zeroSpace, "--wait=false") })
	for stack, groups := range map[string]map[string][]string{
		"dev":        {"mistral-7b": {"g5"}},
		"prod":       {"mistral-7b": {"g5"}, "llama-70b": {"p4d"}},
		"preferring": {"a": {"g5-spot", "g5"}},
	} {
		resources := recordedStack(t, stack)
		for model, names := range groups {
			var without []string
			for _, want := range names {
				for i, zone := range append([]string{""}, zonesOf(t, resources, want)...) {
					t.Run(strings.Trim(stack+"/"+model+"/"+want+"/"+zone, "/"), func(t *testing.T) {
						expectOnGroup(t, resources, placement{name: fmt.Sprintf("%s-%s-%s-%d", stack, model, want, i), model: model, zone: zone, without: without, want: want})
					})
				}
				without = append(without, want)
			}
		}
	}
}

// placement is one test of the scheduler.
type placement struct {
	// name is part of the names of its pod and nodes.
	name, model string
	// zone is the only zone with GPU nodes; "" for all zones.
	zone string
	// without lists the groups without nodes.
	without []string
	// want is the expected group of the pod.
	want string
}

// groupOf returns the name of a managed node group's entry in nodeGroups.
func groupOf(g nodetemplate.Group) string {
	labels, _ := g.Inputs["labels"].(map[string]any)
	return fmt.Sprint(labels[groupLabel])
}

const groupLabel = "vllm-eks/node-group"

// zonesOf returns the zones in which a group has nodes.
func zonesOf(t *testing.T, resources []stacktest.Resource, group string) []string {
	t.Helper()
	var zones []string
	for _, g := range nodetemplate.Groups(resources) {
		if groupOf(g) == group {
			zones = append(zones, g.Zone)
		}
	}
	if len(zones) == 0 {
		t.Fatalf("%s has no nodes in any zone", group)
	}
	return zones
}

// recordedStack returns everything that a stack registers.
func recordedStack(t *testing.T, stack string) []stacktest.Resource {
	t.Helper()
	resources, err := stacktest.ReadFolder(filepath.Join(checkout(t).Root, "stack", "testdata", stack))
	if err != nil {
		t.Fatal(err)
	}
	return resources
}

func expectOnGroup(t *testing.T, resources []stacktest.Resource, p placement) {
	pod := modelPod(t, resources, p.model)
	pod["metadata"].(map[string]any)["name"] = p.name
	pod["metadata"].(map[string]any)["namespace"] = zeroSpace
	add := func(isWanted func(nodetemplate.Group) bool) int {
		var added []corev1.Node
		for _, group := range nodetemplate.Groups(resources) {
			if !isWanted(group) {
				continue
			}
			nodes, err := group.Nodes()
			if err != nil {
				t.Fatal(err)
			}
			for _, node := range nodes {
				node.Name = p.name + "-" + group.Name + "-" + node.Labels[corev1.LabelInstanceTypeStable]
				added = append(added, node)
			}
		}
		createNodes(t, added)
		return len(added)
	}
	isSystem := func(g nodetemplate.Group) bool { return strings.HasPrefix(g.Name, "nodes-system") }
	system := add(isSystem)
	create(t, pod)
	t.Cleanup(func() {
		kubectl(t, "delete", "pod", p.name, "--namespace="+zeroSpace, "--force", "--grace-period=0", "--ignore-not-found")
	})
	get := func(path string) string {
		return kubectl(t, "get", "pod", p.name, "--namespace="+zeroSpace, "--output=jsonpath="+path)
	}
	await(t, "the scheduler refuses the nodes without GPUs", time.Minute, func() bool {
		return get(`{.status.conditions[?(@.type=="PodScheduled")].reason}`) == corev1.PodReasonUnschedulable
	})
	// With a node of a less preferred group alone, the scheduler would choose it.
	kubectl(t, "delete", "pod", p.name, "--namespace="+zeroSpace, "--force", "--grace-period=0")
	rest := add(func(g nodetemplate.Group) bool {
		return !isSystem(g) && (p.zone == "" || g.Zone == p.zone) && !slices.Contains(p.without, groupOf(g))
	})
	if system == 0 || rest == 0 {
		t.Fatalf("%d nodes of the system, %d with GPUs", system, rest)
	}
	create(t, pod)
	await(t, "a node for "+p.name, time.Minute, func() bool { return get("{.spec.nodeName}") != "" })
	node := get("{.spec.nodeName}")
	labels := kubectl(t, "get", "node", node, "--output=jsonpath={.metadata.labels}")
	var found map[string]string
	if err := json.Unmarshal([]byte(labels), &found); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(node, p.name+"-") || found[groupLabel] != p.want || p.zone != "" && found[corev1.LabelTopologyZone] != p.zone {
		t.Errorf("%s runs on %s of %s in %s, not on the group %s", p.model, node, found[groupLabel], found[corev1.LabelTopologyZone], p.want)
	}
}

// modelPod returns the pod of a model's Deployment. No kubelet runs it.
func modelPod(t *testing.T, resources []stacktest.Resource, model string) map[string]any {
	t.Helper()
	for _, r := range resources {
		if r.Type == "kubernetes:apps/v1:Deployment" && r.Name == model {
			return podOf(r.Inputs)
		}
	}
	t.Fatalf("there is no Deployment %s", model)
	return nil
}

// createNodes creates ready Nodes without machines and waits until the scheduler may use all of
// them. The test deletes them before the controllers miss their heartbeats.
func createNodes(t *testing.T, nodes []corev1.Node) {
	t.Helper()
	remove := []string{"delete", "node"}
	for i := range nodes {
		node := &nodes[i]
		node.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}
		node.Labels[corev1.LabelHostname] = node.Name
		for c := range node.Status.Conditions {
			node.Status.Conditions[c].LastHeartbeatTime = metav1.Now()
		}
		remove = append(remove, node.Name)
	}
	t.Cleanup(func() { kubectl(t, append(remove, "--ignore-not-found")...) })
	create(t, map[string]any{"apiVersion": "v1", "kind": "List", "items": nodes})
	// The API server taints every new Node; a controller removes the taints one after the other.
	// A pod that is created between would run on any Node whose taint is gone first.
	await(t, "the new nodes have no taint "+corev1.TaintNodeNotReady, time.Minute, func() bool {
		taints := kubectl(t, "get", "nodes", `--output=jsonpath={range .items[*]}{.metadata.name} {.spec.taints[*].key}{"\n"}{end}`)
		return !slices.ContainsFunc(strings.Split(taints, "\n"), func(line string) bool {
			words := strings.Fields(line)
			return slices.Contains(words, corev1.TaintNodeNotReady) && slices.ContainsFunc(nodes, func(n corev1.Node) bool { return n.Name == words[0] })
		})
	})
}

func create(t *testing.T, object any) {
	t.Helper()
	content, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := kubectlWithInput(string(content), "create", "--filename=-"); err != nil {
		t.Fatal(fmt.Errorf("kubectl create: %w\n%s\n%s", err, out, content))
	}
}
