package serving

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// drafters are the values of speculative.method, and whether each needs a model of its
// own (vllm/config/speculative.py at 017e9f4448, 2026-08-17).
var drafters = map[string]bool{"ngram": false, "suffix": false, "mtp": false, "eagle": true, "eagle3": true, "draft_model": true}

// withoutMTP are common model types for which vLLM has no layers that predict several
// tokens (SpeculativeConfig.hf_config_override in vllm/config/speculative.py at
// 017e9f4448, 2026-08-17).
var withoutMTP = strings.Fields("llama llama4 mistral mixtral qwen2 qwen2_moe qwen2_vl qwen2_5_vl qwen3 qwen3_moe qwen3_vl qwen3_vl_moe gemma gemma2 gemma3 gemma3_text phi phi3 phimoe gpt_oss granite")

// validateSpeculative checks the settings of speculative decoding.
func (s Spec) validateSpeculative(found *field.ErrorList, path *field.Path) {
	p := s.Speculative
	if p == (Speculative{}) {
		return
	}
	ownModel, exists := drafters[p.Method]
	switch {
	case p.Method == "":
		problems.Required(found, path.Child("speculative", "method"), "is missing; want one of %s", strings.Join(slices.Sorted(maps.Keys(drafters)), ", "))
	case !exists: // reported
	case ownModel && p.Model == "":
		problems.Required(found, path.Child("speculative", "model"), "is missing; %s needs the model that proposes, such as an EAGLE head or a small model with the same vocabulary", p.Method)
	case !ownModel && p.Model != "":
		problems.Forbidden(found, path.Child("speculative", "model"), "is %q, and %s needs no model; remove it", p.Model, p.Method)
	}
	if shape, err := s.Model.shape(); err == nil && exists {
		switch {
		case !shape.Kind.Generates():
			problems.Forbidden(found, path.Child("speculative", "method"), "is %q, and the model, of the kind %s, generates no tokens; remove speculative", p.Method, shape.Kind)
		case p.Method == "mtp" && slices.Contains(withoutMTP, shape.ModelType):
			problems.Invalid(found, path.Child("speculative", "method"), "is mtp, and models of the type %s have no layers for it; want ngram, suffix, or a method with a model of its own", shape.ModelType)
		}
	}
	if p.Tokens == 0 && p.Method != "suffix" {
		problems.Required(found, path.Child("speculative", "tokens"), "is missing; set the number of tokens that are proposed at once")
	}
	for i, arg := range s.ExtraArgs {
		if flag, _, _ := strings.Cut(arg, "="); strings.HasPrefix(flag, "--spec-") {
			problems.Forbidden(found, path.Child("extraArgs").Index(i), "%s is set by the component; use speculative instead", flag)
		}
	}
}

// mediaHost is the form of host names that vLLM compares.
var mediaHost = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// validateMedia checks that domains are host names.
func (s Spec) validateMedia(found *field.ErrorList, path *field.Path) {
	for i, host := range s.Media.Domains {
		if !mediaHost.MatchString(host) {
			problems.Invalid(found, path.Child("media", "domains").Index(i), "is %q, want the name of a host, such as images.example.com", host)
		}
	}
}

// validateLoRA refuses adapters with the same name or without a valid source.
func (s Spec) validateLoRA(found *field.ErrorList, fieldPath *field.Path) {
	l := s.LoRA
	if len(l.Adapters) == 0 {
		if l.MaxRank != 0 || l.MaxLoaded != 0 {
			problems.Required(found, fieldPath.Child("lora", "adapters"), "is missing; list the adapters, each with a name and a source")
		}
		return
	}
	owners := map[string]string{}
	for _, name := range s.Model.ServedNames {
		owners[name] = "the model"
	}
	for i, a := range l.Adapters {
		key := fieldPath.Child("lora", "adapters").Index(i)
		switch {
		case a.Name == "": // reported as missing
		case !servedName.MatchString(a.Name):
			problems.Invalid(found, key.Child("name"), "is %q, want letters, digits and any of . _ - / : @", a.Name)
		case owners[a.Name] != "":
			problems.Duplicate(found, key.Child("name"), "is %q, which is the name of %s already", a.Name, owners[a.Name])
		}
		owners[a.Name] = key.String()
		switch {
		case a.Source == "": // reported as missing
		case !modelID.MatchString(a.Source) && (!path.IsAbs(a.Source) || !isWithin(a.Source[1:])):
			problems.Invalid(found, key.Child("source"), "is %q, want a Hugging Face id, or a path in vLLM's container", a.Source)
		}
	}
	if l.MaxLoaded > len(l.Adapters) {
		problems.Invalid(found, fieldPath.Child("lora", "maxLoaded"), "is %d, want 1 to the number of adapters, which is %d", l.MaxLoaded, len(l.Adapters))
	}
}
