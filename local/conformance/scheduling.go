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

// keepAnnotations holds the annotations that stop node autoscalers from evicting replicas.
var keepAnnotations = map[string]string{
	"cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
	"karpenter.sh/do-not-disrupt":                    "true",
}

// checkScheduling requires that replicas run on the nodes of the spec, spread, and are not evicted.
func checkScheduling(found *findings, s serving.Spec, pod *corev1.PodTemplateSpec) {
	for key, want := range keepAnnotations {
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
		}), "no toleration of %v", want)
	}
	for _, t := range p.Tolerations {
		found.need(t.Key != "", "a toleration has no key, so it tolerates every taint")
		found.need(t.Operator != corev1.TolerationOpExists || t.Value == "", "the toleration of %s has a value, which Exists ignores", t.Key)
		found.need(t.TolerationSeconds == nil || t.Effect == corev1.TaintEffectNoExecute, "the toleration of %s has seconds, which need NoExecute", t.Key)
		if t.Key == "node.kubernetes.io/not-ready" || t.Key == "node.kubernetes.io/unreachable" {
			found.need(t.TolerationSeconds != nil && *t.TolerationSeconds <= 300, "replicas stay for ever on a node with %s", t.Key)
		}
	}
	checkSpread(found, s, pod)
}

// checkPreference requires that a pod of a list of groups fits on nodes of these groups only, and
// prefers the earlier groups.
func checkPreference(found *findings, s serving.Spec, pod *corev1.PodTemplateSpec) {
	if len(s.NodeGroups) < 2 {
		return
	}
	for _, g := range s.NodeGroups {
		for key := range g.Labels {
			if _, selected := s.Scheduling.NodeSelector[key]; selected {
				return // the user selects nodes with this label only
			}
		}
	}
	p := &corev1.Pod{Spec: pod.Spec}
	node := func(labels map[string]string) *corev1.Node {
		merged := maps.Clone(labels)
		maps.Copy(merged, s.Scheduling.NodeSelector)
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: merged}}
	}
	required := nodeaffinity.GetRequiredNodeAffinity(p)
	fits, err := required.Match(node(map[string]string{"pool": "other"}))
	found.need(err == nil && !fits, "a node of another group fits: %v", err)
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
		candidate := node(g.Labels)
		fits, err := required.Match(candidate)
		found.need(err == nil && fits, "a node of %s does not fit: %v", g.Name, err)
		score := preferred.Score(candidate)
		found.need(score < before, "a node of %s is not less preferred than a node of the group before", g.Name)
		before = score
	}
}

// wantedTolerations returns the tolerations of GPU nodes, of lost nodes, and of the user.
func wantedTolerations(s serving.Spec) []corev1.Toleration {
	exists := corev1.TolerationOpExists
	tolerations := []corev1.Toleration{
		{Key: "nvidia.com/gpu", Operator: exists, Effect: corev1.TaintEffectNoSchedule},
		{Key: "node.kubernetes.io/not-ready", Operator: exists, Effect: corev1.TaintEffectNoExecute},
		{Key: "node.kubernetes.io/unreachable", Operator: exists, Effect: corev1.TaintEffectNoExecute},
	}
	for _, t := range s.Scheduling.Tolerations {
		want := corev1.Toleration{Key: t.Key, Operator: exists, Effect: corev1.TaintEffect(t.Effect)}
		if t.Value != "" {
			want.Operator, want.Value = corev1.TolerationOpEqual, t.Value
		}
		tolerations = append(tolerations, want)
	}
	return tolerations
}

// checkSpread requires that several replicas avoid each other, but never wait for it.
func checkSpread(found *findings, s serving.Spec, pod *corev1.PodTemplateSpec) {
	over := map[string]bool{}
	for _, c := range pod.Spec.TopologySpreadConstraints {
		over[c.TopologyKey] = true
		same(found, "whenUnsatisfiable over "+c.TopologyKey, c.WhenUnsatisfiable, corev1.ScheduleAnyway)
		found.need(c.MaxSkew >= 1, "maxSkew over %s is %d", c.TopologyKey, c.MaxSkew)
		found.need(slices.Equal(c.MatchLabelKeys, []string{"pod-template-hash"}), "the spread over %s counts the replicas of all versions", c.TopologyKey)
		matches(found, "the spread over "+c.TopologyKey, c.LabelSelector, labels.Set(pod.Labels))
	}
	for _, key := range []string{corev1.LabelTopologyZone, corev1.LabelHostname} {
		patched := strings.Contains(s.PodPatch, "topologySpreadConstraints") // a patch may set it, since no key does
		found.need(over[key] || s.Replicas.Max < 2 || patched, "the replicas are not spread over %s", key)
	}
}

// wantedNode returns the node labels of the spec.
func wantedNode(s serving.Spec) map[string]string {
	want := map[string]string{}
	if g := s.NodeGroup; len(s.NodeGroups) > 1 {
		// The affinity selects the nodes: see checkPreference.
	} else if len(g.Labels) == 0 && len(g.InstanceTypes) == 1 {
		want[corev1.LabelInstanceTypeStable] = g.InstanceTypes[0]
	} else {
		maps.Copy(want, g.Labels)
	}
	maps.Copy(want, s.Scheduling.NodeSelector)
	return want
}
