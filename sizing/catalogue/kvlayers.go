package catalogue

import (
	"cmp"
	"slices"
	"strings"
)

// kvLayers groups the layers by what they keep: full attention first, then
// windows, then states.
func (c *config) kvLayers(layers []layer) []KVLayers {
	if len(c.CompressRatios) > 0 {
		return c.compressedKV(layers)
	}
	var kept []KVLayers
	add := func(one KVLayers) {
		for i := range kept {
			same := kept[i]
			same.Count, one.Count = 0, 0
			if same == one {
				kept[i].Count++
				return
			}
		}
		one.Count = 1
		kept = append(kept, one)
	}
	for _, l := range layers {
		if l.borrowed {
			continue
		}
		switch l.kind {
		case fullAttention, both:
			switch {
			case c.latent():
				add(KVLayers{Kind: Full, Heads: 1, Elements: c.KVLoraRank + c.RopeHeadDim, Shared: true})
			case c.KVLoraRank > 0: // every head's keys and values, as wide as the keys
				add(KVLayers{Kind: Full, Heads: c.NumAttentionHeads, Elements: 2 * (c.NopeHeadDim + c.RopeHeadDim)})
			default:
				add(KVLayers{Kind: Full, Heads: l.kvHeads, Elements: l.key + l.value})
			}
		case slidingAttention:
			add(KVLayers{Kind: Sliding, Heads: l.kvHeads, Elements: l.key + l.value, Window: l.window, Chunked: c.chunked()})
		case nothing, crossAttention, stateful, encoderAttention:
		}
		if l.kind == stateful || l.kind == both {
			add(c.state())
		}
	}
	slices.SortStableFunc(kept, func(a, b KVLayers) int { return cmp.Compare(a.Kind, b.Kind) })
	c.addIndex(kept, layers)
	return kept
}

// latent reports whether the cache keeps the latent of latent attention: that of
// MiniCPM3 is expanded first (vllm/model_executor/models/minicpm3.py at
// 017e9f4448, 2026-08-17).
func (c *config) latent() bool { return c.KVLoraRank > 0 && c.ModelType != "minicpm3" }

// addIndex spreads the keys of sparse attention over its layers: DeepSeek-V3.2
// and GLM keep one in 8 bit with a scale of 32, MiniMax-M3 one in 16 bit, on
// every GPU (DeepseekV32IndexerCache in vllm/model_executor/models/
// deepseek_v2.py, MiniMaxM3IndexerCache in vllm/models/minimax_m3/common/
// indexer.py at 017e9f4448, 2026-08-17).
func (c *config) addIndex(kept []KVLayers, layers []layer) {
	each, indexed := 2*c.Sparse.Dim, 0
	if c.Sparse.Dim == 0 {
		each = c.IndexHeadDim + 4
	}
	for _, l := range layers {
		if l.index && !l.borrowed {
			indexed++
		}
	}
	if indexed > 0 && len(kept) > 0 && kept[0].Kind == Full {
		kept[0].Bytes = (each*indexed + kept[0].Count - 1) / kept[0].Count
	}
}

// DeepSeek-V4's cache: entries of 584 bytes (448 of 8 bit, 64 of 16 and the
// scales), of the last window for each layer and of one entry for every 4 or
// 128 tokens for most; where one stands for 4, an index key in 8 bit with its
// scale. The running sums of the compressors are kept in 32 bit, of the tokens
// that are not compressed yet, in blocks of 4 and 8 tokens (vllm/models/
// deepseek_v4/attention.py and compressor.py at 017e9f4448, 2026-08-17).
const (
	compressedEntry = 584
	compressedBlock = 256
)

// compressedKV sums the caches of all layers: vLLM puts them into one pool, each
// kind in blocks of about as many bytes (group_and_unify_kv_cache_specs in
// vllm/v1/core/kv_cache_utils.py).
func (c *config) compressedKV(layers []layer) []KVLayers {
	var perToken float64
	var state int
	for _, l := range layers {
		switch l.compress {
		case 4:
			perToken += float64(compressedEntry+c.IndexHeadDim+4) / 4
			state += 12 * 4 * (4*c.HeadDim + 4*c.IndexHeadDim)
		case 128:
			perToken += compressedEntry / 128.0
			state += 136 * 4 * 2 * c.HeadDim
		}
	}
	kept := []KVLayers{{Kind: Full, Count: 1, Shared: true, Bytes: int(perToken + 1), Block: compressedBlock}}
	if window := c.window(); window > 0 {
		kept = append(kept, KVLayers{Kind: Sliding, Count: 1, Shared: true, Bytes: compressedEntry * len(layers), Window: window})
	}
	if state > 0 {
		kept = append(kept, KVLayers{Kind: State, Count: 1, Shared: true, ConvBytes: state, Paged: true})
	}
	return kept
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
	case len(c.AttnTypes) > 0: // lightning attention of MiniMax: no convolution
		recurrence = float64(c.NumAttentionHeads) * float64(c.HeadDim) * float64(c.HeadDim)
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
