package sizing

import (
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Engine is one vLLM engine: what it serves, on what, and how it is told to.
// Zero means "not given" in every field, so vLLM's default applies.
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
	// KVCacheBytes replaces what the memory would leave for the KV cache, and
	// Blocks the number of its blocks.
	KVCacheBytes int64
	Blocks       int
}

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
		e.MaxModelLen = e.Shape.MaxLen
	}
	if e.KVCacheDType == "" {
		e.KVCacheDType = "auto"
	}
	sequences, tokens := e.Release.defaults(e.GPU, max(e.MaxModelLen, 0))
	if e.MaxNumSeqs == 0 {
		e.MaxNumSeqs = sequences
	}
	if e.MaxBatchedTokens == 0 {
		e.MaxBatchedTokens = tokens
		if most := e.MaxNumSeqs * e.MaxModelLen; e.MaxModelLen > 0 && most > 0 {
			e.MaxBatchedTokens = min(e.MaxBatchedTokens, most)
		}
	}
	return e
}

// GPUs is how many cards the engine has.
func (e Engine) GPUs() int { return max(e.TensorParallel, 1) * max(e.PipelineParallel, 1) }

// bytesPerElement is the width of activations and of what is not quantised.
func (e Engine) bytesPerElement() float64 {
	dtype := e.DType
	if dtype == "" || dtype == "auto" {
		dtype = e.Shape.DType
	}
	if dtype == "float32" || dtype == "float" {
		// vLLM's auto turns a 32-bit checkpoint into 16 bit.
		if e.DType == "float32" || e.DType == "float" {
			return 4
		}
	}
	return 2
}
