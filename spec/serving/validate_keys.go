package serving

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

const (
	// mostProposed is more tokens than any drafter gets right in a row.
	mostProposed = 64
	// mostMedia is vLLM's own limit of media in a request.
	mostMedia = 999
)

// drafters are the methods of speculative decoding that a key can name, and whether
// each needs a model of its own (vllm/config/speculative.py at 017e9f4448,
// 2026-08-17).
var drafters = map[string]bool{"ngram": false, "suffix": false, "mtp": false, "eagle": true, "eagle3": true, "draft_model": true}

// withoutMTP are usual model types without layers that predict several tokens: vLLM
// has none for them (SpeculativeConfig.hf_config_override in
// vllm/config/speculative.py at 017e9f4448, 2026-08-17).
var withoutMTP = strings.Fields("llama llama4 mistral mixtral qwen2 qwen2_moe qwen2_vl qwen2_5_vl qwen3 qwen3_moe qwen3_vl qwen3_vl_moe gemma gemma2 gemma3 gemma3_text phi phi3 phimoe gpt_oss granite")

// validateSpeculative holds what vLLM needs to propose tokens.
func (s Spec) validateSpeculative(found *problems.List, at func(string) string) {
	p := s.Speculative
	if p == (Speculative{}) {
		return
	}
	ownModel, known := drafters[p.Method]
	switch {
	case !known:
		found.Addf(at("speculative.method"), "is %q, want one of %s; others can be set with --speculative-config in extraArgs", p.Method, strings.Join(slices.Sorted(maps.Keys(drafters)), ", "))
	case ownModel && p.Model == "":
		found.Addf(at("speculative.model"), "is missing; %s needs the model that proposes, such as an EAGLE head or a small model with the same vocabulary", p.Method)
	case !ownModel && p.Model != "":
		found.Addf(at("speculative.model"), "is %q, and %s needs no model; remove it", p.Model, p.Method)
	}
	if shape, err := s.Model.shape(); err == nil && known {
		switch {
		case !shape.Kind.Generates():
			found.Addf(at("speculative.method"), "is %q, and the model, of the kind %s, generates no tokens; remove speculative", p.Method, shape.Kind)
		case p.Method == "mtp" && slices.Contains(withoutMTP, shape.ModelType):
			found.Addf(at("speculative.method"), "is mtp, and models of the type %s have no layers for it; want ngram, suffix, or a method with a model of its own", shape.ModelType)
		}
	}
	if p.Tokens < 0 || p.Tokens > mostProposed || p.Tokens == 0 && p.Method != "suffix" {
		found.Addf(at("speculative.tokens"), "is %d, want 1 to %d", p.Tokens, mostProposed)
	}
	for i, arg := range s.ExtraArgs {
		if flag, _, _ := strings.Cut(arg, "="); strings.HasPrefix(flag, "--spec-") {
			found.Addf(fmt.Sprintf("%s[%d]", at("extraArgs"), i), "%s is set by the component; use speculative instead", flag)
		}
	}
}

// mediaHost is a host name, as vLLM compares it.
var mediaHost = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// validateMedia holds that hosts are names and limits numbers.
func (s Spec) validateMedia(found *problems.List, at func(string) string) {
	for i, host := range s.Media.Domains {
		if !mediaHost.MatchString(host) {
			found.Addf(fmt.Sprintf("%s[%d]", at("media.domains"), i), "is %q, want the name of a host, such as images.example.com", host)
		}
	}
	for key, limit := range Sorted(map[string]*int{"media.images": s.Media.Images, "media.videos": s.Media.Videos, "media.sounds": s.Media.Sounds}) {
		if limit != nil && (*limit < 0 || *limit > mostMedia) {
			found.Addf(at(key), "is %d, want 0 to %d; leave it out for vLLM's own limit", *limit, mostMedia)
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
