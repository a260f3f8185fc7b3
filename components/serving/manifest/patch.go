package manifest

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// podTemplate returns the template of the replicas. Validate refuses a patch that cannot
// be applied; podTemplate ignores such a patch.
func podTemplate(s serving.Spec) corev1.PodTemplateSpec {
	pod := replicaPod(s)
	if patched, err := patch(pod, s.PodPatch); err == nil {
		return patched
	}
	return pod
}

// patch applies a strategic merge patch, as kubectl does: it merges mappings, and merges
// lists of named items by name. It returns an error for a field that pods do not have.
func patch(pod corev1.PodTemplateSpec, change string) (corev1.PodTemplateSpec, error) {
	if change == "" {
		return pod, nil
	}
	var patched corev1.PodTemplateSpec
	if err := checkPatch([]byte(change)); err != nil {
		return patched, err
	}
	original, err := json.Marshal(pod)
	if err != nil {
		return patched, err
	}
	merged, err := strategicpatch.StrategicMergePatch(original, []byte(change), corev1.PodTemplateSpec{})
	if err != nil {
		return patched, mergeProblem(err)
	}
	return patched, json.Unmarshal(merged, &patched)
}
