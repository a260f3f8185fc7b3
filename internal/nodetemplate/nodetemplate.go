// Package nodetemplate describes a node of a node group before the node exists, as
// cluster-autoscaler does. A test can then check with a scheduler whether a pod would
// run on it.
package nodetemplate

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Group is a registered managed node group of EKS.
type Group struct {
	// Name is the name of the resource.
	Name string
	// Inputs are the inputs of the node group, and Template those of its launch
	// template.
	Inputs, Template map[string]any
	// Zone is the zone of the node: that of the group's subnets.
	Zone string
}

// tagged is the prefix of node group tags that state the resources of a node.
// https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.35.2/cluster-autoscaler/cloudprovider/aws/aws_manager.go
const tagged = "k8s.io/cluster-autoscaler/node-template/resources/"

// effects maps EKS's names of taint effects to those of Kubernetes.
var effects = map[string]corev1.TaintEffect{
	"NO_SCHEDULE": corev1.TaintEffectNoSchedule, "NO_EXECUTE": corev1.TaintEffectNoExecute, "PREFER_NO_SCHEDULE": corev1.TaintEffectPreferNoSchedule,
}

// assumedPods is the number of pods that cluster-autoscaler assumes.
const assumedPods = 110

// Nodes returns the possible next nodes of the group, one for each instance type: EC2
// selects the type.
func (g Group) Nodes() ([]corev1.Node, error) {
	types := texts(g.Inputs["instanceTypes"])
	if instanceType, ok := g.Template["instanceType"].(string); ok && len(types) == 0 {
		types = []string{instanceType}
	}
	if len(types) == 0 {
		return nil, fmt.Errorf("%s has no instance type", g.Name)
	}
	var nodes []corev1.Node
	for _, instanceType := range types {
		node, err := g.node(instanceType)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.Name, err)
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

func (g Group) node(instanceType string) (corev1.Node, error) {
	capacity, err := capacityOf(instanceType)
	if err != nil {
		return corev1.Node{}, err
	}
	node := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: strings.ReplaceAll(g.Name+"-"+instanceType, ".", "-"), Labels: map[string]string{}}}
	inputs, _ := g.Inputs["labels"].(map[string]any)
	for key, value := range inputs {
		node.Labels[key] = fmt.Sprint(value)
	}
	taints, _ := g.Inputs["taints"].([]any)
	for _, entry := range taints {
		t, _ := entry.(map[string]any)
		effect, ok := effects[fmt.Sprint(t["effect"])]
		if !ok {
			return node, fmt.Errorf("a taint has the effect %v", t["effect"])
		}
		node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: fmt.Sprint(t["key"]), Value: fmt.Sprint(t["value"]), Effect: effect})
	}
	if err := g.resourcesFromTags(capacity); err != nil {
		return node, err
	}
	maps.Copy(node.Labels, map[string]string{
		corev1.LabelInstanceTypeStable: instanceType, corev1.LabelArchStable: "amd64", corev1.LabelOSStable: "linux",
		corev1.LabelHostname: node.Name, corev1.LabelTopologyZone: g.Zone, corev1.LabelTopologyRegion: strings.TrimRight(g.Zone, "abcdefgh"),
	})
	node.Status.Capacity, node.Status.Allocatable = capacity, capacity
	node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	return node, nil
}

// resourcesFromTags adds the resources that the tags of the node group state.
func (g Group) resourcesFromTags(capacity corev1.ResourceList) error {
	tags, _ := g.Inputs["tags"].(map[string]any)
	for tag, value := range tags {
		name, ok := strings.CutPrefix(tag, tagged)
		if !ok {
			continue
		}
		quantity, err := resource.ParseQuantity(fmt.Sprint(value))
		if err != nil {
			return fmt.Errorf("the tag %s: %w", tag, err)
		}
		capacity[corev1.ResourceName(name)] = quantity
	}
	return nil
}

var size = regexp.MustCompile(`^([cmrt])[0-9][a-z-]*\.(\d*)(x?)large$`)

// gibPerCore is the memory of families without GPUs for each core, in GiB.
var gibPerCore = map[string]float64{"c": 2, "m": 4, "r": 8, "t": 4}

// capacityOf returns the capacity of an instance type by EC2's data, without the disk.
func capacityOf(instanceType string) (corev1.ResourceList, error) {
	capacity := corev1.ResourceList{corev1.ResourcePods: *resource.NewQuantity(assumedPods, resource.DecimalSI)}
	instance, err := catalogue.FindInstance(instanceType)
	if err != nil {
		parts := size.FindStringSubmatch(instanceType)
		if parts == nil {
			return nil, fmt.Errorf("nothing is known of %s", instanceType)
		}
		instance.VCPU = 2
		if parts[3] == "x" {
			times, _ := strconv.Atoi(parts[2])
			instance.VCPU = 4 * max(times, 1)
		}
		instance.MemoryGiB = float64(instance.VCPU) * gibPerCore[parts[1]]
	}
	capacity[corev1.ResourceCPU] = *resource.NewQuantity(int64(instance.VCPU), resource.DecimalSI)
	capacity[corev1.ResourceMemory] = *resource.NewQuantity(int64(instance.MemoryGiB*(1<<30)), resource.BinarySI)
	if instance.GPUs > 0 {
		capacity["nvidia.com/gpu"] = *resource.NewQuantity(int64(instance.GPUs), resource.DecimalSI)
	}
	return capacity, nil
}

func texts(list any) []string {
	items, _ := list.([]any)
	var values []string
	for _, item := range items {
		values = append(values, fmt.Sprint(item))
	}
	return values
}
