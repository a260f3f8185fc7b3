package sizing

import (
	"fmt"
	"slices"
	"strings"
)

// Rule names a reason why vLLM does not start, independent of memory. Every refusal
// names its rule.
type Rule string

// The rules.
const (
	// RuleCUDA requires that the release's CUDA has code for the GPU.
	RuleCUDA Rule = "cuda"
	// RuleWeightFormat requires that the image can read the checkpoint's format.
	RuleWeightFormat Rule = "weight-format"
	// RuleDeprecated requires an explicit argument for a deprecated format.
	RuleDeprecated Rule = "deprecated-format"
	// RuleWeights requires that the GPU has kernels for the weights' format.
	RuleWeights Rule = "weights-capability"
	// RuleDType requires that the GPU, the model and the weights' format support the
	// type of the activations.
	RuleDType Rule = "dtype"
	// RuleKVCache requires that an attention kernel supports the KV cache's type for
	// the model on the GPU.
	RuleKVCache Rule = "kv-cache-type"
	// RuleSparse requires that the GPU has kernels for sparse attention.
	RuleSparse Rule = "sparse-attention"
	// RuleSplit requires that tensor parallelism divides the heads and the FP8 blocks.
	RuleSplit Rule = "tensor-parallel"
	// RuleLoRA requires that vLLM supports adapters for the model's vocabulary.
	RuleLoRA Rule = "lora-vocabulary"
)

// Obstacle is a rule that an engine breaks.
type Obstacle struct {
	Rule Rule
	// Reason says which requirement is not met, and Fix what to do.
	Reason, Fix string
}

// String returns the obstacle and its rule, in one line.
func (o Obstacle) String() string {
	if o.Fix == "" {
		return fmt.Sprintf("%s (rule %s)", o.Reason, o.Rule)
	}
	return fmt.Sprintf("%s; %s (rule %s)", o.Reason, o.Fix, o.Rule)
}

// rules holds the checks in order. The sources are vLLM's files at 2f41c894e3 (main of
// 2026-08-20) unless a rule names another one.
var rules = []struct {
	rule  Rule
	check func(Engine) (reason, fix string)
}{
	{RuleCUDA, Engine.breaksCUDA},
	{RuleWeightFormat, Engine.breaksWeightFormat},
	{RuleDeprecated, Engine.breaksDeprecated},
	{RuleWeights, Engine.breaksWeights},
	{RuleDType, Engine.breaksDType},
	{RuleSparse, Engine.breaksSparse},
	{RuleKVCache, Engine.breaksKVCache},
	{RuleSplit, Engine.breaksSplit},
	{RuleLoRA, Engine.breaksLoRA},
}

// Obstacles returns the rules that the engine breaks. Without obstacles, the replica
// starts if its memory is sufficient.
func (e Engine) Obstacles() []Obstacle {
	var found []Obstacle
	for _, r := range rules {
		if reason, fix := r.check(e); reason != "" {
			found = append(found, Obstacle{r.rule, reason, fix})
		}
	}
	return found
}

// cannotRun returns the first reason why the replica does not start; "" if it starts.
func (e Engine) cannotRun() string {
	if found := e.Obstacles(); len(found) > 0 {
		return found[0].String()
	}
	return ""
}

func (e Engine) breaksCUDA() (reason, fix string) {
	if e.Release.Since(28) && !e.GPU.CUDA13() {
		return fmt.Sprintf("vLLM %s is built for CUDA 13, which does not run on %s", e.Release, e.GPU.Name), "take a GPU of the Turing generation or later"
	}
	return "", ""
}

// breaksWeightFormat refuses formats that vLLM moved into plugins. The project's image
// does not contain the plugins (pull requests 43529 and 39612).
func (e Engine) breaksWeightFormat() (reason, fix string) {
	plugins := map[string]struct {
		name  string
		since int
	}{"bitsandbytes": {"vllm-bnb-plugin", 28}, "gguf": {"vllm-gguf-plugin", 24}}
	p, moved := plugins[e.Shape.Quantization.Method]
	if !moved || e.CustomImage || !e.Release.Since(p.since) {
		return "", ""
	}
	return fmt.Sprintf("the weights have the format %s, which vLLM reads since v0.%d only with the plugin %s", e.Shape.Quantization.Method, p.since, p.name),
		"take the AWQ, GPTQ or FP8 copy of the model, or build an image with the plugin and set image"
}

// breaksDeprecated refuses the formats of DEPRECATED_QUANTIZATION_METHODS in
// vllm/model_executor/layers/quantization/__init__.py.
func (e Engine) breaksDeprecated() (reason, fix string) {
	q := e.Shape.Quantization.Method
	if e.AllowDeprecated || !e.Release.Since(28) || q != "fbgemm_fp8" && q != "fp_quant" {
		return "", ""
	}
	return fmt.Sprintf("the format %s is deprecated, and vLLM refuses it without an explicit argument", q),
		"take another copy of the model, or add --allow-deprecated-quantization to extraArgs"
}

