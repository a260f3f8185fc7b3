package catalogue

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// weights counts the parameters of the language model by part.
func (c *config) weights(s Shape) Weights {
	hidden := float64(c.HiddenSize)
	var w Weights
	w.Embedding = hidden * float64(c.VocabSize)
	if c.WordEmbedProjDim > 0 {
		w.Embedding = float64(c.WordEmbedProjDim * c.VocabSize)
	}
	if !*c.Tied {
		w.Embedding *= 2
	}
	w.Embedding += float64(c.PerLayerInput) * float64(c.PerLayerVocab) * float64(c.NumHiddenLayers)
	matrices := 3.0 // gate, up, down
	if slices.Contains(plainMLP, c.ModelType) {
		matrices = 2
	}
	window := int(c.SlidingWindow)
	for i := range min(c.NumHiddenLayers, 10_000) {
		kind := c.kind(i, max(window, c.AttentionChunk))
		attention, kv := c.attentionWeights(kind, s)
		w.Linear += attention
		w.KVProjection += kv
		switch {
		case s.MoE.Layers > 0 && c.isMoE(i):
			width := hidden * float64(s.MoE.Intermediate)
			if latent := float64(c.MoELatent); latent > 0 { // experts see a projection
				width = latent * float64(s.MoE.Intermediate)
				w.Linear += 2 * hidden * latent
			}
			w.Experts += matrices * width * float64(s.MoE.Experts)
			w.Linear += matrices * hidden * c.sharedWidth(s.MoE)
			w.Other += hidden * float64(s.MoE.Experts) // the router
		case c.HybridPattern == "" || i < len(c.HybridPattern) && c.HybridPattern[i] == '-':
			w.Linear += matrices * hidden * float64(c.IntermediateSize)
		}
		w.Other += 2 * hidden // norms
	}
	return w
}

// sharedWidth is that of the experts that every token visits.
func (c *config) sharedWidth(m MoE) float64 {
	if size := cmp.Or(c.SharedExpertSize, c.SharedSize, c.MoESharedSize); size > 0 {
		return float64(size)
	}
	shared := cmp.Or(int(c.SharedExperts), int(c.NumSharedExperts), c.ErnieShared)
	if shared == 0 && c.ModelType == "llama4" {
		shared = 1
	}
	return float64(shared * m.Intermediate)
}

// attentionWeights are those of a layer's attention or state, and of them the
// keys' and values'.
func (c *config) attentionWeights(kind layerKind, s Shape) (all, kv float64) {
	hidden := float64(c.HiddenSize)
	heads := float64(c.NumAttentionHeads)
	if kind == stateful || kind == both {
		all += c.stateWeights()
	}
	if kind == stateful || kind == nothing && c.HybridPattern != "" {
		return all, 0
	}
	if s.MLA != (MLA{}) {
		query := float64(c.NopeHeadDim + c.RopeHeadDim)
		if c.QLoraRank > 0 {
			all += float64(c.QLoraRank) * (hidden + heads*query)
		} else {
			all += hidden * heads * query
		}
		latent := float64(c.KVLoraRank)
		all += hidden * (latent + float64(c.RopeHeadDim))
		all += latent * heads * float64(c.NopeHeadDim+c.VHeadDim)
		return all + heads*float64(c.VHeadDim)*hidden, 0
	}
	width, kvHeads := float64(c.HeadDim), float64(c.NumKeyValueHeads)
	if kind == fullAttention && c.GlobalHeadDim > 0 {
		width, kvHeads = float64(c.GlobalHeadDim), float64(cmp.Or(c.GlobalKVHeads, c.NumKeyValueHeads))
	}
	queries := 1.0
	if c.LinearValueHeads > 0 {
		queries = 2 // Qwen3-Next and later gate what attention puts out
	}
	kv = 2 * hidden * kvHeads * width
	return all + (queries+1)*hidden*heads*width + kv, kv
}

// stateWeights are those of a Mamba, convolution or linear-attention layer.
func (c *config) stateWeights() float64 {
	hidden := float64(c.HiddenSize)
	switch {
	case c.LinearValueHeads > 0:
		key, value := float64(c.LinearKeyHeads*c.LinearKeyDim), float64(c.LinearValueHeads*c.LinearValueDim)
		return hidden*(2*key+2*value+2*float64(c.LinearValueHeads)) + value*hidden
	case c.LFMConv > 0:
		return 4 * hidden * hidden
	}
	m := c.mamba()
	return hidden*float64(2*m.inner+2*m.groups*m.state+m.heads) + float64(m.inner)*hidden
}

