package manifest

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// podTemplate is the template of the engines' pods. A patch that cannot be
// applied was refused by Validate, so that none is applied here.
func podTemplate(s serving.Spec) corev1.PodTemplateSpec {
	pod := enginePod(s)
	if patched, err := patch(pod, s.PodPatch); err == nil {
		return patched
	}
	return pod
}

// patch applies a strategic merge patch, as kubectl does: mappings are merged,
// and lists of things with names by those. A field that pods do not have is an
// error.
func patch(pod corev1.PodTemplateSpec, by string) (corev1.PodTemplateSpec, error) {
	if by == "" {
		return pod, nil
	}
	var patched corev1.PodTemplateSpec
	if err := checkPatch([]byte(by)); err != nil {
		return patched, err
	}
	original, err := json.Marshal(pod)
	if err != nil {
		return patched, err
	}
	merged, err := strategicpatch.StrategicMergePatch(original, []byte(by), corev1.PodTemplateSpec{})
	if err != nil {
		return patched, mergeProblem(err)
	}
	return patched, json.Unmarshal(merged, &patched)
}
