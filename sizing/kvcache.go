package sizing

import (
	"cmp"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// BlockSize is vLLM's KV block on CUDA, in tokens.
const BlockSize = 16

// pool describes how vLLM divides the KV cache: layers of one kind form groups of equal
// size, and every block serves one group.
type pool struct {
	// page is the size in bytes of one block of one layer on one GPU, and layers the
	// number of layers in a group. One block of the pool has page × layers bytes.
	page, layers int64
	groups       []group
}

// group is a set of layers whose blocks are allocated together.
type group struct {
	kind    catalogue.KVKind
	tokens  int // in one block
	blocks  int // of one request, if its length does not matter
	count   int // number of equal groups
	window  int
	chunked bool
}

// KVCacheType returns the type of the KV cache: the requested type, else the
// checkpoint's type; "auto" means the model's type.
func (e Engine) KVCacheType() string {
	if e.KVCacheDType == "" || e.KVCacheDType == "auto" {
		return cmp.Or(e.Shape.Quantization.KVCacheDType, "auto")
	}
	return e.KVCacheDType
}

// KVBytesPerToken returns the bytes of one token on one GPU, in the pipeline stage with
// the most layers, while the context is shorter than every sliding window.
func (e Engine) KVBytesPerToken() int64 {
	var sum int64
	for _, k := range e.Shape.KV {
		if k.Kind != catalogue.State {
			sum += e.tokenBytes(k) * int64(e.stage(k.Count))
		}
	}
	return sum
}

// stage returns the number of layers in the largest pipeline stage.
func (e Engine) stage(layers int) int {
	stages := max(e.PipelineParallel, 1)
	return (layers + stages - 1) / stages
}

// effectiveLayers returns the cached layers as the release handles them. A release that
// does not support a sliding window caches the whole context.
func (e Engine) effectiveLayers() []catalogue.KVLayers {
	var layers []catalogue.KVLayers
	for _, k := range e.cachedLayers() {
		if k.Kind == catalogue.Sliding && !e.savesWindows(k.Chunked) {
			k.Kind, k.Window, k.Chunked = catalogue.Full, 0, false
			if previous := len(layers) - 1; previous >= 0 && layers[previous].Heads == k.Heads && layers[previous].Elements == k.Elements && !layers[previous].Shared {
				layers[previous].Count += k.Count
				continue
			}
		}
		layers = append(layers, k)
	}
	return layers
}

// stateBytes returns the size of one layer's state on one GPU, in bytes.
func (e Engine) stateBytes(k catalogue.KVLayers) int64 {
	width := 2
	if k.WideSince > 0 && e.Release.Since(k.WideSince) {
		width = 4
	}
	split := e.TensorParallel
	if k.Shared {
		split = 1
	}
	return int64((k.ConvBytes + width*k.Recurrence) / split)
}

// pool divides the cache as vLLM's hybrid KV cache manager does (get_kv_cache_groups in
// vllm/v1/core/kv_cache_utils.py). Pages of all layers have one size, so blocks of
// narrower layers hold more tokens. A group has as many layers as the rarest kind, or
// as the commonest kind if that is only slightly more.
func (e Engine) pool() pool {
	var p pool
	layers := e.effectiveLayers()
	rarest, commonest := 0, 0
	for _, k := range layers {
		n := e.stage(k.Count)
		if k.Paged && len(layers) > 1 {
			continue // it takes as many blocks as it needs
		}
		if rarest == 0 || n < rarest {
			rarest = n
		}
		commonest = max(commonest, n)
		if k.Kind != catalogue.State {
			p.page = max(p.page, e.tokenBytes(k)*int64(max(k.Block, BlockSize)))
		}
	}
	if rarest == 0 {
		return p
	}
	size := rarest
	if float64(commonest) < e.Release.groupsLikeLargest()*float64(rarest) {
		size = commonest
	}
	p.layers = int64(size)
	// A state fills one page, so the page of attention grows to the size of a state.
	for _, k := range layers {
		if k.Paged {
			continue
		}
		if state := e.stateBytes(k); k.Kind == catalogue.State && p.page > 0 {
			p.page *= max(1, (state+p.page-1)/p.page)
		} else if k.Kind == catalogue.State {
			p.page = max(p.page, state)
		}
	}
	for _, k := range layers {
		g := group{kind: k.Kind, count: (e.stage(k.Count) + size - 1) / size, window: k.Window, chunked: k.Chunked, tokens: BlockSize}
		if bytes := e.tokenBytes(k); k.Kind != catalogue.State && bytes > 0 {
			g.tokens = int(p.page / bytes)
		}
		if k.Paged && p.page > 0 {
			g.blocks = int((e.stateBytes(k) + p.page - 1) / p.page)
		}
		p.groups = append(p.groups, g)
	}
	return p
}

// blockBytes returns the size of one block of the pool on one GPU, in bytes.
func (p pool) blockBytes() int64 { return p.page * p.layers }

// blocksFor returns the number of blocks that one request with a number of tokens needs
// (max_memory_usage_bytes in vllm/v1/kv_cache_interface.py).
func (e Engine) blocksFor(p pool, tokens int) int {
	blocks := 0
	scheduled := e.MaxBatchedTokens * e.Release.inFlight()
	for _, g := range p.groups {
		perGroup := 0
		switch {
		case g.blocks > 0:
			perGroup = g.blocks
		case g.kind == catalogue.State:
			perGroup = e.statesPerRequest()
		case g.kind == catalogue.Full:
			perGroup = blocksOf(tokens, g.tokens)
		case g.chunked:
			perGroup = blocksOf(min(tokens, g.window+scheduled), g.tokens)
		default: // a window begins within a block
			perGroup = blocksOf(min(tokens, g.window-1+scheduled), g.tokens) + 1
		}
		blocks += perGroup * g.count
	}
	return blocks
}

func blocksOf(tokens, size int) int { return (tokens + size - 1) / max(size, 1) }

// uniform reports whether every block of the pool holds the same number of tokens of
// every layer.
func (p pool) uniform() bool {
	return len(p.groups) == 1 && p.groups[0].count == 1 && p.groups[0].kind != catalogue.State
}

// tokensIn returns the number of tokens that a number of blocks hold, as vLLM logs it.
func (e Engine) tokensIn(p pool, blocks int) int {
	if p.blockBytes() == 0 || blocks <= 0 {
		return 0
	}
	if p.uniform() {
		return blocks * p.groups[0].tokens
	}
	if e.Release.Since(21) && e.MaxModelLen > 0 { // pull request of commit e68fa1b90a, 2026-04-28
		// The number of longest contexts that fit, in tokens.
		return int(float64(blocks) / float64(e.blocksFor(p, e.MaxModelLen)) * float64(e.MaxModelLen))
	}
	groups, smallest := 0, 0
	for _, g := range p.groups {
		groups += g.count
		if g.kind != catalogue.State && (smallest == 0 || g.tokens < smallest) {
			smallest = g.tokens
		}
	}
	return blocks / max(groups, 1) * smallest
}

// longestIn returns the longest context, in tokens, of one request that fits in a
// number of blocks.
func (e Engine) longestIn(p pool, blocks int) int {
	if p.blockBytes() == 0 || blocks <= 0 {
		return 0
	}
	low, high := 0, longestContext
	for low < high {
		middle := (low + high + 1) / 2
		if e.blocksFor(p, middle) <= blocks {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// longestContext limits the search in longestIn: no model is trained for a longer
// context.
const longestContext = 100_000_000
