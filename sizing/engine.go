package sizing

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Engine is one vLLM engine: what it serves, on what, and how it is told to.
// Zero means "not given" in every field, so vLLM's default applies; its
// methods that return a size want it WithDefaults.
type Engine struct {
	// Release is the version of vLLM. Required.
	Release Release
	// Shape is the model's. Required.
	Shape catalogue.Shape
	// GPU is the card. Required.
	GPU catalogue.GPU
	// TensorParallel and PipelineParallel are how the model is split: each layer
	// over so many cards, and the layers over so many stages. Default: 1.
	TensorParallel, PipelineParallel int
	// Utilization is the share of the card's memory that vLLM takes. Default:
	// the release's.
	Utilization float64
	// MaxModelLen is the longest context in tokens. Default: what the model was
	// trained for. Auto: what fits.
	MaxModelLen int
	// MaxNumSeqs is how many sequences one step holds at most, and
	// MaxBatchedTokens how many tokens. Default: the release's for the card.
	MaxNumSeqs, MaxBatchedTokens int
	// KVCacheDType is vLLM's name of it: auto, fp8, …. Default: the model's type.
	KVCacheDType string
	// DType replaces the type of the checkpoint, such as half.
	DType string
	// EnforceEager leaves CUDA graphs out.
	EnforceEager bool
	// Drafter is that of speculative decoding. Default: none.
	Drafter Drafter
	// Images is how many images one request may have at most; NoImages: none. Default:
	// any number.
	Images int
	// LargestGraph is the largest batch that a CUDA graph is captured for. Default:
	// the release's for the model and the card.
	LargestGraph int
	// KVCacheBytes replaces what the memory would leave for the KV cache, and
	// Blocks the number of its blocks.
	KVCacheBytes int64
	Blocks       int
	// LoRASlots is how many adapters one batch may mix, and LoRARank the largest
	// rank among them. Default: no adapters.
	LoRASlots, LoRARank int
	// ExpertParallel puts whole experts on each GPU. Default: a part of every one.
	ExpertParallel bool
	// WholeWindows keeps whole contexts of layers with a sliding window, and
	// NoPrefixCaching one state for each request.
	WholeWindows, NoPrefixCaching bool
	// AllowDeprecated accepts formats of weights that vLLM is about to drop, and
	// CustomImage tells that the image may have plugins for others.
	AllowDeprecated, CustomImage bool
}

// NoImages as Images keeps images out.
const NoImages = -1

// Auto as MaxModelLen asks for the longest context that fits.
const Auto = -1

// WithDefaults returns the engine as vLLM would run it.
func (e Engine) WithDefaults() Engine {
	e.TensorParallel = max(e.TensorParallel, 1)
	e.PipelineParallel = max(e.PipelineParallel, 1)
	if e.Utilization == 0 {
		e.Utilization = e.Release.Utilization()
	}
	if e.MaxModelLen == 0 {
		e.MaxModelLen = cmp.Or(e.Shape.UsualLen, e.Shape.MaxLen)
	}
	if e.KVCacheDType == "" {
		e.KVCacheDType = "auto"
	}
	sequences, tokens := e.defaults()
	if e.MaxNumSeqs == 0 {
		e.MaxNumSeqs = sequences
		if e.MaxBatchedTokens > 0 && e.Release.Since(12) {
			e.MaxNumSeqs = min(sequences, e.MaxBatchedTokens)
		}
	}
	if e.MaxBatchedTokens == 0 {
		e.MaxBatchedTokens = tokens
		if most := e.MaxNumSeqs * e.MaxModelLen; e.MaxModelLen > 0 && most > 0 {
			e.MaxBatchedTokens = min(e.MaxBatchedTokens, most)
		}
	}
	return e
}

// hasState tells whether any layer keeps a state, as Mamba does.
func (e Engine) hasState() bool {
	return slices.ContainsFunc(e.Shape.KV, func(k catalogue.KVLayers) bool { return k.Kind == catalogue.State })
}

// hasWindow tells whether any layer has a sliding window.
func (e Engine) hasWindow() bool {
	return slices.ContainsFunc(e.Shape.KV, func(k catalogue.KVLayers) bool { return k.Kind == catalogue.Sliding })
}

// GPUs is how many cards the engine has.
func (e Engine) GPUs() int { return max(e.TensorParallel, 1) * max(e.PipelineParallel, 1) }

// bytesPerElement is the width of activations and of what is not quantised.
func (e Engine) bytesPerElement() float64 {
	if e.activationType() == "float32" {
		return 4
	}
	return 2
}

// Check says what of the engine's arguments vLLM refuses before it looks at a
// GPU; "" if nothing.
func (e Engine) Check() string {
	if e.Utilization <= 0 || e.Utilization > 1 {
		return fmt.Sprintf("--gpu-memory-utilization is %g, want more than 0 and at most 1", e.Utilization)
	}
	for _, flag := range []struct {
		name  string
		value int
	}{
		{"--max-num-batched-tokens", e.MaxBatchedTokens}, {"--pipeline-parallel-size", e.PipelineParallel},
	} {
		if flag.value < 1 {
			return fmt.Sprintf("%s is %d, want at least 1", flag.name, flag.value)
		}
	}
	if e.MaxBatchedTokens < e.MaxNumSeqs {
		return fmt.Sprintf("--max-num-batched-tokens is %d, want at least the %d sequences", e.MaxBatchedTokens, e.MaxNumSeqs)
	}
	return ""
}