// formatCapability returns the lowest compute capability that supports a weight format:
// get_min_capability of its class in vllm/model_executor/layers/quantization. Marlin's
// kernels run FP8 and NVFP4 on Turing since v0.14 (pull request 29901).
func (e Engine) formatCapability() int {
	q := e.Shape.Quantization
	switch m := q.Method; {
	case m == "fp_quant":
		return 100
	case m == "modelopt" && q.Bits < 6, m == "modelopt_fp4":
		return e.marlinOnTuring()
	case m == "modelopt", m == "modelopt_mxfp8", m == "mxfp8", m == "mxfp4", m == "gpt_oss_mxfp4", m == "fbgemm_fp8", m == "experts_int8":
		return 80
	case strings.Contains(m, "fp8"), strings.Contains(m, "fp4"):
		return e.marlinOnTuring()
	case m == "":
		return 0
	}
	return 75
}

func (e Engine) marlinOnTuring() int {
	if e.Release.Since(14) {
		return 75
	}
	return 80
}

// generations holds the names of compute capabilities.
var generations = map[int]string{75: "Turing", 80: "Ampere", 89: "Ada", 90: "Hopper", 100: "Blackwell"}

func (e Engine) breaksWeights() (reason, fix string) {
	if e.Shape.Quantization.Int8 && e.GPU.Blackwell() && e.Release.Since(28) {
		// csrc/libtorch_stable/quantization/w8a8/cutlass/scaled_mm_c3x_sm100.cu and _sm120.cu
		return fmt.Sprintf("products of INT8 have no kernels on the Blackwell generation (compute capability 10.0) and later, and %s has %.1f", e.GPU.Name, float64(e.GPU.Capability)/10),
			"take the FP8 copy of the model, or another GPU"
	}
	need := e.formatCapability()
	if e.GPU.Capability == 0 || e.GPU.Capability >= need || need <= 75 && !e.Release.Since(28) {
		return "", ""
	}
	return fmt.Sprintf("the kernels of %s need a GPU of the %s generation (compute capability %.1f) or later, and %s has %.1f",
		e.Shape.Quantization.Method, generations[need], float64(need)/10, e.GPU.Name, float64(e.GPU.Capability)/10), "take another copy of the model, or another GPU"
}

// withoutFloat16 are model types whose activations overflow in float16
// (_FLOAT16_NOT_SUPPORTED_MODELS in vllm/config/model.py).
var withoutFloat16 = []string{"gemma2", "gemma3", "gemma3_text", "glm4"}

// activationType returns the type of activations and of weights that are not quantised,
// by the rules of _resolve_auto_dtype in vllm/config/model.py.
func (e Engine) activationType() string {
	aliases := map[string]string{"half": "float16", "float": "float32", "": "auto"}
	dtype, renamed := aliases[strings.ToLower(e.DType)]
	if !renamed {
		dtype = strings.ToLower(e.DType)
	}
	if dtype != "auto" {
		return dtype
	}
	var supported []string
	if e.GPU.Capability == 0 || e.GPU.Ampere() {
		supported = append(supported, "bfloat16")
	}
	if !slices.Contains(withoutFloat16, e.Shape.ModelType) {
		supported = append(supported, "float16")
	}
	supported = append(supported, "float32")
	if dtype := e.Shape.DType; dtype != "float32" && slices.Contains(supported, dtype) {
		return dtype
	}
	return supported[0]
}

func (e Engine) breaksDType() (reason, fix string) {
	dtype := e.activationType()
	switch q := e.Shape.Quantization.Method; {
	case dtype == "bfloat16" && e.GPU.Capability > 0 && !e.GPU.Ampere():
		return fmt.Sprintf("bfloat16 needs a GPU of the Ampere generation (compute capability 8.0) or later, and %s has %.1f", e.GPU.Name, float64(e.GPU.Capability)/10), "set dtype to half"
	case dtype == "float16" && slices.Contains(withoutFloat16, e.Shape.ModelType):
		return fmt.Sprintf("models of the type %s do not compute in float16", e.Shape.ModelType), "set dtype to bfloat16, which needs a GPU of the Ampere generation or later"
	case dtype == "float32" && q != "" && e.Release.Since(28):
		return fmt.Sprintf("the kernels of %s do not support float32, the type in which the model computes on this GPU", q), "take a GPU of the Ampere generation or later, on which the type is bfloat16"
	}
	return "", ""
}

// largestLoRAVocabulary is the limit of LogitsProcessorWithLoRA in
// vllm/lora/layers/logits_processor.py.
const largestLoRAVocabulary = 258048

func (e Engine) breaksLoRA() (reason, fix string) {
	if e.LoRASlots == 0 || !e.vocabularyAdapters() || e.Shape.Vocab <= largestLoRAVocabulary {
		return "", ""
	}
	return fmt.Sprintf("adapters need a vocabulary of at most %d, and the model's has %d", largestLoRAVocabulary, e.Shape.Vocab), "merge the adapter into the weights"
}
