package hardware

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Model is what the memory arithmetic needs to know of a model.
type Model struct {
	Layers    int
	Heads     int
	KVHeads   int
	Hidden    int
	HeadDim   int
	Vocab     int
	Params    float64
	WeightGiB float64
	MaxLen    int // longest context the model was trained for
	Known     bool
}

type shape struct {
	layers, heads, kvHeads, hidden, headDim, vocab int
	params                                         float64
	weightGiB                                      float64 // 0: 16 bit
	maxLen                                         int
}

// Shapes from each model's config.json; parameters as published.
var shapes = map[string]shape{
	"mistralai/mistral-7b-instruct-v0.2":       {32, 32, 8, 4096, 128, 32000, 7_241_732_096, 0, 32768},
	"mistralai/mistral-7b-instruct-v0.3":       {32, 32, 8, 4096, 128, 32768, 7_248_023_552, 0, 32768},
	"meta-llama/llama-2-7b-chat-hf":            {32, 32, 32, 4096, 128, 32000, 6_738_415_616, 0, 4096},
	"meta-llama/llama-2-13b-chat-hf":           {40, 40, 40, 5120, 128, 32000, 13_015_864_320, 0, 4096},
	"meta-llama/llama-2-13b-hf":                {40, 40, 40, 5120, 128, 32000, 13_015_864_320, 0, 4096},
	"meta-llama/llama-2-70b-chat-hf":           {80, 64, 8, 8192, 128, 32000, 68_976_648_192, 0, 4096},
	"thebloke/llama-2-70b-chat-awq":            {80, 64, 8, 8192, 128, 32000, 68_976_648_192, 34.1, 4096},
	"codellama/codellama-34b-instruct-hf":      {48, 64, 8, 8192, 128, 32000, 33_743_970_304, 0, 16384},
	"meta-llama/llama-3.1-8b":                  {32, 32, 8, 4096, 128, 128256, 8_030_261_248, 0, 131072},
	"meta-llama/llama-3.1-8b-instruct":         {32, 32, 8, 4096, 128, 128256, 8_030_261_248, 0, 131072},
	"meta-llama/llama-3.2-1b-instruct":         {16, 32, 8, 2048, 64, 128256, 1_235_814_400, 0, 131072},
	"meta-llama/llama-3.2-3b-instruct":         {28, 24, 8, 3072, 128, 128256, 3_212_749_824, 0, 131072},
	"meta-llama/llama-3.3-70b-instruct":        {80, 64, 8, 8192, 128, 128256, 70_553_706_496, 0, 131072},
	"qwen/qwen2.5-0.5b-instruct":               {24, 14, 2, 896, 64, 151936, 494_032_768, 0, 32768},
	"qwen/qwen2.5-1.5b-instruct":               {28, 12, 2, 1536, 128, 151936, 1_543_714_304, 0, 32768},
	"qwen/qwen2.5-7b-instruct":                 {28, 28, 4, 3584, 128, 152064, 7_615_616_512, 0, 32768},
	"qwen/qwen2.5-14b-instruct":                {48, 40, 8, 5120, 128, 152064, 14_770_033_664, 0, 32768},
	"qwen/qwen2.5-32b-instruct":                {64, 40, 8, 5120, 128, 152064, 32_763_876_352, 0, 32768},
	"qwen/qwen2.5-72b-instruct":                {80, 64, 8, 8192, 128, 152064, 72_706_203_648, 0, 32768},
	"qwen/qwen3-0.6b":                          {28, 16, 8, 1024, 128, 151936, 596_049_920, 0, 40960},
	"qwen/qwen3-8b":                            {36, 32, 8, 4096, 128, 151936, 8_190_735_360, 0, 40960},
	"qwen/qwen3-32b":                           {64, 64, 8, 5120, 128, 151936, 32_762_123_264, 0, 40960},
	"qwen/qwen3-30b-a3b":                       {48, 32, 4, 2048, 128, 151936, 30_532_122_624, 0, 40960},
	"openai/gpt-oss-20b":                       {24, 64, 8, 2880, 64, 201088, 20_914_757_184, 12.8, 131072},
	"openai/gpt-oss-120b":                      {36, 64, 8, 2880, 64, 201088, 116_829_156_672, 60.8, 131072},
	"deepseek-ai/deepseek-r1-distill-llama-8b": {32, 32, 8, 4096, 128, 128256, 8_030_261_248, 0, 131072},
}

// A model that is not in the table is taken for a Llama-3.1-8B, or for the
// dense model nearest to the number of billions in its name ("…-13b-…").
const fallback = "meta-llama/llama-3.1-8b"

var dense = []string{
	"qwen/qwen2.5-0.5b-instruct", "meta-llama/llama-3.2-1b-instruct", "meta-llama/llama-3.2-3b-instruct",
	fallback, "qwen/qwen2.5-14b-instruct", "qwen/qwen2.5-32b-instruct", "meta-llama/llama-3.3-70b-instruct",
}

var billions = regexp.MustCompile(`(?i)(?:^|[^a-z0-9.])(\d+(?:\.\d+)?)b(?:$|[^a-z0-9])`)

const gib = 1 << 30

// FindModel returns the shape of a model by its id. quantization is the value
// of --quantization, empty where none was given; the id's own name counts too,
// as vLLM reads the method from the checkpoint.
func FindModel(id, quantization string) Model {
	key := strings.ToLower(id)
	s, known := shapes[key]
	if !known {
		s = guess(key)
	}
	m := Model{
		Layers: s.layers, Heads: s.heads, KVHeads: s.kvHeads, Hidden: s.hidden, HeadDim: s.headDim,
		Vocab: s.vocab, Params: s.params, WeightGiB: s.weightGiB, MaxLen: s.maxLen, Known: known,
	}
	if m.WeightGiB == 0 {
		m.WeightGiB = s.params * bytesPerParameter(key+" "+strings.ToLower(quantization)) / gib
	}
	return m
}

func guess(key string) shape {
	match := billions.FindStringSubmatch(key)
	if match == nil {
		return shapes[fallback]
	}
	n, err := strconv.ParseFloat(match[1], 64)
	if err != nil || n <= 0 {
		return shapes[fallback]
	}
	params := n * 1e9
	best := shapes[fallback]
	for _, name := range dense {
		if s := shapes[name]; math.Abs(math.Log(s.params/params)) < math.Abs(math.Log(best.params/params)) {
			best = s
		}
	}
	best.params = params
	return best
}

// bytesPerParameter: four-bit checkpoints keep scales and some layers in 16
// bit, so that 34.1 GiB for the 70B in AWQ is 0.53 bytes per parameter.
func bytesPerParameter(name string) float64 {
	for _, mark := range []string{"awq", "gptq", "int4", "w4a16", "mxfp4", "nvfp4", "bnb-4bit"} {
		if strings.Contains(name, mark) {
			return 0.53
		}
	}
	for _, mark := range []string{"fp8", "int8", "w8a8"} {
		if strings.Contains(name, mark) {
			return 1.03
		}
	}
	return 2
}
