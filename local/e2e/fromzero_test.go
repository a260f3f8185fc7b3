//go:build cluster

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/internal/nodetemplate"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

const zeroSpace = "e2e-from-zero"

// TestGroupsScaleFromZero asks the real scheduler where a model's pod runs, among
// Nodes as cluster-autoscaler expects them of groups that never had one: with the
// system's group alone nowhere, and else on the group of its model.
func TestGroupsScaleFromZero(t *testing.T) {
	kubectl(t, "create", "namespace", zeroSpace)
	t.Cleanup(func() { kubectl(t, "delete", "namespace", zeroSpace, "--wait=false") })
	for stack, groups := range map[string]map[string]string{
		"dev":  {"mistral-7b": "nodes-g5"},
		"prod": {"mistral-7b": "nodes-g5", "llama-70b": "nodes-p4d"},
	} {
		resources := recordedStack(t, stack)
		for model, group := range groups {
			t.Run(stack+"/"+model, func(t *testing.T) { expectOnGroup(t, resources, stack+"-"+model, model, group) })
		}
	}
}

// recordedStack is everything that a stack registers.
func recordedStack(t *testing.T, stack string) []stacktest.Resource {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(checkout(t).Root, "testdata", stack+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var resources []stacktest.Resource
	if err := json.Unmarshal(content, &resources); err != nil {
		t.Fatal(err)
	}
	return resources
}

func expectOnGroup(t *testing.T, resources []stacktest.Resource, name, model, want string) {
	pod := modelPod(t, resources, model)
	pod["metadata"].(map[string]any)["name"] = name
	pod["metadata"].(map[string]any)["namespace"] = zeroSpace
	system, others := 0, 0
	add := func(isSystem bool) {
		for _, group := range nodetemplate.Groups(resources) {
			if strings.HasPrefix(group.Name, "nodes-system-") != isSystem {
				continue
			}
			nodes, err := group.Nodes()
			if err != nil {
				t.Fatal(err)
			}
			for _, node := range nodes {
				createNode(t, name+"-"+group.Name, node)
				if isSystem {
					system++
				} else {
					others++
				}
			}
		}
	}
	add(true)
	create(t, pod)
	t.Cleanup(func() {
		kubectl(t, "delete", "pod", name, "--namespace="+zeroSpace, "--force", "--grace-period=0", "--ignore-not-found")
	})
	get := func(path string) string {
		return kubectl(t, "get", "pod", name, "--namespace="+zeroSpace, "--output=jsonpath="+path)
	}
	await(t, "the scheduler's opinion of the nodes without GPUs", time.Minute, func() bool {
		return get(`{.status.conditions[?(@.type=="PodScheduled")].reason}`) == corev1.PodReasonUnschedulable
	})
	add(false)
	if system == 0 || others == 0 {
		t.Fatalf("%d nodes of the system, %d with GPUs", system, others)
	}
	await(t, "a node for "+name, time.Minute, func() bool { return get("{.spec.nodeName}") != "" })
	if node := get("{.spec.nodeName}"); !strings.HasPrefix(node, name+"-"+want) {
		t.Errorf("%s runs on %s, not on the group %s", model, node, want)
	}
}

// modelPod is the pod of a model's Deployment. No kubelet runs it.
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

// createNode adds a Node that no machine stands behind, ready as far as anybody
// knows. It is gone before the controllers miss its heartbeat.
func createNode(t *testing.T, prefix string, node corev1.Node) {
	t.Helper()
	node.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}
	node.Name = prefix + "-" + node.Labels[corev1.LabelInstanceTypeStable]
	node.Labels[corev1.LabelHostname] = node.Name
	create(t, node)
	t.Cleanup(func() { kubectl(t, "delete", "node", node.Name, "--wait=false") })
	for i := range node.Status.Conditions {
		node.Status.Conditions[i].LastHeartbeatTime = metav1.Now()
	}
	status, err := json.Marshal(map[string]any{"status": node.Status})
	if err != nil {
		t.Fatal(err)
	}
	kubectl(t, "patch", "node", node.Name, "--subresource=status", "--type=merge", "--patch="+string(status))
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
