package catalogue

import (
	"cmp"
	"slices"
	"strings"
)

// layerKind is what one decoder layer keeps.
type layerKind int

const (
	nothing layerKind = iota // an MLP of its own, cross attention, or a shared cache
	fullAttention
	slidingAttention
	stateful
	both // attention and a state side by side: Falcon-H1
)

// kvLayers groups the layers by what they keep.
func (c *config) kvLayers() []KVLayers {
	window := int(c.SlidingWindow)
	if c.AttentionChunk > 0 {
		window = c.AttentionChunk
	}
	counts := map[layerKind]int{}
	layers := min(c.NumHiddenLayers, 10_000)
	for i := range layers - min(c.SharedKVLayers, layers) {
		counts[c.kind(i, window)]++
	}
	full := KVLayers{Kind: Full, Count: counts[fullAttention] + counts[both], Heads: c.NumKeyValueHeads, Elements: 2 * c.HeadDim}
	sliding := full
	sliding.Kind, sliding.Count, sliding.Window, sliding.Chunked = Sliding, counts[slidingAttention], window, c.AttentionChunk > 0
	if counts[slidingAttention] > 0 && (c.GlobalHeadDim > 0 || c.GlobalKVHeads > 0) {
		full.Heads = cmp.Or(c.GlobalKVHeads, full.Heads)
		full.Elements = 2 * cmp.Or(c.GlobalHeadDim, c.HeadDim)
	}
	if c.KVLoraRank > 0 {
		full.Heads, full.Elements, full.Shared = 1, c.KVLoraRank+c.RopeHeadDim, true
		if c.IndexHeadDim > 0 { // sparse attention: a key in 8 bit and its scale
			full.Elements += (c.IndexHeadDim + 4) / 2
		}
	}
	state := c.state()
	state.Count = counts[stateful] + counts[both]
	var kept []KVLayers
	for _, k := range []KVLayers{full, sliding, state} {
		if k.Count > 0 {
			kept = append(kept, k)
		}
	}
	return kept
}

// kind is what the layer keeps, by whichever of the many ways to say it the
// configuration uses.
func (c *config) kind(layer, window int) layerKind {
	types := c.LayerTypes
	if len(types) == 0 {
		types = c.LayersBlockType
	}
	switch {
	case slices.Contains(c.CrossAttention, layer):
		return nothing
	case c.HybridPattern != "":
		if layer >= len(c.HybridPattern) {
			return nothing
		}
		return map[byte]layerKind{'M': stateful, '*': fullAttention}[c.HybridPattern[layer]]
	case c.ModelType == "falcon_h1":
		return both
	case layer < len(types):
		return kindOf(types[layer])
	case c.LinearAttention != nil:
		return fullIf(slices.Contains(c.LinearAttention.Full, layer+1), stateful)
	case len(c.AttnIndices) > 0:
		return fullIf(slices.Contains(c.AttnIndices, layer), stateful)
	case c.AttnPeriod > 1:
		return fullIf(layer%c.AttnPeriod == c.AttnOffset, stateful)
	case c.FullInterval > 1:
		return fullIf((layer+1)%c.FullInterval == 0, stateful)
	case window > 0:
		return c.windowed(layer)
	}
	return fullAttention
}

// fullIf is full attention on a condition.
func fullIf(condition bool, otherwise layerKind) layerKind {
	if condition {
		return fullAttention
	}
	return otherwise
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

// windowed is for models that say which layers slide by a pattern, or only that
// there is a window.
func (c *config) windowed(layer int) layerKind {
	if c.UseSliding != nil && !*c.UseSliding {
		return fullAttention
	}
	if c.UseSliding != nil && c.MaxWindowLayers > 0 {
		return fullIf(layer < c.MaxWindowLayers, slidingAttention)
	}
	pattern := int(c.SlidingPattern)
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

// state is what one Mamba or linear-attention layer keeps: the last inputs of
// its convolution and its recurrence.
func (c *config) state() KVLayers {
	var channels, recurrence float64
	kernel := 0
	switch {
	case c.LinearValueHeads > 0: // gated delta net
		value := float64(c.LinearValueHeads) * float64(c.LinearValueDim)
		channels, kernel = 2*float64(c.LinearKeyHeads)*float64(c.LinearKeyDim)+value, c.LinearKernel
		recurrence = value * float64(c.LinearKeyDim)
	case c.LFMConv > 0:
		channels, kernel = float64(c.HiddenSize), c.LFMConv
	default:
		m := c.mamba()
		channels, kernel = float64(m.inner)+2*float64(m.groups)*float64(m.state), m.kernel
		recurrence = float64(m.inner) * float64(m.state)
	}
	return KVLayers{
		Kind: State, WideSince: c.wideSince(),
		ConvBytes: int(min(2*channels*float64(max(kernel-1, 0)), largestState)), Recurrence: int(min(recurrence, largestState)),
	}
}

// wideSince is the release 0.N from which vLLM keeps the recurrence in 32 bit:
// where the configuration asks for it (Qwen3.5 from the beginning, others since
// v0.14), and for Nemotron-H by default since v0.20
// (vllm/model_executor/models/config.py).
func (c *config) wideSince() int {
	switch wide := strings.Contains(cmp.Or(c.SSMCacheDType, c.SSMDType), "32"); {
	case wide && c.LinearValueHeads > 0:
		return 1
	case wide:
		return 14
	case c.ModelType == "nemotron_h":
		return 20
	}
	return 0
}

// largestState bounds what absurd numbers could come to: one layer's state
// fills no GPU.
const largestState = 1 << 36

type mamba struct{ inner, groups, state, kernel, heads int }

func (c *config) mamba() mamba {
	m := mamba{
		groups: cmp.Or(c.MambaGroups, c.NGroups, 1), state: cmp.Or(c.MambaState, c.SSMState, 16),
		kernel: cmp.Or(c.MambaConv, c.ConvKernel, 4), heads: cmp.Or(c.MambaHeads, c.NHMambaHeads),
	}
	m.inner = cmp.Or(c.MambaSSM, m.heads*cmp.Or(c.MambaHeadDim, c.NHMambaHeadDim), int(c.MambaExpand*float64(c.HiddenSize)), 2*c.HiddenSize)
	return m
}
