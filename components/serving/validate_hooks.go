package serving

import (
	"fmt"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// validateLabels refuses what Kubernetes does not take for labels, and those by
// which the service's objects are found.
func validateLabels(found *problems.List, path string, labels map[string]string) {
	for key, value := range sorted(labels) {
		switch {
		case !isLabelKey(key) || !isLabelValue(value):
			found.Addf(path+"."+key, "is %q, which no label can be", value)
		case strings.HasPrefix(key, "app.kubernetes.io/") || key == "pod-template-hash":
			found.Addf(path+"."+key, "is set by the program; choose another label")
		}
	}
}

// validateHooks checks what users add to the pods.
func (s Spec) validateHooks(found *problems.List, at func(string) string) {
	validateLabels(found, at("labels"), s.Labels)
	for key := range sorted(s.Annotations) {
		switch _, taken := undisturbed[key]; {
		case !isLabelKey(key):
			found.Addf(at("annotations."+key), "is not the key of an annotation")
		case taken:
			found.Addf(at("annotations."+key), "is set by the program, so that no loading engine is evicted; leave it out")
		case key == middlewareAnnotation:
			found.Addf(at("annotations."+key), "is set by the program: it is vLLM's middleware; leave it out")
		}
	}
	for i, t := range s.Scheduling.Tolerations {
		key := fmt.Sprintf("%s[%d]", at("tolerations"), i)
		switch {
		case t.Key == "":
			found.Addf(key+".key", "is missing; name the taint")
		case !isLabelKey(t.Key):
			found.Addf(key+".key", "is %q, want the key of a taint", t.Key)
		case !isLabelValue(t.Value):
			found.Addf(key+".value", "is %q, want the value of a taint", t.Value)
		}
		switch t.Effect {
		case "", "NoSchedule", "PreferNoSchedule", "NoExecute":
		default:
			found.Addf(key+".effect", "is %q, want NoSchedule, PreferNoSchedule or NoExecute", t.Effect)
		}
	}
}
