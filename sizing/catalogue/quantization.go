package catalogue

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Quantization is how the matrices of a checkpoint are stored.
type Quantization struct {
	// Method is vLLM's name of it, such as awq; empty for none.
	Method string
	// Bits of one weight, its share of scales and zero points included.
	Bits float64
	// ExpertsOnly tells that nothing but the experts is stored so, and that their
	// kernels pad them.
	ExpertsOnly bool
	// Block is the width of the blocks of FP8 weights that share a scale; 0: a
	// scale holds for a row or for the whole matrix. Tensor parallelism divides a
	// matrix only between blocks.
	Block int
	// KVCacheDType is the type of the KV cache that the checkpoint has scales for,
	// such as fp8; vLLM takes it where --kv-cache-dtype is auto.
	KVCacheDType string
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
	bitsNV = 4 + 8.0/16
)

// marks are what tells the method, in the order in which they are looked for:
// a longer one before what it contains. GGUF's bits are llama.cpp's for the
// usual mixes (Q4_K_M, Q5_K_M, Q6_K, Q8_0), and its files can hold 16 bit.
var marks = []struct {
	mark string
	is   Quantization
}{
	{"bnb", Quantization{Method: "bitsandbytes", Bits: bitsNF}},
	{"bitsandbytes", Quantization{Method: "bitsandbytes", Bits: bitsNF}},
	{"nf4", Quantization{Method: "bitsandbytes", Bits: bitsNF}},
	{"mxfp4", Quantization{Method: "mxfp4", Bits: bitsMX, ExpertsOnly: true}},
	{"fp4", Quantization{Method: "modelopt_fp4", Bits: bitsNV}}, // nvfp4, modelopt_fp4
	{"w8a8", Quantization{Method: "compressed-tensors", Bits: bits8}},
	{"w8a16", Quantization{Method: "compressed-tensors", Bits: bits8g}},
	{"w4a", Quantization{Method: "compressed-tensors", Bits: bits4}},
	{"fp8", Quantization{Method: "fp8", Bits: bits8}},
	{"awq-8bit", Quantization{Method: "awq", Bits: bits8g}},
	{"awq", Quantization{Method: "awq", Bits: bits4}},
	{"int8-gptq", Quantization{Method: "gptq", Bits: bits8g}},
	{"gptq-int8", Quantization{Method: "gptq", Bits: bits8g}},
	{"gptq-8bit", Quantization{Method: "gptq", Bits: bits8g}},
	{"gptq-int3", Quantization{Method: "gptq", Bits: bits3}},
	{"gptq", Quantization{Method: "gptq", Bits: bits4}},
	{"autoround", Quantization{Method: "inc", Bits: bits4}},
	{"auto-round", Quantization{Method: "inc", Bits: bits4}},
	{"int8", Quantization{Method: "compressed-tensors", Bits: bits8}},
	{"8bit", Quantization{Method: "compressed-tensors", Bits: bits8g}},
	{"int4", Quantization{Method: "gptq", Bits: bits4}},
	{"4bit", Quantization{Method: "gptq", Bits: bits4}},
	{"-q2-", Quantization{Method: "gguf", Bits: 3.35}},
	{"-q3-", Quantization{Method: "gguf", Bits: 3.91}},
	{"-q4-", Quantization{Method: "gguf", Bits: 4.85}},
	{"-q5-", Quantization{Method: "gguf", Bits: 5.69}},
	{"-q6-", Quantization{Method: "gguf", Bits: 6.59}},
	{"-q8-", Quantization{Method: "gguf", Bits: 8.5}},
	{"-bf16-gguf-", Quantization{}}, {"-f16-gguf-", Quantization{}}, {"-gguf-bf16-", Quantization{}}, {"-gguf-f16-", Quantization{}},
	{"gguf", Quantization{Method: "gguf", Bits: 4.85}},
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

// quantizationConfig is a config.json's own description.
type quantizationConfig struct {
	Method       string `json:"quant_method"`
	Bits         int    `json:"bits"`
	WeightBits   int    `json:"w_bit"`
	LoadIn4Bit   bool   `json:"load_in_4bit"`
	LoadIn8Bit   bool   `json:"load_in_8bit"`
	Algorithm    string `json:"quant_algo"`
	Format       string `json:"format"`
	ConfigGroups map[string]struct {
		Weights struct {
			Bits int    `json:"num_bits"`
			Type string `json:"type"`
		} `json:"weights"`
	} `json:"config_groups"`
	BlockSize     []int           `json:"weight_block_size"`
	KVCacheAlgo   string          `json:"kv_cache_quant_algo"`
	KVCacheScheme json.RawMessage `json:"kv_cache_scheme"`
}

// kvCacheDType is the type of the KV cache that the checkpoint asks for; "" if
// none (get_kv_cache_quant_algo_string in vllm/utils/torch_utils.py and
// layers/attention/attention.py at 017e9f4448, 2026-08-17).
func (c quantizationConfig) kvCacheDType() string {
	var scheme struct {
		Bits int    `json:"num_bits"`
		Type string `json:"type"`
	}
	name := c.KVCacheAlgo
	if len(c.KVCacheScheme) > 0 && json.Unmarshal(c.KVCacheScheme, &scheme) != nil {
		_ = json.Unmarshal(c.KVCacheScheme, &name)
	}
	switch name = strings.ToLower(name); {
	case name == "fp8", name == "fp8_e4m3", scheme.Bits == 8 && scheme.Type == "float":
		return "fp8"
	case name == "nvfp4", scheme.Bits == 4 && scheme.Type == "float":
		return "nvfp4"
	}
	return ""
}

// block is the width of the blocks of an FP8 checkpoint.
func (c quantizationConfig) block() int {
	for _, size := range c.BlockSize {
		if size > 0 && size <= 1<<16 {
			return size
		}
	}
	return 0
}

// unknownMethod stands for one that the arithmetic does not know.
const unknownMethod = "unknown"

// quantization translates it. Of groups that differ, the widest counts.
func (c quantizationConfig) quantization() Quantization {
	bits, float := max(c.Bits, c.WeightBits), false
	for _, name := range slices.Sorted(maps.Keys(c.ConfigGroups)) {
		if w := c.ConfigGroups[name].Weights; w.Bits >= bits {
			bits, float = w.Bits, w.Type == "float"
		}
	}
	method, algorithm := strings.ToLower(c.Method), strings.ToLower(c.Algorithm)
	switch {
	case method == "":
		return Quantization{}
	case method == "mxfp4":
		return QuantizationOf("mxfp4")
	case method == "bitsandbytes" && c.LoadIn8Bit:
		return Quantization{Method: method, Bits: bits8}
	case method == "bitsandbytes":
		return Quantization{Method: method, Bits: bitsNF}
	case strings.Contains(algorithm, "fp4"), strings.Contains(c.Format, "nvfp4"), bits == 4 && float:
		return Quantization{Method: method, Bits: bitsNV}
	case bits == 8:
		return Quantization{Method: method, Bits: bits8}
	case bits > 0 && bits < 8:
		return Quantization{Method: method, Bits: float64(bits) + bits4 - 4}
	case strings.Contains(method, "fp8"), strings.Contains(algorithm, "fp8"), method == "modelopt":
		return Quantization{Method: method, Bits: bits8}
	case method == "awq", method == "gptq", method == "auto-round":
		return Quantization{Method: method, Bits: bits4}
	}
	return Quantization{Method: unknownMethod}
}

// String is the method and its bits, or "16 bit".
func (q Quantization) String() string {
	if q.Method == "" {
		return "16 bit"
	}
	return q.Method + " (" + strconv.FormatFloat(q.Bits, 'g', 3, 64) + " bit)"
}
