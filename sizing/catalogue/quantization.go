package catalogue

import (
	"strconv"
	"strings"
)

// Quantization is how the matrices of a checkpoint are stored.
type Quantization struct {
	// Method is vLLM's name of it, such as awq; empty for none.
	Method string
	// Bits of one quantised weight, its share of scales and zero points included;
	// where parts differ, those of the part with most weights.
	Bits float64
	// Attention holds for attention and states, MLP for dense MLPs and shared
	// experts, Experts for routed experts, Head for a separate output head.
	Attention, MLP, Experts, Head Mix
	// ExpertsOnly reports that nothing but the experts is quantised, and that
	// their kernels pad them.
	ExpertsOnly bool
	// Doubtful reports that a name tells the method, and that files of such a name
	// store attention in 4, 8 or 16 bit.
	Doubtful bool
	// Block is the width of the blocks of FP8 weights that share a scale; 0: a
	// scale holds for a row or for the whole matrix. Tensor parallelism divides a
	// matrix only between blocks.
	Block int
	// Int8 reports that activations are of 8-bit integers too.
	Int8 bool
	// KVCacheDType is the type of the KV cache that the checkpoint has scales for,
	// such as fp8; vLLM takes it where --kv-cache-dtype is auto.
	KVCacheDType string
}

// Mix says how the matrices of one part are stored. The zero value: all in the
// model's own type.
type Mix struct {
	// Share of the parameters that are quantised, and the Bits of one of them with
	// its share of scales and zero points.
	Share, Bits float64
}

// Bytes returns the mean size of a parameter where one in the model's own type
// has element bytes.
func (m Mix) Bytes(element float64) float64 { return (1-m.Share)*element + m.Share*m.Bits/8 }

// uniform returns a method that stores every matrix alike.
func uniform(method string, bits float64) Quantization {
	all := Mix{1, bits}
	return Quantization{Method: method, Bits: bits, Attention: all, MLP: all, Experts: all}
}

// integers returns weights and activations of 8-bit integers.
func integers() Quantization {
	q := uniform("compressed-tensors", bits8)
	q.Int8 = true
	return q
}

// doubtful returns NVFP4 by name: half of attention is taken to be in 16 bit.
func doubtful(method string, bits float64) Quantization {
	q := uniform(method, bits)
	q.Attention.Share, q.Doubtful = 0.5, true
	return q
}

// expertsOnly returns a method that stores nothing but experts.
func expertsOnly(method string, bits float64) Quantization {
	return Quantization{Method: method, Bits: bits, Experts: Mix{1, bits}, ExpertsOnly: true}
}

// Bits of a weight with its group's share. Four bits come with a 16-bit scale
// and a 4-bit zero point for each group of 128 weights; bitsandbytes has an
// 8-bit scale for each 64 and a 32-bit one for each 256 of those; MXFP4 an
// 8-bit scale for each 32, NVFP4 one for each 16; 8-bit methods a scale for
// each row or block of 128 × 128, which is next to nothing.
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

// marks are what tells the method, in the order in which they are looked for:
// a longer one before what it contains. GGUF's bits are llama.cpp's for the
// usual mixes (Q4_K_M, Q5_K_M, Q6_K, Q8_0), and its files can hold 16 bit.
var marks = []struct {
	mark string
	is   Quantization
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

// QuantizationOf reads the method from a model's name, from the value of
// --quantization, or from what people write about it; none if it says nothing.
func QuantizationOf(text string) Quantization {
	text = words(text)
	for _, bits := range []string{"4", "8"} {
		text = strings.ReplaceAll(text, bits+"-bit", bits+"bit")
	}
	for _, m := range marks {
		if strings.Contains(text, m.mark) {
			return m.is
		}
	}
	return Quantization{}
}

// named returns the quantisation that a text tells of a shape: MXFP4 of a model
// without experts is that of its matrices.
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

// String is the method and its bits, or "16 bit".
func (q Quantization) String() string {
	if q.Method == "" {
		return "16 bit"
	}
	return q.Method + " (" + strconv.FormatFloat(q.Bits, 'g', 3, 64) + " bit)"
}
