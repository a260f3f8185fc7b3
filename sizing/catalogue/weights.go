package catalogue

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
)

// addEncoder adds the encoder of an encoder-decoder, and the decoder's cache of its
// output: keys and values of every position, for each request (CrossAttentionSpec in
// vllm/v1/kv_cache_interface.py at 017e9f4448).
func (c *config) addEncoder(s *Shape) {
	hidden := float64(c.HiddenSize)
	perLayer := 4*hidden*hidden + 2*hidden*float64(c.EncoderFFN)
	s.Weights.Encoder = float64(c.EncoderLayers)*perLayer + hidden*float64(c.SourcePositions) + 3*hidden*(hidden+float64(c.MelBins))
	cross := 4 * hidden * hidden * float64(c.NumHiddenLayers)
	s.Weights.Linear += cross
	s.Weights.Attention += cross
	s.Weights.Embedding += hidden * float64(c.TargetPositions)
	kept := min(2*2*float64(c.SourcePositions)*hidden, largestState)
	s.KV = append(s.KV, KVLayers{Kind: State, Count: c.NumHiddenLayers, ConvBytes: int(kept), Paged: true})
}

// settleTotal adjusts the parts so that their sum is the published number, which
// includes biases, encoders and adapters that the arithmetic does not count.
func (s *Shape) settleTotal(published float64) error {
	if published == 0 {
		return nil
	}
	w := &s.Weights
	computed := w.Total() - w.Encoder
	rest := published - computed
	towers := s.Vision != (Vision{}) || w.Encoder > 0
	if rest < -0.03*published || !towers && rest > 0.35*published {
		return fmt.Errorf("parameters is %.4g, but the shape has %.4g", published, computed)
	}
	switch {
	case s.drafts && !towers:
		// Only speculative decoding loads these layers.
	case towers:
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
	VTHidden         int     `json:"vt_hidden_size"`
	VTIntermediate   int     `json:"vt_intermediate_size"`
	VTLayers         int     `json:"vt_num_hidden_layers"`
	DModel           int     `json:"d_model"`
	EncoderLayers    int     `json:"encoder_layers"`
	EncoderFFN       int     `json:"encoder_ffn_dim"`
	Width            count   `json:"width"`
	ConformerLayers  int     `json:"conf_num_hidden_layers"`
	ModelType        string  `json:"model_type"`
}

func parseVision(raw json.RawMessage) visionConfig {
	var v visionConfig
	if json.Unmarshal(raw, &v) != nil {
		return visionConfig{}
	}
	v.HiddenSize, v.IntermediateSize = cmp.Or(v.HiddenSize, v.VTHidden, v.DModel, int(v.Width)), cmp.Or(v.IntermediateSize, v.VTIntermediate, v.EncoderFFN)
	if v.EmbedDim > 0 { // Qwen2-VL: hidden_size is the language model's
		v.HiddenSize = v.EmbedDim
	}
	if v.IntermediateSize == 0 && v.MLPRatio > 0 && v.MLPRatio < 100 {
		v.IntermediateSize = int(v.MLPRatio * float64(v.HiddenSize))
	}
	v.HiddenSize, v.IntermediateSize = min(v.HiddenSize, 1<<20), min(v.IntermediateSize, 1<<24)
	return v
}

// images holds, by the beginning of the model type, the largest number of patches of
// one image and the tokens for them: from the processors' defaults
// (preprocessor_config.json), with tiles and the thumbnail. Qwen's processors accept
// images of 12.8 million pixels, use one token for four patches of 14 × 14, and scale
// larger images down.
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
	result := Vision{Hidden: max(v.HiddenSize, 1), Intermediate: v.IntermediateSize, Matrices: 2}
	if modelType == "qwen2_5_vl" || modelType == "qwen2_5_omni" || strings.HasPrefix(modelType, "mistral3") || strings.HasPrefix(modelType, "pixtral") {
		result.Matrices = 3 // with a gate
	}
	for _, i := range images {
		if strings.HasPrefix(modelType, i.modelType) {
			result.Patches, result.Tokens, result.Scaled = i.patches, i.tokens, i.scaled
			break
		}
	}
	return result
}

// undescribed holds the parameters of encoders, and of adapters in the checkpoint, for
// which config.json describes no layers: the published numbers of
// Phi-3.5-vision-instruct and of Phi-4-multimodal-instruct without their language
// models.
var undescribed = map[string]float64{"phi3_v": 0.325e9, "phi4mm": 1.738e9}

// encoderParameters returns the estimated parameters of an encoder without a published
// number.
func encoderParameters(raw json.RawMessage) float64 {
	v := parseVision(raw)
	depth := min(max(cmp.Or(v.Depth, v.NumHiddenLayers, v.Layers, v.VTLayers, v.EncoderLayers, v.ConformerLayers), 0), 1000)
	hidden := float64(v.HiddenSize)
	switch {
	case strings.HasPrefix(v.ModelType, "gemma") && strings.HasSuffix(v.ModelType, "_audio"):
		// Conformers: two MLPs of four times the width, attention and a convolution.
		return float64(depth) * 23 * hidden * hidden
	case v.ModelType == "gemma3n_vision": // MobileNet-V5-300M, without keys for its layers
		return 0.3e9
	}
	return float64(depth) * hidden * (4*hidden + 2*float64(v.IntermediateSize))
}
