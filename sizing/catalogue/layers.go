package catalogue

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// layer describes one layer of the language model.
type layer struct {
	kind layerKind
	// heads and kvHeads are the numbers of attention heads, key and value the widths of
	// one head's keys and values.
	heads, kvHeads, key, value int
	// window is the width of sliding attention in tokens.
	window int
	// borrowed reports that the layer uses the cache of another layer.
	borrowed bool
	// index reports that the layer caches a key for the selection of tokens.
	index bool
	// compress is the number of tokens of one cache entry: DeepSeek-V4.
	compress int
	// linearAttention and linearMLP report that one square matrix replaces attention,
	// or the MLP.
	linearAttention, linearMLP bool
	// dense is the width of the MLP, 0 for none; experts reports a mixture of experts.
	dense   int
	experts bool
}

// layerKind is the kind of cache of one decoder layer.
type layerKind int

const (
	nothing layerKind = iota // only an MLP
	crossAttention
	fullAttention
	slidingAttention
	stateful
	both // attention and a state side by side: Falcon-H1
	// encoderAttention covers all tokens at once and caches none.
	encoderAttention
)

// maxLayers is the largest number of layers that the parser reads: no model has more.
const maxLayers = 2000

// layers returns a description of each layer. It supports all the ways in which
// configurations describe layers.
func (c *config) layers() ([]layer, error) {
	if len(c.BlockConfigs) > 0 {
		return c.blockLayers()
	}
	layers := make([]layer, min(c.NumHiddenLayers, maxLayers))
	window, sliding := c.window(), c.hasSliding()
	for i := range layers {
		l := &layers[i]
		*l = layer{
			kind: c.kind(i, window), heads: c.NumAttentionHeads, kvHeads: c.NumKeyValueHeads, key: c.HeadDim, value: c.HeadDim,
			borrowed: i >= len(layers)-min(c.SharedKVLayers, len(layers)), index: c.indexes(i), experts: c.isMoE(i),
		}
		if c.valueDim() > 0 {
			l.value = c.valueDim()
		}
		switch l.kind {
		case slidingAttention:
			l.window = window
			l.heads, l.kvHeads = cmp.Or(c.SWAHeads, l.heads), cmp.Or(c.SWAKVHeads, l.kvHeads)
			l.key, l.value = cmp.Or(c.SWAHeadDim, l.key), cmp.Or(c.SWAVHeadDim, l.value)
			if o := c.OtherAttention; o != nil {
				l.heads, l.kvHeads = cmp.Or(o.Heads, l.heads), cmp.Or(o.KVHeads, l.kvHeads)
				l.key, l.value = cmp.Or(o.HeadDim, l.key), cmp.Or(o.HeadDim, l.value)
			}
		case fullAttention:
			if c.GlobalHeadDim > 0 {
				l.key, l.value = c.GlobalHeadDim, c.GlobalHeadDim
			}
			if sliding {
				l.kvHeads = cmp.Or(c.GlobalKVHeads, l.kvHeads)
			}
		case nothing, crossAttention, stateful, both, encoderAttention:
		}
		if i < len(c.HeadsPerLayer) {
			l.heads = cmp.Or(int(c.HeadsPerLayer[i]), l.heads)
		}
		if i < len(c.CompressRatios) {
			l.compress = max(1, c.CompressRatios[i])
		}
		if !l.experts && (c.HybridPattern == "" || i < len(c.HybridPattern) && c.HybridPattern[i] == '-') {
			l.dense = cmp.Or(c.DenseIntermediate, int(c.IntermediateSize))
		}
		switch {
		case (c.EnableMoEBlock || c.ResidualMoE) && l.experts: // Gemma 4 and Grok 2 have a dense MLP in addition to their experts
			l.dense = int(c.IntermediateSize)
		case c.DoubleWide && l.borrowed: // Gemma 4 E2B
			l.dense *= 2
		case c.ModelType == "arctic" && c.UseResidual && l.experts: // a narrower one
			l.dense = c.HiddenSize
		}
	}
	return layers, nil
}

// valueDim returns the width of a head's values if it differs from that of its keys; 0
// with latent attention.
func (c *config) valueDim() int {
	if c.KVLoraRank > 0 || c.QLoraRank > 0 {
		return 0
	}
	return c.VHeadDim
}

// window returns the window of sliding attention in tokens.
func (c *config) window() int {
	if c.AttentionChunk > 0 && !strings.HasPrefix(c.ModelType, "mimo_v2") { // MiMo states one that it does not use
		return c.AttentionChunk
	}
	return int(c.SlidingWindow)
}

// chunked reports whether tokens attend to their own chunk instead of a window.
func (c *config) chunked() bool {
	return c.AttentionChunk > 0 && !strings.HasPrefix(c.ModelType, "mimo_v2")
}

// hasSliding reports whether a layer has a window.
func (c *config) hasSliding() bool {
	window := c.window()
	for i := range min(c.NumHiddenLayers, maxLayers) {
		if c.kind(i, window) == slidingAttention {
			return true
		}
	}
	return false
}

// indexes reports whether a layer of sparse attention has its own index:
// vllm/model_executor/models/deepseek_v2.py and vllm/models/minimax_m3/nvidia/model.py
// at 017e9f4448 (2026-08-17).
func (c *config) indexes(layer int) bool {
	switch {
	case c.Sparse.Dim > 0:
		return layer < len(c.Sparse.Layers) && c.Sparse.Layers[layer] > 0
	case c.IndexHeadDim == 0:
		return false
	case layer < len(c.IndexerTypes):
		return c.IndexerTypes[layer] == "full"
	case layer < len(c.IndexPattern):
		return c.IndexPattern[layer] != 'S'
	case c.IndexFreq > 1:
		return max(layer-c.IndexOffset+1, 0)%c.IndexFreq == 0
	}
	return true
}

