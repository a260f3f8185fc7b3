package manifest

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	kubejson "sigs.k8s.io/json"

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
	if unknown, err := kubejson.UnmarshalStrict([]byte(by), &corev1.PodTemplateSpec{}); err != nil || len(unknown) > 0 {
		return patched, fmt.Errorf("is no pod template: %w", firstOf(err, unknown))
	}
	original, err := json.Marshal(pod)
	if err != nil {
		return patched, err
	}
	merged, err := strategicpatch.StrategicMergePatch(original, []byte(by), corev1.PodTemplateSpec{})
	if err != nil {
		return patched, fmt.Errorf("cannot be applied: %w", err)
	}
	return patched, json.Unmarshal(merged, &patched)
}

func firstOf(err error, more []error) error {
	if err != nil {
		return err
	}
	return more[0]
}
