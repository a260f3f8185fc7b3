package serving

import (
	"fmt"
	"path"
	"slices"
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
	own := Spec{}.podAnnotations()
	for key := range sorted(s.Annotations) {
		switch _, taken := own[key]; {
		case !isLabelKey(key):
			found.Addf(at("annotations."+key), "is not the key of an annotation")
		case taken:
			found.Addf(at("annotations."+key), "is set by the program, so that no loading engine is evicted; leave it out")
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

// loraRanks are those that vLLM takes.
var loraRanks = []int{1, 8, 16, 32, 64, 128, 256, 320, 512}

func (s Spec) validateLoRA(found *problems.List, at func(string) string) {
	l := s.LoRA
	if len(l.Adapters) == 0 {
		if l.MaxRank != 0 || l.MaxLoaded != 0 {
			found.Addf(at("lora.adapters"), "is missing; list the adapters, each with a name and a source")
		}
		return
	}
	taken := map[string]string{s.Model.ServedName: "the model"}
	for i, a := range l.Adapters {
		key := fmt.Sprintf("%s[%d]", at("lora.adapters"), i)
		switch {
		case a.Name == "":
			found.Addf(key+".name", "is missing; give the adapter the name that clients ask for")
		case !servedName.MatchString(a.Name):
			found.Addf(key+".name", "is %q, want letters, digits and any of . _ - / : @", a.Name)
		case taken[a.Name] != "":
			found.Addf(key+".name", "is %q, which is the name of %s already", a.Name, taken[a.Name])
		}
		taken[a.Name] = key
		switch {
		case a.Source == "":
			found.Addf(key+".source", "is missing; want a Hugging Face id, or a path in the engine's container")
		case !modelID.MatchString(a.Source) && (!path.IsAbs(a.Source) || !isWithin(a.Source[1:])):
			found.Addf(key+".source", "is %q, want a Hugging Face id, or a path in the engine's container", a.Source)
		}
	}
	if !slices.Contains(loraRanks, l.MaxRank) {
		found.Addf(at("lora.maxRank"), "is %d, want one of %v", l.MaxRank, loraRanks)
	}
	if l.MaxLoaded < 1 || l.MaxLoaded > len(l.Adapters) {
		found.Addf(at("lora.maxLoaded"), "is %d, want 1 to the number of adapters, which is %d", l.MaxLoaded, len(l.Adapters))
	}
}
