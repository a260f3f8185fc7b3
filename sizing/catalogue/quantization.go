package catalogue

import (
	"strconv"
	"strings"
)

// Quantization describes how the matrices of a checkpoint are stored.
type Quantization struct {
	// Method is vLLM's name of the method, such as awq; "" for none.
	Method string
	// Bits is the size of one quantised weight, with its share of scales and zero
	// points. If parts differ, the part with most weights counts.
	Bits float64
	// Attention applies to attention and states, MLP to dense MLPs and shared experts,
	// Experts to routed experts, Head to a separate output head.
	Attention, MLP, Experts, Head Mix
	// ExpertsOnly reports that only the experts are quantised, and that their kernels
	// pad them.
	ExpertsOnly bool
	// Doubtful reports that only a name states the method. Files with such a name store
	// attention in 4, 8 or 16 bit.
	Doubtful bool
	// Block is the width of the blocks of FP8 weights that share a scale; 0: a scale
	// applies to a row or to the whole matrix. Tensor parallelism divides a matrix only
	// between blocks.
	Block int
	// Int8 reports that activations are 8-bit integers too.
	Int8 bool
	// KVCacheDType is the type of the KV cache for which the checkpoint has scales,
	// such as fp8. vLLM uses it if --kv-cache-dtype is auto.
	KVCacheDType string
}

// Mix describes how the matrices of one part are stored. The zero value means that all
// are in the model's type.
type Mix struct {
	// Share is the part of the parameters that are quantised, and Bits the size of one
	// of them with its share of scales and zero points.
	Share, Bits float64
}

// Bytes returns the mean size of a parameter in bytes. element is the size in the
// model's type.
func (m Mix) Bytes(element float64) float64 { return (1-m.Share)*element + m.Share*m.Bits/8 }

// uniform returns a method that stores every matrix in the same format.
func uniform(method string, bits float64) Quantization {
	mix := Mix{1, bits}
	return Quantization{Method: method, Bits: bits, Attention: mix, MLP: mix, Experts: mix}
}

// integers returns weights and activations of 8-bit integers.
func integers() Quantization {
	q := uniform("compressed-tensors", bits8)
	q.Int8 = true
	return q
}

// doubtful returns a method that is known only by name: the estimate assumes half of
// attention in 16 bit.
func doubtful(method string, bits float64) Quantization {
	q := uniform(method, bits)
	q.Attention.Share, q.Doubtful = 0.5, true
	return q
}

// expertsOnly returns a method that quantises only experts.
func expertsOnly(method string, bits float64) Quantization {
	return Quantization{Method: method, Bits: bits, Experts: Mix{1, bits}, ExpertsOnly: true}
}

// Bits of a weight with its share of the group's data. Four bits come with a 16-bit
// scale and a 4-bit zero point for each group of 128 weights. bitsandbytes has an 8-bit
// scale for each 64 weights and a 32-bit scale for each 256 of these scales. MXFP4 has
// an 8-bit scale for each 32 weights, NVFP4 one for each 16. 8-bit methods have a scale
// for each row or block of 128 × 128, which is negligible.
const (
	bits4  = 4 + 16.0/128 + 4.0/128
	bits3  = 3 + 16.0/128 + 4.0/128
	bits8g = 8 + 16.0/128
	bits8  = 8.02
	bitsNF = 4 + 8.0/64 + 32.0/64/256
	bitsMX = 4 + 8.0/32
	bitsM8 = 8 + 8.0/32
	bitsNV = 4 + 8.0/16
)

// marks are the parts of names that state the method, in search order: a longer mark
// comes before a mark that it contains. GGUF's bits are llama.cpp's for the usual mixes
// (Q4_K_M, Q5_K_M, Q6_K, Q8_0); its files can also hold 16 bit.
var marks = []struct {
	mark         string
	quantization Quantization
}{
	{"-unquantized-", Quantization{}},
	{"bnb", uniform("bitsandbytes", bitsNF)},
	{"bitsandbytes", uniform("bitsandbytes", bitsNF)},
	{"nf4", uniform("bitsandbytes", bitsNF)},
	{"mxfp4", expertsOnly("mxfp4", bitsMX)},
	{"fp4", doubtful("modelopt_fp4", bitsNV)}, // nvfp4, modelopt_fp4
	{"mxfp8", uniform("mxfp8", bitsM8)},
	{"fp8-w8a8", uniform("fp8", bits8)},
	{"w8a8-fp8", uniform("fp8", bits8)},
	{"w8a8", integers()},
	{"w8a16", uniform("compressed-tensors", bits8g)},
	{"w4a", uniform("compressed-tensors", bits4)},
	{"fp8", uniform("fp8", bits8)},
	{"awq-8bit", uniform("awq", bits8g)},
	{"awq", uniform("awq", bits4)},
	{"int8-gptq", uniform("gptq", bits8g)},
	{"gptq-int8", uniform("gptq", bits8g)},
	{"gptq-8bit", uniform("gptq", bits8g)},
	{"gptq-int3", uniform("gptq", bits3)},
	{"gptq", uniform("gptq", bits4)},
	{"autoround", uniform("inc", bits4)},
	{"auto-round", uniform("inc", bits4)},
	{"int8", uniform("compressed-tensors", bits8)},
	{"8bit", uniform("compressed-tensors", bits8g)},
	{"int4", uniform("gptq", bits4)},
	{"4bit", uniform("gptq", bits4)},
	{"-q2-", uniform("gguf", 3.35)},
	{"-q3-", uniform("gguf", 3.91)},
	{"-q4-", uniform("gguf", 4.85)},
	{"-q5-", uniform("gguf", 5.69)},
	{"-q6-", uniform("gguf", 6.59)},
	{"-q8-", uniform("gguf", 8.5)},
	{"-bf16-gguf-", Quantization{}}, {"-f16-gguf-", Quantization{}}, {"-gguf-bf16-", Quantization{}}, {"-gguf-f16-", Quantization{}},
	{"gguf", uniform("gguf", 4.85)},
}

// QuantizationOf returns the method that a text states: a model's name, the value of
// --quantization, or a remark. It returns the zero value if the text states none.
func QuantizationOf(text string) Quantization {
	text = words(text)
	for _, bits := range []string{"4", "8"} {
		text = strings.ReplaceAll(text, bits+"-bit", bits+"bit")
	}
	for _, m := range marks {
		if strings.Contains(text, m.mark) {
			return m.quantization
		}
	}
	return Quantization{}
}

// named returns the quantisation that a text states for a shape. For a model without
// experts, MXFP4 applies to its matrices.
func (s Shape) named(text string) Quantization {
	q := QuantizationOf(text)
	if q.ExpertsOnly && s.MoE.Experts == 0 {
		q = doubtful(q.Method, q.Bits)
	}
	switch name := words(text); {
	case q.Method != "fp8" || !strings.HasSuffix(name, "-fp8-"):
	case strings.HasPrefix(text, "Qwen/"):
		q.Block = 128 // weight_block_size of Qwen's own FP8 files, read on 2026-11-29
	case strings.HasPrefix(text, "meta-llama/") && strings.Contains(name, "llama-3.1-405b"):
		q.Method = "fbgemm_fp8" // which vLLM deprecates: config/model.py at 2f41c894e3
	}
	return q
}

// String returns the method and its bits, or "16 bit".
func (q Quantization) String() string {
	if q.Method == "" {
		return "16 bit"
	}
	return q.Method + " (" + strconv.FormatFloat(q.Bits, 'g', 3, 64) + " bit)"
}
