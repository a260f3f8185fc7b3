package sizing

import (
	"cmp"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// BlockSize is vLLM's KV block on CUDA, in tokens.
const BlockSize = 16

// pool is how the KV cache is cut: vLLM puts layers of one kind into groups of
// equal size, and every block serves one group.
type pool struct {
	// page is the bytes of one block of one layer on one GPU, and layers how
	// many layers a group has, so that page × layers is one block of the pool.
	page, layers int64
	groups       []group
}

// group are layers whose blocks are allocated together.
type group struct {
	kind    catalogue.KVKind
	tokens  int // that one of its blocks holds
	blocks  int // of one request, where that does not depend on its length
	count   int // of such groups
	window  int
	chunked bool
}

// KVCacheType returns the type of the KV cache: the one that is asked for, else
// the checkpoint's own; "auto" is the model's type.
func (e Engine) KVCacheType() string {
	if e.KVCacheDType == "" || e.KVCacheDType == "auto" {
		return cmp.Or(e.Shape.Quantization.KVCacheDType, "auto")
	}
	return e.KVCacheDType
}

// KVBytesPerToken is what one token takes on one GPU while no window has
// closed, in the stage that holds most layers.
func (e Engine) KVBytesPerToken() int64 {
	var sum int64
	for _, k := range e.Shape.KV {
		if k.Kind != catalogue.State {
			sum += e.tokenBytes(k) * int64(e.stage(k.Count))
		}
	}
	return sum
}

// stage is how many of so many layers the largest pipeline stage holds.
func (e Engine) stage(layers int) int {
	stages := max(e.PipelineParallel, 1)
	return (layers + stages - 1) / stages
}

// layers are what the layers keep as the release sees it: windows that it does
// not know of are whole contexts.
func (e Engine) layers() []catalogue.KVLayers {
	var all []catalogue.KVLayers
	for _, k := range e.kept() {
		if k.Kind == catalogue.Sliding && !e.savesWindows(k.Chunked) {
			k.Kind, k.Window, k.Chunked = catalogue.Full, 0, false
			if last := len(all) - 1; last >= 0 && all[last].Heads == k.Heads && all[last].Elements == k.Elements && !all[last].Shared {
				all[last].Count += k.Count
				continue
			}
		}
		all = append(all, k)
	}
	return all
}

// stateBytes is one layer's state on one GPU.
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

// pool cuts the cache as vLLM's hybrid KV cache manager does
// (get_kv_cache_groups in vllm/v1/core/kv_cache_utils.py): pages of all layers
// have one size, for which blocks of narrower layers hold more tokens; a group
// has as many layers as the rarest kind, or as the commonest if that is hardly
// more.
func (e Engine) pool() pool {
	var p pool
	kept := e.layers()
	fewest, most := 0, 0
	for _, k := range kept {
		n := e.stage(k.Count)
		if k.Paged && len(kept) > 1 {
			continue // it takes as many blocks as it needs
		}
		if fewest == 0 || n < fewest {
			fewest = n
		}
		most = max(most, n)
		if k.Kind != catalogue.State {
			p.page = max(p.page, e.tokenBytes(k)*int64(max(k.Block, BlockSize)))
		}
	}
	if fewest == 0 {
		return p
	}
	size := fewest
	if float64(most) < e.Release.groupsLikeLargest()*float64(fewest) {
		size = most
	}
	p.layers = int64(size)
	// A state fills one page, so pages of attention grow until it does.
	for _, k := range kept {
		if k.Paged {
			continue
		}
		if state := e.stateBytes(k); k.Kind == catalogue.State && p.page > 0 {
			p.page *= max(1, (state+p.page-1)/p.page)
		} else if k.Kind == catalogue.State {
			p.page = max(p.page, state)
		}
	}
	for _, k := range kept {
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

// blockBytes is one block of the pool on one GPU.
func (p pool) blockBytes() int64 { return p.page * p.layers }

// blocksFor is how many blocks one request of so many tokens needs
// (max_memory_usage_bytes in vllm/v1/kv_cache_interface.py).
func (e Engine) blocksFor(p pool, tokens int) int {
	blocks := 0
	scheduled := e.MaxBatchedTokens * e.Release.inFlight()
	for _, g := range p.groups {
		each := 0
		switch {
		case g.blocks > 0:
			each = g.blocks
		case g.kind == catalogue.State:
			each = e.statesPerRequest()
		case g.kind == catalogue.Full:
			each = blocksOf(tokens, g.tokens)
		case g.chunked:
			each = blocksOf(min(tokens, g.window+scheduled), g.tokens)
		default: // a window begins within a block
			each = blocksOf(min(tokens, g.window-1+scheduled), g.tokens) + 1
		}
		blocks += each * g.count
	}
	return blocks
}

func blocksOf(tokens, size int) int { return (tokens + size - 1) / max(size, 1) }

// uniform tells whether every block of the pool holds so many tokens of every
// layer, so that tokens are blocks times that.
func (p pool) uniform() bool {
	return len(p.groups) == 1 && p.groups[0].count == 1 && p.groups[0].kind != catalogue.State
}

// tokensIn is the number of tokens that so many blocks hold, as vLLM logs it.
func (e Engine) tokensIn(p pool, blocks int) int {
	if p.blockBytes() == 0 || blocks <= 0 {
		return 0
	}
	if p.uniform() {
		return blocks * p.groups[0].tokens
	}
	if e.Release.Since(21) && e.MaxModelLen > 0 { // pull request of commit e68fa1b90a, 2026-04-28
		// As many contexts of the longest kind as fit, in tokens.
		return int(float64(blocks) / float64(e.blocksFor(p, e.MaxModelLen)) * float64(e.MaxModelLen))
	}
	groups, smallest := 0, 0
	for _, g := range p.groups {
		groups += g.count
		if g.kind != catalogue.State && (smallest == 0 || g.tokens < smallest) {
			smallest = g.tokens
		}
	}
	return blocks / groups * smallest
}

// longestIn is the longest context of which one request fits into so many
// blocks.
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

// longestContext bounds what is searched for: no model is trained for more.
const longestContext = 100_000_000
