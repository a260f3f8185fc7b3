package manifest

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// maxWeight is the largest weight of a preference in Kubernetes.
const maxWeight = 100

// affinity returns the node affinity of a service with a list of node groups. It admits
// the nodes of every group, and prefers the earlier groups. It is nil without a list.
func affinity(s serving.Spec) *corev1.Affinity {
	if !s.Prefers() {
		return nil
	}
	node := &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: terms(s.NodeGroups)}}
	final := len(s.NodeGroups) - 1
	for i, g := range s.NodeGroups[:final] {
		node.PreferredDuringSchedulingIgnoredDuringExecution = append(node.PreferredDuringSchedulingIgnoredDuringExecution,
			corev1.PreferredSchedulingTerm{Weight: int32(max(1, maxWeight*(final-i)/final)), Preference: corev1.NodeSelectorTerm{MatchExpressions: expressions(g.NodeLabels())}})
	}
	return &corev1.Affinity{NodeAffinity: node}
}

// terms returns node selector terms, of which a node must match one. It returns a single
// term if the groups differ only in the value of one label, else one term for each group.
func terms(groups []serving.NodeGroup) []corev1.NodeSelectorTerm {
	var list []corev1.NodeSelectorTerm
	requirement := corev1.NodeSelectorRequirement{Operator: corev1.NodeSelectorOpIn}
	single := true
	for _, g := range groups {
		labels := g.NodeLabels()
		list = append(list, corev1.NodeSelectorTerm{MatchExpressions: expressions(labels)})
		for key, value := range labels {
			single = single && len(labels) == 1 && (requirement.Key == "" || requirement.Key == key)
			requirement.Key = key
			requirement.Values = append(requirement.Values, value)
		}
	}
	if single && len(requirement.Values) == len(groups) {
		return []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{requirement}}}
	}
	return list
}

// expressions returns the requirements that match nodes with all the labels.
func expressions(labels map[string]string) []corev1.NodeSelectorRequirement {
	var list []corev1.NodeSelectorRequirement
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		list = append(list, corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{labels[key]}})
	}
	return list
}
