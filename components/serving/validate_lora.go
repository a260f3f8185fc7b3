package serving

import (
	"fmt"
	"path"
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

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
	for _, name := range s.Model.ServedAliases {
		taken[name] = "the model"
	}
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
