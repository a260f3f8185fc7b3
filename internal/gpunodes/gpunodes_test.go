package gpunodes

import (
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	sigsjson "sigs.k8s.io/json"
)

// TestAffinitiesMatchNodes decodes the affinities of charts strictly, and matches
// them with nodes.
func TestAffinitiesMatchNodes(t *testing.T) {
	gpu, plain := labels.Set{PresentLabel: PresentValue}, labels.Set{"kubernetes.io/os": "linux"}
	disabled := labels.Set{PresentLabel: "false"}
	tests := []struct {
		name     string
		affinity map[string]any
		matches  map[string]bool
	}{
		{"avoid", Avoid(), map[string]bool{"gpu": false, "plain": true, "off": true}},
		{"only", Only(), map[string]bool{"gpu": true, "plain": false, "off": false}},
		{"apart", Apart(map[string]any{"app": "a"}), map[string]bool{"gpu": false, "plain": true, "off": true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var affinity corev1.Affinity
			decode(t, test.affinity, &affinity)
			terms := affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
			if len(terms) != 1 || len(terms[0].MatchExpressions) != 1 {
				t.Fatalf("the terms are %v", terms)
			}
			e := terms[0].MatchExpressions[0]
			operator := map[corev1.NodeSelectorOperator]selection.Operator{corev1.NodeSelectorOpIn: selection.In, corev1.NodeSelectorOpNotIn: selection.NotIn}[e.Operator]
			requirement, err := labels.NewRequirement(e.Key, operator, e.Values)
			if err != nil {
				t.Fatal(err)
			}
			for name, node := range map[string]labels.Set{"gpu": gpu, "plain": plain, "off": disabled} {
				if got := requirement.Matches(node); got != test.matches[name] {
					t.Errorf("the node %s matches: %t, want %t", name, got, test.matches[name])
				}
			}
		})
	}
}

// TestTolerateTheTaint compares the toleration with the taint.
func TestTolerateTheTaint(t *testing.T) {
	var tolerations []corev1.Toleration
	decode(t, Tolerate(), &tolerations)
	taint := corev1.Taint{Key: Taint, Value: TaintValue, Effect: corev1.TaintEffectNoSchedule}
	if len(tolerations) != 1 || tolerations[0].Key != taint.Key || tolerations[0].Operator != corev1.TolerationOpExists || tolerations[0].Effect != taint.Effect {
		t.Errorf("%v does not tolerate %v alone", tolerations, taint)
	}
}

func decode(t *testing.T, source, target any) {
	t.Helper()
	text, err := json.Marshal(source)
	if err != nil {
		t.Fatal(err)
	}
	strict, err := sigsjson.UnmarshalStrict(text, target)
	if err != nil || len(strict) > 0 {
		t.Fatal(err, strict)
	}
}