// otherAttention describes the sliding layers of Step-3.5.
type otherAttention struct {
	Heads   int `json:"num_attention_heads"`
	KVHeads int `json:"num_attention_groups"`
	HeadDim int `json:"head_dim"`
}

// kind returns the kind of cache of a layer.
func (c *config) kind(layer, window int) layerKind {
	types := c.LayerTypes
	if len(types) == 0 {
		types = c.LayersBlockType
	}
	switch {
	case slices.Contains(encoders, c.ModelType) || c.Bidirectional == true:
		return encoderAttention
	case slices.Contains(c.CrossAttention, layer):
		return crossAttention
	case c.HybridPattern != "":
		if layer >= len(c.HybridPattern) {
			return nothing
		}
		return map[byte]layerKind{'M': stateful, '*': fullAttention}[c.HybridPattern[layer]]
	case c.ModelType == "falcon_h1":
		return both
	case layer < len(c.HybridLayers): // MiMo-V2: 1 slides
		return fullIf(c.HybridLayers[layer] == 0, slidingAttention)
	case layer < len(types):
		return kindOf(types[layer])
	case c.LinearAttention != nil:
		return fullIf(slices.Contains(c.LinearAttention.Full, layer+1), stateful)
	case len(c.AttnIndices) > 0:
		return fullIf(slices.Contains(c.AttnIndices, layer), stateful)
	case len(c.FullIndices) > 0:
		return fullIf(slices.Contains(c.FullIndices, layer), stateful)
	case len(c.AttnTypes) > 0: // MiniMax: 1 is softmax attention, 0 lightning
		return fullIf(layer < len(c.AttnTypes) && c.AttnTypes[layer] == 1, stateful)
	case c.AttnPeriod > 1:
		return fullIf(layer%c.AttnPeriod == c.AttnOffset, stateful)
	case c.FullInterval > 1:
		return fullIf((layer+1)%c.FullInterval == 0, stateful)
	case window > 0:
		return c.windowed(layer)
	}
	return fullAttention
}

// fullIf returns full attention if the condition holds, else alternative.
func fullIf(condition bool, alternative layerKind) layerKind {
	if condition {
		return fullAttention
	}
	return alternative
}

func kindOf(name string) layerKind {
	switch name = strings.ToLower(name); {
	case strings.Contains(name, "sliding"), strings.Contains(name, "chunked"), strings.Contains(name, "local"):
		return slidingAttention
	case strings.Contains(name, "linear"), strings.Contains(name, "mamba"), strings.Contains(name, "conv"), strings.Contains(name, "recurrent"):
		return stateful
	case strings.Contains(name, "hybrid"):
		return both
	case strings.Contains(name, "attention"):
		return fullAttention
	}
	return nothing
}

// knownLayerTypes are the entries of layer_types and layers_block_type with a known
// cache.
var knownLayerTypes = []string{
	"full_attention", "sliding_attention", "chunked_attention", "linear_attention", "attention", "mamba", "conv", "hybrid", "moe", "mlp",
	"deepseek_sparse_attention", "full", "mamba2", "recurrent", "local_attention",
}

// checkLayers refuses layers of an unknown kind.
func (c *config) checkLayers() error {
	var errs []error
	for _, list := range []struct {
		key   string
		types []string
	}{{"layer_types", c.LayerTypes}, {"layers_block_type", c.LayersBlockType}} {
		for _, name := range list.types {
			if !slices.Contains(knownLayerTypes, strings.ToLower(name)) {
				errs = append(errs, fmt.Errorf("%s has a layer of the type %q, whose KV cache is not known; %s", list.key, name, workaround))
				break
			}
		}
	}
	if i := strings.IndexFunc(c.HybridPattern, func(r rune) bool { return !strings.ContainsRune("M*E-", r) }); i >= 0 {
		errs = append(errs, fmt.Errorf("hybrid_override_pattern has %q, a layer that is not known; %s", c.HybridPattern[i:i+1], workaround))
	}
	for _, ratio := range c.CompressRatios {
		if ratio != 0 && ratio != 1 && ratio != 4 && ratio != 128 {
			errs = append(errs, fmt.Errorf("compress_ratios has %d, whose KV cache is not known; %s", ratio, workaround))
			break
		}
	}
	return errors.Join(errs...)
}

// windowed returns the kind of a layer for models that state the sliding layers by a
// pattern, or only state a window.
func (c *config) windowed(layer int) layerKind {
	if c.UseSliding != nil && !*c.UseSliding {
		return fullAttention
	}
	if c.UseSliding != nil && c.MaxWindowLayers > 0 {
		return fullIf(layer < c.MaxWindowLayers, slidingAttention)
	}
	sliding := cmp.Or(c.SlidingPattern, c.SavedPattern)
	if letters := sliding.letters; letters != "" {
		return fullIf(letters[layer%len(letters)] != 'L', slidingAttention)
	}
	pattern := sliding.every
	if pattern == 0 {
		switch c.ModelType {
		case "gemma2", "gpt_oss":
			pattern = 2
		case "gemma3", "gemma3_text":
			pattern = 6
		case "cohere2", "llama4", "llama4_text":
			pattern = 4
		}
	}
	if c.NoRopeInterval > 1 {
		pattern = c.NoRopeInterval
	}
	if pattern > 1 {
		return fullIf((layer+1)%pattern == 0, slidingAttention)
	}
	return slidingAttention
}
