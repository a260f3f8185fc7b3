package catalogue

import (
	"cmp"
	"slices"
	"strings"
)

// kvLayers returns the layers in groups with equal caches: full attention first, then
// windows, then states.
func (c *config) kvLayers(layers []layer) []KVLayers {
	if len(c.CompressRatios) > 0 {
		return c.compressedKV(layers)
	}
	var kept []KVLayers
	add := func(added KVLayers) {
		for i := range kept {
			old := kept[i]
			old.Count, added.Count = 0, 0
			if old == added {
				kept[i].Count++
				return
			}
		}
		added.Count = 1
		kept = append(kept, added)
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

// latent reports whether the cache holds the latent of latent attention. MiniCPM3
// expands the latent before it is cached (vllm/model_executor/models/minicpm3.py at
// 017e9f4448, 2026-08-17).
func (c *config) latent() bool { return c.KVLoraRank > 0 && c.ModelType != "minicpm3" }

// addIndex distributes the index keys of sparse attention over its layers.
// DeepSeek-V3.2 and GLM cache one key in 8 bit with a 32-bit scale, MiniMax-M3 one in
// 16 bit, on every GPU (DeepseekV32IndexerCache in
// vllm/model_executor/models/deepseek_v2.py, MiniMaxM3IndexerCache in
// vllm/models/minimax_m3/common/indexer.py at 017e9f4448, 2026-08-17).
func (c *config) addIndex(kept []KVLayers, layers []layer) {
	keyBytes, indexed := 2*c.Sparse.Dim, 0
	if c.Sparse.Dim == 0 {
		keyBytes = c.IndexHeadDim + 4
	}
	for _, l := range layers {
		if l.index && !l.borrowed {
			indexed++
		}
	}
	if indexed > 0 && len(kept) > 0 && kept[0].Kind == Full {
		kept[0].Bytes = (keyBytes*indexed + kept[0].Count - 1) / kept[0].Count
	}
}

// DeepSeek-V4's cache has entries of 584 bytes (448 of 8 bit, 64 of 16 bit, and the
// scales). Each layer caches one entry for each token of the last window; most layers
// also cache one entry for every 4 or 128 tokens. A layer with one entry for 4 tokens
// adds an index key in 8 bit with its scale. The compressors keep running sums of
// uncompressed tokens in 32 bit, in blocks of 4 and 8 tokens
// (vllm/models/deepseek_v4/attention.py and compressor.py at 017e9f4448, 2026-08-17).
const (
	compressedEntry = 584
	compressedBlock = 256
)

// compressedKV returns the sum of the caches of all layers. vLLM puts them into one
// pool, each kind in blocks of nearly equal size (group_and_unify_kv_cache_specs in
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

// state returns the cache of one Mamba or linear-attention layer: the last inputs of
// its convolution, and its recurrence.
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

// wideSince returns the minor version since which vLLM keeps the recurrence in 32 bit.
// That happens if the configuration requests it (Qwen3.5 since its first release,
// others since v0.14), and by default for Nemotron-H since v0.20
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

// largestState limits the result of implausible numbers, in bytes: the state of one
// layer never fills a GPU.
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
