package catalogue

import (
	"fmt"
	"strings"
)

// Format is the way in which a kernel multiplies quantised weights.
type Format int

// Formats, by the width of the weights.
const (
	Sixteen Format = iota // 16 bit, and 8 bit that are widened first
	FP8                   // 8 bit, activations too
	Int4                  // 4 bit, widened first
	MXFP4                 // 4-bit floats, widened first
	NVFP4                 // 4-bit floats, activations too if the GPU supports it
)

// String returns the name of the format in kernel tables.
func (f Format) String() string {
	return nameOf("format", int(f), "bf16", "fp8", "int4", "mxfp4", "nvfp4")
}

// nameOf returns the name of a number of a type, or the type and the number if it has no
// name.
func nameOf(typ string, number int, names ...string) string {
	if number < 0 || number >= len(names) {
		return fmt.Sprintf("%s %d", typ, number)
	}
	return names[number]
}

// Format returns how the matrices of one part are multiplied: as 16 bit if most of them
// are not quantised.
func (q Quantization) Format(m Mix) Format {
	method := strings.ToLower(q.Method)
	switch {
	case m.Share < 0.5:
		return Sixteen
	case strings.Contains(method, "mxfp4"), q.ExpertsOnly:
		return MXFP4
	case m.Bits < 5 && (strings.Contains(method, "fp4") || strings.HasPrefix(method, "modelopt") || m.Bits == bitsNV):
		return NVFP4
	case m.Bits < 6.6:
		return Int4
	case m.Bits == bits8g, method == "awq", method == "gptq", method == "gguf", method == "bitsandbytes":
		return Sixteen
	}
	return FP8
}