// settleTotal makes the parts add up to the published number, which knows of
// biases, towers and adapters that the arithmetic does not.
func (s *Shape) settleTotal(published float64) error {
	if published == 0 {
		return nil
	}
	w := &s.Weights
	computed := w.Total() - w.Encoder
	rest := published - computed
	if rest < -0.03*published || s.Vision == (Vision{}) && rest > 0.35*published {
		return fmt.Errorf("parameters is %.4g, but the shape has %.4g", published, computed)
	}
	switch {
	case s.drafts && s.Vision == (Vision{}):
		// Layers that only speculative decoding loads.
	case s.Vision != (Vision{}):
		w.Encoder = max(rest, 0)
	default:
		w.Other = max(w.Other+rest, 0)
	}
	return nil
}

// visionConfig is the encoder's part of a config.json.
type visionConfig struct {
	HiddenSize       int     `json:"hidden_size"`
	EmbedDim         int     `json:"embed_dim"`
	IntermediateSize int     `json:"intermediate_size"`
	MLPRatio         float64 `json:"mlp_ratio"`
	Depth            int     `json:"depth"`
	NumHiddenLayers  int     `json:"num_hidden_layers"`
	Layers           int     `json:"layers"`
	Merge            int     `json:"spatial_merge_size"`
}

func parseVision(raw json.RawMessage) visionConfig {
	var v visionConfig
	if json.Unmarshal(raw, &v) != nil {
		return visionConfig{}
	}
	if v.EmbedDim > 0 { // Qwen2-VL: there, hidden_size is the language model's
		v.HiddenSize = v.EmbedDim
	}
	if v.IntermediateSize == 0 && v.MLPRatio > 0 && v.MLPRatio < 100 {
		v.IntermediateSize = int(v.MLPRatio * float64(v.HiddenSize))
	}
	v.HiddenSize, v.IntermediateSize = min(v.HiddenSize, 1<<20), min(v.IntermediateSize, 1<<24)
	return v
}

// images are the patches that one image has at most, and the tokens that it
// becomes, by the beginning of the model type: of the processors' defaults
// (preprocessor_config.json), tiles and the thumbnail included. Qwen's take
// images of 12.8 million pixels, four patches of 14 × 14 to a token, and make
// larger ones smaller.
var images = []struct {
	modelType       string
	patches, tokens int
	scaled          bool
}{
	{"qwen", 65536, 16384, true}, {"gemma3", 4096, 256, false}, {"kimi_vl", 4096, 1024, false}, {"internvl", 13 * 1025, 3328, false},
	{"mistral3", 12100, 3080, false}, {"pixtral", 12100, 3080, false}, {"llama4", 17 * 577, 2500, false}, {"llava_next", 5 * 577, 2880, false},
	{"llava", 577, 576, false}, {"minicpmv", 10 * 1024, 640, false}, {"phi3_v", 17 * 577, 2500, false}, {"", 1024, 576, false},
}

func vision(raw json.RawMessage, modelType string) Vision {
	v := parseVision(raw)
	out := Vision{Hidden: max(v.HiddenSize, 1), Intermediate: v.IntermediateSize, Matrices: 2}
	if modelType == "qwen2_5_vl" || modelType == "qwen2_5_omni" || strings.HasPrefix(modelType, "mistral3") || strings.HasPrefix(modelType, "pixtral") {
		out.Matrices = 3 // with a gate
	}
	for _, i := range images {
		if strings.HasPrefix(modelType, i.modelType) {
			out.Patches, out.Tokens, out.Scaled = i.patches, i.tokens, i.scaled
			break
		}
	}
	return out
}

// encoderParameters estimates a tower whose published number is not given.
func encoderParameters(raw json.RawMessage) float64 {
	v := parseVision(raw)
	depth := min(max(cmp.Or(v.Depth, v.NumHiddenLayers, v.Layers), 0), 1000)
	hidden := float64(v.HiddenSize)
	return float64(depth) * hidden * (4*hidden + 2*float64(v.IntermediateSize))
}
