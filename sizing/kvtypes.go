package sizing

import (
	"math"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// narrowCache reports whether the KV cache uses less than 16 bit.
func (e Engine) narrowCache() bool {
	return !slices.Contains([]string{"auto", "float16", "bfloat16"}, e.KVCacheType())
}

const (
	// perTokenScale is the size in bytes of the scale of a token's keys or values in
	// the types *_per_token_head (get_kv_cache_shape in
	// vllm/v1/attention/backends/triton_attn.py).
	perTokenScale = 4
	// packedLatent is the size in bytes of one token of sparse latent attention in the
	// type fp8_ds_mla: 512 bytes in FP8, their scales, and the rotary part in 16 bit
	// (vllm/model_executor/layers/attention/mla_attention.py).
	packedLatent = 656
	// plainEnds is the number of layers at each end of a model that turboquant keeps in
	// 16 bit (get_boundary_skip_layers in
	// vllm/model_executor/layers/quantization/turboquant/config.py).
	plainEnds = 2
)

// turboquant holds the bits of keys and values by type.
var turboquant = map[string]struct{ keys, values int }{
	"turboquant_k8v4": {8, 4}, "turboquant_4bit_nc": {4, 4}, "turboquant_k3v4_nc": {3, 4}, "turboquant_3bit_nc": {3, 3},
}

// tokenBytes returns the bytes that one layer caches for one token on one GPU. All
// files in the comments below are vLLM's at 2f41c894e3 (2026-08-20).
func (e Engine) tokenBytes(k catalogue.KVLayers) int64 {
	if k.Shared {
		return e.latentBytes(k) + int64(k.Bytes)
	}
	heads := max(1, k.Heads/max(e.TensorParallel, 1))
	return int64(heads)*e.headBytes(k.Elements/2, k.Elements) + int64(k.Bytes)
}

// headBytes returns the bytes that one head caches for one token. elements counts keys
// and values together; width is the width of the head.
func (e Engine) headBytes(width, elements int) int64 {
	switch kind := e.KVCacheType(); {
	case kind == "int4_per_token_head":
		return int64(elements/2 + 2*perTokenScale)
	case strings.HasSuffix(kind, "_per_token_head"):
		return int64(elements + 2*perTokenScale)
	case strings.HasPrefix(kind, "nvfp4"): // four bits, and an 8-bit scale for 16 elements
		return int64(elements/2 + elements/16)
	case strings.HasPrefix(kind, "turboquant_"):
		return e.turboquantBytes(width, elements)
	case strings.HasPrefix(kind, "fp8"):
		return int64(elements)
	case kind == "float16", kind == "bfloat16":
		return 2 * int64(elements)
	}
	return int64(elements) * int64(e.bytesPerElement())
}

// turboquantBytes returns the mean over all layers. In models without states, the
// layers at both ends stay in 16 bit.
func (e Engine) turboquantBytes(width, elements int) int64 {
	bits := turboquant[e.KVCacheType()]
	keys := (width*bits.keys+7)/8 + 2 // with the norm
	if bits.keys == 8 {
		keys = width
	}
	slot := keys + (width*bits.values+7)/8 + 4 // with scale and zero point
	slot += slot % 2
	layers, plain := e.Shape.Layers, min(2*plainEnds, e.Shape.Layers)
	if e.hasState() || layers == 0 {
		return int64(slot)
	}
	return int64(math.Ceil(float64(slot*(layers-plain)+2*elements*plain) / float64(layers)))
}

// latentBytes returns the bytes of one token of latent attention.
func (e Engine) latentBytes(k catalogue.KVLayers) int64 {
	if k.Elements > 0 && e.packsLatent() {
		return packedLatent
	}
	return e.headBytes(k.Elements/2, k.Elements)
}

// packsLatent reports whether sparse attention caches the packed type: if the
// configuration requests it, for FP8 on Hopper, and on compute capability 12 always
// (_canonicalize_sparse_mla_kv_cache_dtype).
func (e Engine) packsLatent() bool {
	kind := e.KVCacheType()
	switch {
	case !e.sparse():
		return kind == "fp8_ds_mla"
	case kind == "fp8_ds_mla", e.GPU.Capability >= 120 && kind == "auto":
		return true
	}
	return strings.HasPrefix(kind, "fp8") && !e.GPU.DataCentreBlackwell()
}
