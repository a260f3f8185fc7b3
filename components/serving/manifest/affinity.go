package manifest

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// mostWeight is the largest weight of a preference in Kubernetes.
const mostWeight = 100

// affinity admits the nodes of every group of a list, and prefers those of the
// earlier groups. It is nil where there is no list.
func affinity(s serving.Spec) *corev1.Affinity {
	if !s.Prefers() {
		return nil
	}
	node := &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: terms(s.NodeGroups)}}
	last := len(s.NodeGroups) - 1
	for i, g := range s.NodeGroups[:last] {
		node.PreferredDuringSchedulingIgnoredDuringExecution = append(node.PreferredDuringSchedulingIgnoredDuringExecution,
			corev1.PreferredSchedulingTerm{Weight: int32(max(1, mostWeight*(last-i)/last)), Preference: corev1.NodeSelectorTerm{MatchExpressions: expressions(g.NodeLabels())}})
	}
	return &corev1.Affinity{NodeAffinity: node}
}

// terms are alternatives, one of which a node must meet: a single one where the
// groups differ in the value of one label, else one for each group.
func terms(groups []serving.NodeGroup) []corev1.NodeSelectorTerm {
	var all []corev1.NodeSelectorTerm
	in := corev1.NodeSelectorRequirement{Operator: corev1.NodeSelectorOpIn}
	single := true
	for _, g := range groups {
		labels := g.NodeLabels()
		all = append(all, corev1.NodeSelectorTerm{MatchExpressions: expressions(labels)})
		for key, value := range labels {
			single = single && len(labels) == 1 && (in.Key == "" || in.Key == key)
			in.Key = key
			in.Values = append(in.Values, value)
		}
	}
	if single && len(in.Values) == len(groups) {
		return []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{in}}}
	}
	return all
}

// expressions match nodes that have all the labels.
func expressions(labels map[string]string) []corev1.NodeSelectorRequirement {
	var all []corev1.NodeSelectorRequirement
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{labels[key]}})
	}
	return all
}
