package sizing

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Engine holds the arguments of one vLLM replica: its model, its GPUs and its options.
// A zero field means "not set", so vLLM's default applies. Methods that return a size
// expect the result of WithDefaults.
type Engine struct {
	// Release is the version of vLLM. Required.
	Release Release
	// Shape is the shape of the model. Required.
	Shape catalogue.Shape
	// GPU is the type of GPU. Required.
	GPU catalogue.GPU
	// TensorParallel is the number of GPUs that share each layer, and PipelineParallel
	// the number of stages that share the layers. Default: 1.
	TensorParallel, PipelineParallel int
	// Utilization is the share of the GPU's memory that vLLM takes. Default: the
	// release's.
	Utilization float64
	// MaxModelLen is the longest context in tokens. Default: the length for which the
	// model was trained. Auto: the longest context that fits.
	MaxModelLen int
	// MaxNumSeqs is the largest number of sequences in one step, and MaxBatchedTokens
	// the largest number of tokens. Default: the release's for the GPU.
	MaxNumSeqs, MaxBatchedTokens int
	// KVCacheDType is vLLM's name of the KV cache's type: auto, fp8, …. Default: the
	// model's type.
	KVCacheDType string
	// DType replaces the type of the checkpoint, such as half. Default: the
	// checkpoint's.
	DType string
	// EnforceEager disables CUDA graphs. Default: false.
	EnforceEager bool
	// Drafter is the drafter of speculative decoding. Default: none.
	Drafter Drafter
	// Images is the largest number of images in one request; NoImages allows none.
	// Default: no limit.
	Images int
	// LargestGraph is the largest batch for which vLLM captures a CUDA graph. Default:
	// the release's for the model and the GPU.
	LargestGraph int
	// KVCacheBytes replaces the memory that the estimate leaves for the KV cache, and
	// Blocks the number of its blocks. Default: 0, the estimate.
	KVCacheBytes int64
	Blocks       int
	// LoRASlots is the largest number of adapters in one batch, and LoRARank their
	// largest rank. Default: no adapters.
	LoRASlots, LoRARank int
	// ExpertParallel places whole experts on each GPU. Default: a part of every expert.
	ExpertParallel bool
	// WholeWindows caches whole contexts of layers with a sliding window, and
	// NoPrefixCaching caches one state for each request. Default: false.
	WholeWindows, NoPrefixCaching bool
	// AllowDeprecated accepts weight formats that vLLM has deprecated. CustomImage says
	// that the image may contain plugins for more formats. Default: false.
	AllowDeprecated, CustomImage bool
}

// NoImages is the value of Images that allows no image.
const NoImages = -1

// Auto is the value of MaxModelLen that requests the longest context that fits.
const Auto = -1

// WithDefaults returns the engine with vLLM's defaults in all fields that are not set.
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
		if limit := e.MaxNumSeqs * e.MaxModelLen; e.MaxModelLen > 0 && limit > 0 {
			e.MaxBatchedTokens = min(e.MaxBatchedTokens, limit)
		}
	}
	return e
}

// hasState reports whether a layer keeps a state, as Mamba does.
func (e Engine) hasState() bool {
	return slices.ContainsFunc(e.Shape.KV, func(k catalogue.KVLayers) bool { return k.Kind == catalogue.State })
}

// hasWindow reports whether a layer has a sliding window.
func (e Engine) hasWindow() bool {
	return slices.ContainsFunc(e.Shape.KV, func(k catalogue.KVLayers) bool { return k.Kind == catalogue.Sliding })
}

// GPUs returns the number of GPUs of one replica.
func (e Engine) GPUs() int { return max(e.TensorParallel, 1) * max(e.PipelineParallel, 1) }

// bytesPerElement returns the width in bytes of activations and of weights that are not
// quantised.
func (e Engine) bytesPerElement() float64 {
	if e.activationType() == "float32" {
		return 4
	}
	return 2
}

// Check returns the argument that vLLM refuses before it uses a GPU, with the reason;
// "" if vLLM refuses none.
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
