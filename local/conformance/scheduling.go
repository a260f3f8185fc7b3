package conformance

import (
	"maps"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// untouched are the annotations by which node autoscalers leave engines alone.
var untouched = map[string]string{
	"cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
	"karpenter.sh/do-not-disrupt":                    "true",
}

// checkScheduling needs engines to go where the spec says, to be spread, and to
// be left alone.
func checkScheduling(found *findings, s serving.Spec, pod *corev1.PodTemplateSpec) {
	for key, want := range untouched {
		same(found, "the annotation "+key, pod.Annotations[key], want)
	}
	p := pod.Spec
	for key, want := range wantedNode(s) {
		same(found, "the nodeSelector's "+key, p.NodeSelector[key], want)
	}
	checkPreference(found, s, pod)
	same(found, "priorityClassName", p.PriorityClassName, s.Scheduling.PriorityClass)
	for _, want := range wantedTolerations(s) {
		found.need(slices.ContainsFunc(p.Tolerations, func(t corev1.Toleration) bool {
			t.TolerationSeconds = nil
			return t == want
		}), "nothing tolerates %v", want)
	}
	for _, t := range p.Tolerations {
		found.need(t.Key != "", "a toleration has no key, and so tolerates every taint")
		found.need(t.Operator != corev1.TolerationOpExists || t.Value == "", "the toleration of %s has a value that does not count", t.Key)
		found.need(t.TolerationSeconds == nil || t.Effect == corev1.TaintEffectNoExecute, "the toleration of %s has seconds, which go with NoExecute alone", t.Key)
		if t.Key == "node.kubernetes.io/not-ready" || t.Key == "node.kubernetes.io/unreachable" {
			found.need(t.TolerationSeconds != nil && *t.TolerationSeconds <= 300, "engines stay for ever on a node with %s", t.Key)
		}
	}
	checkSpread(found, s, pod)
}

// checkPreference needs a pod of a list of groups to fit a node of each, and no
// other, and to prefer the earlier groups.
func checkPreference(found *findings, s serving.Spec, pod *corev1.PodTemplateSpec) {
	if len(s.NodeGroups) < 2 {
		return
	}
	for _, g := range s.NodeGroups {
		for key := range g.Labels {
			if _, selected := s.Scheduling.NodeSelector[key]; selected {
				return // the user narrows the list down to nodes with this label
			}
		}
	}
	p := &corev1.Pod{Spec: pod.Spec}
	node := func(labels map[string]string) *corev1.Node {
		all := maps.Clone(labels)
		maps.Copy(all, s.Scheduling.NodeSelector)
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: all}}
	}
	required := nodeaffinity.GetRequiredNodeAffinity(p)
	fits, err := required.Match(node(map[string]string{"pool": "of nobody"}))
	found.need(err == nil && !fits, "a node of no group fits: %v", err)
	if p.Spec.Affinity == nil || p.Spec.Affinity.NodeAffinity == nil {
		found.need(false, "a list of groups has no affinity")
		return
	}
	preferred, err := nodeaffinity.NewPreferredSchedulingTerms(p.Spec.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	if err != nil {
		found.need(false, "the preference is wrong: %v", err)
		return
	}
	before := int64(math.MaxInt64)
	for _, g := range s.NodeGroups {
		on := node(g.Labels)
		fits, err := required.Match(on)
		found.need(err == nil && fits, "a node of %s does not fit: %v", g.Name, err)
		score := preferred.Score(on)
		found.need(score < before, "a node of %s is not less preferred than one of the group before", g.Name)
		before = score
	}
}

// wantedTolerations are those of GPU nodes, of nodes that are lost, and the
// user's.
func wantedTolerations(s serving.Spec) []corev1.Toleration {
	exists := corev1.TolerationOpExists
	all := []corev1.Toleration{
		{Key: "nvidia.com/gpu", Operator: exists, Effect: corev1.TaintEffectNoSchedule},
		{Key: "node.kubernetes.io/not-ready", Operator: exists, Effect: corev1.TaintEffectNoExecute},
		{Key: "node.kubernetes.io/unreachable", Operator: exists, Effect: corev1.TaintEffectNoExecute},
	}
	for _, t := range s.Scheduling.Tolerations {
		want := corev1.Toleration{Key: t.Key, Operator: exists, Effect: corev1.TaintEffect(t.Effect)}
		if t.Value != "" {
			want.Operator, want.Value = corev1.TolerationOpEqual, t.Value
		}
		all = append(all, want)
	}
	return all
}

// checkSpread needs several engines to avoid each other and never to wait for
// it.
func checkSpread(found *findings, s serving.Spec, pod *corev1.PodTemplateSpec) {
	over := map[string]bool{}
	for _, c := range pod.Spec.TopologySpreadConstraints {
		over[c.TopologyKey] = true
		same(found, "whenUnsatisfiable over "+c.TopologyKey, c.WhenUnsatisfiable, corev1.ScheduleAnyway)
		found.need(c.MaxSkew >= 1, "maxSkew over %s is %d", c.TopologyKey, c.MaxSkew)
		found.need(slices.Equal(c.MatchLabelKeys, []string{"pod-template-hash"}), "the spread over %s counts the engines of all versions", c.TopologyKey)
		matches(found, "the spread over "+c.TopologyKey, c.LabelSelector, labels.Set(pod.Labels))
	}
	for _, key := range []string{corev1.LabelTopologyZone, corev1.LabelHostname} {
		patched := strings.Contains(s.PodPatch, "topologySpreadConstraints") // no key sets it, so that a patch may
		found.need(over[key] || s.Replicas.Max < 2 || patched, "nothing spreads the engines over %s", key)
	}
}

// wantedNode are the labels of the nodes that the spec asks for.
func wantedNode(s serving.Spec) map[string]string {
	want := map[string]string{}
	if g := s.NodeGroup; len(s.NodeGroups) > 1 {
		// The affinity selects them: see checkPreference.
	} else if len(g.Labels) == 0 && len(g.InstanceTypes) == 1 {
		want[corev1.LabelInstanceTypeStable] = g.InstanceTypes[0]
	} else {
		maps.Copy(want, g.Labels)
	}
	maps.Copy(want, s.Scheduling.NodeSelector)
	return want
}
