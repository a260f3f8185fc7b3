package sizing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// sparseTypes are model types with sparse attention: an indexer selects the tokens
// (models like DeepSeek-V3.2).
var sparseTypes = []string{"deepseek_v32", "deepseek_v4", "glm_moe_dsa"}

func (e Engine) sparse() bool { return slices.Contains(sparseTypes, e.Shape.ModelType) }

func (e Engine) hasMLA() bool { return e.Shape.MLA != (catalogue.MLA{}) }

// breaksSparse requires compute capability 9.0, 10.x or 12.x, which the sparse backends
// of vllm/v1/attention/backends/mla support.
func (e Engine) breaksSparse() (reason, fix string) {
	if !e.sparse() || e.GPU.Capability == 0 || e.GPU.Hopper() {
		return "", ""
	}
	return fmt.Sprintf("sparse attention of %s has kernels for the Hopper generation (compute capability 9.0) and later, and %s has %.1f", e.Shape.ModelType, e.GPU.Name, float64(e.GPU.Capability)/10), "take another GPU"
}

// kernelHeads are the head widths that FlashInfer's attention supports
// (get_supported_head_sizes in vllm/v1/attention/backends/flashinfer.py).
var kernelHeads = []int{64, 128, 256, 512}

// headWidths returns the widths of the heads in the KV cache.
func (e Engine) headWidths() []int {
	var widths []int
	for _, k := range e.Shape.KV {
		if k.Kind != catalogue.State && !k.Shared && k.Elements > 0 {
			widths = append(widths, k.Elements/2)
		}
	}
	return widths
}

// checkedKV is the minor version since which Triton's attention refuses an FP8 cache
// that it cannot read (pull request 43914). Earlier releases differ, so they are not
// checked.
const checkedKV = 24

// breaksKVCache checks the backends of vllm/v1/attention/backends in the order of
// _get_backend_priorities in vllm/platforms/cuda.py.
func (e Engine) breaksKVCache() (reason, fix string) {
	kind := e.KVCacheType()
	if kind == "auto" || e.GPU.Capability == 0 || !e.Release.Since(checkedKV) {
		return "", ""
	}
	if problem := e.kvProblem(kind); problem != "" {
		fix = "leave kvCacheDtype out"
		if e.KVCacheDType == "" || e.KVCacheDType == "auto" {
			fix = "the checkpoint requests it, so set kvCacheDtype to " + e.plainKV()
		}
		return fmt.Sprintf("a KV cache of the type %s %s", kind, problem), fix
	}
	return "", ""
}

// plainKV returns a type of the KV cache in 16 bit that runs on the GPU.
func (e Engine) plainKV() string {
	if e.GPU.Ampere() {
		return "bfloat16"
	}
	return "float16"
}

// kvProblem returns the problem of a KV cache type, as text that begins with a verb; ""
// if there is none.
func (e Engine) kvProblem(kind string) string {
	const onlyDense = "has no kernels for latent attention (MLA)"
	switch {
	case kind == "float16", kind == "bfloat16" && e.GPU.Ampere():
		return ""
	case kind == "bfloat16":
		return fmt.Sprintf("needs compute capability 8.0, and %s has %.1f", e.GPU.Name, float64(e.GPU.Capability)/10)
	case kind == "fp8_inc":
		return "is for Intel Gaudi"
	case kind == "fp8_ds_mla", kind == "nvfp4_ds_mla":
		return e.sparseKVProblem(kind)
	case strings.HasPrefix(kind, "nvfp4"):
		return e.nvfp4Problem()
	case strings.HasPrefix(kind, "turboquant_"):
		return e.turboquantProblem()
	case kind == "fp8_e5m2" && e.fp8Checkpoint():
		return "cannot be combined with an FP8 checkpoint"
	case kind == "fp8_e5m2" && e.hasMLA():
		return onlyDense
	case strings.HasSuffix(kind, "_per_token_head") && e.hasMLA():
		return onlyDense
	case strings.HasPrefix(kind, "fp8"):
		return e.fp8Problem(kind == "fp8_per_token_head")
	}
	return ""
}

// fp8Checkpoint reports whether the weights are FP8 with scales for the cache
// (BaseKVCacheMethod in vllm/model_executor/layers/attention/attention.py).
func (e Engine) fp8Checkpoint() bool {
	q := e.Shape.Quantization
	return q.Method == "fp8" || q.Method == "fbgemm_fp8" || strings.HasPrefix(q.Method, "modelopt") || q.KVCacheDType != ""
}

// fp8Problem returns the problem of an FP8 cache. Triton's kernels need compute
// capability 8.9. From 8.0 to 8.9, only FlashInfer reads FP8, and it supports no sinks,
// bidirectional prefixes, latent attention or other head widths.
func (e Engine) fp8Problem(tritonOnly bool) string {
	c := e.GPU.Capability
	below := fmt.Sprintf("on %s, whose compute capability is %.1f and not 8.9 or more,", e.GPU.Name, float64(c)/10)
	switch {
	case c >= 89:
		return ""
	case tritonOnly:
		return below + " has no kernels"
	case !e.GPU.Ampere():
		return below + " has no kernels"
	case e.hasMLA():
		return below + " has no kernels for latent attention (MLA)"
	case e.Shape.Sinks:
		return below + " has no kernels for attention sinks"
	case e.Shape.PrefixLM:
		return below + " has no kernels for images whose tokens attend to each other"
	}
	for _, width := range e.headWidths() {
		if !slices.Contains(kernelHeads, width) {
			return fmt.Sprintf("%s has no kernels for heads of %d, only for 64, 128, 256 and 512", below, width)
		}
	}
	return ""
}

// sparseKVProblem returns the problem of a packed cache of sparse attention.
func (e Engine) sparseKVProblem(kind string) string {
	switch {
	case !e.sparse():
		return "is for sparse attention of DeepSeek-V3.2's kind, which this model does not have"
	case kind == "nvfp4_ds_mla" && !e.GPU.DataCentreBlackwell():
		return "has kernels for compute capability 10 only"
	}
	return ""
}

// nvfp4Problem returns the problem of an NVFP4 cache. Only FlashInfer reads it, on
// compute capability 10.
func (e Engine) nvfp4Problem() string {
	switch {
	case !e.GPU.DataCentreBlackwell():
		return fmt.Sprintf("has kernels for compute capability 10 only, and %s has %.1f", e.GPU.Name, float64(e.GPU.Capability)/10)
	case e.hasMLA():
		return "has no kernels for latent attention (MLA)"
	case e.Shape.PrefixLM:
		return "has no kernels for images whose tokens attend to each other"
	}
	for _, width := range e.headWidths() {
		if !slices.Contains(kernelHeads, width) {
			return fmt.Sprintf("has no kernels for heads of %d", width)
		}
	}
	return ""
}

// turboquantProblem returns the problem of a turboquant cache. Its backend supports no
// sinks, bidirectional prefixes or latent attention.
func (e Engine) turboquantProblem() string {
	switch {
	case e.hasMLA():
		return "has no kernels for latent attention (MLA)"
	case e.Shape.Sinks:
		return "has no kernels for attention sinks"
	case e.Shape.PrefixLM:
		return "has no kernels for images whose tokens attend to each other"
	}
	return ""
}
