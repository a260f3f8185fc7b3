package catalogue

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// setBits sets the bits that the method gives for all modules.
func (c quantizationConfig) setBits(s *scheme, match func(string, []string) matcher) error {
	method, algorithm := s.method, strings.ToUpper(c.Algorithm)
	integer := c.integer(max(c.Bits, c.WeightBits))
	switch {
	case method == "" && integer > 0: // such as MLX
		return fmt.Errorf("quantization_config.quant_method is missing; %s", workaround)
	case method == "":
	case len(c.Layers) > 0:
		return c.setLayers(s, match)
	case len(c.ConfigGroups) > 0:
		return c.setGroups(s, match)
	case method == "mxfp4", method == "gpt_oss_mxfp4":
		s.bits, s.expertsOnly, s.method = bitsMX, true, "mxfp4"
	case method == "bitsandbytes":
		s.bits = bitsNF
		if c.LoadIn8Bit {
			s.bits = bits8
		} else if c.DoubleQuant != nil && !*c.DoubleQuant {
			s.bits = 4 + 32.0/64
		}
	case c.Global != nil:
		return c.setQuark(s, match)
	case algorithm != "":
		bits, err := algorithmBits(algorithm, groupOf(c.GroupSize))
		s.bits = bits
		return err
	case strings.Contains(method, "mxfp8"):
		s.bits = bitsM8
	case strings.Contains(method, "nvfp4"), strings.Contains(method, "modelopt_fp4"):
		s.bits = bitsNV
	case integer > 0:
		s.bits, s.head = integer, c.LMHead
	case strings.Contains(method, "fp8"), method == "modelopt", method == "experts_int8":
		s.bits, s.expertsOnly = bits8, false
	case slices.Contains([]string{"awq", "gptq", "auto-round", "auto_round", "inc", "moe_wna16", "awq_marlin", "gptq_marlin"}, method):
		s.bits, s.head = c.integer(4), c.LMHead
	default:
		return fmt.Errorf("quantization_config.quant_method is %q, whose size is not known; %s", c.Method, workaround)
	}
	return nil
}

// integer returns the size of a weight with a number of bits. Its group shares a scale
// in 16 bit and, if the weights are not symmetric, a zero point. It returns 0 for no
// bits.
func (c quantizationConfig) integer(bits int) float64 {
	if bits <= 0 || bits > 8 {
		return 0
	}
	group := c.GroupSize
	if group == nil {
		group = c.QGroupSize
	}
	zero := c.ZeroPoint == nil || *c.ZeroPoint
	if c.Symmetric != nil && *c.Symmetric && strings.Contains(strings.ToLower(c.Method), "round") {
		zero = false // vLLM ignores the zero points of a symmetric file
	}
	return grouped(bits, groupOf(group), zero)
}

// groupOf returns the size of a group. Default: 128, the default of the methods.
func groupOf(size *int) int {
	if size == nil {
		return 128
	}
	return *size
}

// grouped returns the size of a weight in groups that share a scale and, if zero is
// true, a zero point.
func grouped(bits, group int, zero bool) float64 {
	if group <= 0 { // a scale for each row
		return float64(bits) + 0.02
	}
	size := float64(bits) + 16/float64(group)
	if zero {
		size += float64(bits) / float64(group)
	}
	return size
}

// extraBits returns the size of a weight of a module with its own number of bits; 0 for
// 16 bit.
func (c quantizationConfig) extraBits(e quantExtra) float64 {
	bits := e.Bits
	if bits == 0 {
		bits = max(c.Bits, c.WeightBits)
	}
	if bits >= 16 {
		return 0
	}
	if e.GroupSize != nil {
		c.GroupSize = e.GroupSize
	}
	if e.Symmetric != nil {
		c.Symmetric = e.Symmetric
	}
	return c.integer(bits)
}

// algorithmBits returns the size of a weight by ModelOpt's name of its method
// (QUANT_ALGOS in vllm/model_executor/layers/quantization/modelopt.py at 017e9f4448,
// 2026-08-17).
func algorithmBits(algorithm string, group int) (float64, error) {
	switch name := strings.ToUpper(algorithm); {
	case name == "MXFP8":
		return bitsM8, nil
	case name == "MXFP4", name == "W4A8_MXFP4_FP8", name == "W4A16_MXFP4":
		return bitsMX, nil
	case strings.Contains(name, "NVFP4"):
		return bitsNV, nil
	case strings.HasPrefix(name, "FP8"), name == "INT8_SQ", name == "W8A8_SQ_PER_CHANNEL":
		return bits8, nil
	case strings.Contains(name, "AWQ"), name == "INT4":
		return grouped(4, group, false), nil
	case name == "W8A16":
		return grouped(8, group, false), nil
	}
	return 0, fmt.Errorf("quantization_config.quant_algo is %q, whose size is not known; %s", algorithm, workaround)
}

// setLayers reads ModelOpt's mixed precision, which lists each quantised layer.
func (c quantizationConfig) setLayers(s *scheme, match func(string, []string) matcher) error {
	names := map[float64][]string{}
	for name, l := range c.Layers {
		bits, err := algorithmBits(l.Algorithm, cmp.Or(l.GroupSize, 128))
		if err != nil {
			return err
		}
		names[bits] = append(names[bits], name)
	}
	for _, bits := range slices.Sorted(maps.Keys(names)) {
		s.listed = append(s.listed, listed{match("quantized_layers", names[bits]), bits})
		s.bits = bits
	}
	s.onlyListed = true
	if s.method == "fp8" { // DeepSeek-V4 in NVFP4: the list names the experts, the rest is FP8
		s.onlyListed, s.bits, s.ignored = false, bits8, matcher{}
	}
	return nil
}

// setGroups reads compressed-tensors: a layer belongs to the first group that lists its
// name or its kind.
func (c quantizationConfig) setGroups(s *scheme, match func(string, []string) matcher) error {
	s.onlyListed = true
	for _, name := range slices.Sorted(maps.Keys(c.ConfigGroups)) {
		g := c.ConfigGroups[name]
		bits, err := g.bits(c)
		if err != nil {
			return fmt.Errorf("quantization_config.config_groups.%s: %w; %s", name, err, workaround)
		}
		if len(g.Targets) == 0 || slices.Contains(g.Targets, "Linear") {
			s.bits, s.onlyListed = bits, false
			continue
		}
		s.listed = append(s.listed, listed{match("config_groups."+name+".targets", g.Targets), bits})
		if s.bits == 0 {
			s.bits = bits
		}
	}
	return nil
}

// bits returns the size of a weight of the group.
func (g quantGroup) bits(c quantizationConfig) (float64, error) {
	w, format := g.Weights, strings.ToLower(cmp.Or(g.Format, c.Format))
	if w == nil {
		return 0, nil // only activations
	}
	float := w.Type == "float"
	switch {
	case w.Bits == 4 && float && (strings.Contains(format, "mxfp4") || w.GroupSize != nil && *w.GroupSize == 32):
		return bitsMX, nil
	case w.Bits == 4 && float:
		return bitsNV, nil
	case w.Bits == 8 && float && (strings.Contains(format, "mxfp8") || w.GroupSize != nil && *w.GroupSize == 32):
		return bitsM8, nil
	case w.Bits == 8 && float:
		return bits8, nil
	case w.Bits > 0 && w.Bits <= 8:
		if w.GroupSize == nil { // a scale for each row
			return grouped(w.Bits, 0, false), nil
		}
		return grouped(w.Bits, *w.GroupSize, w.Symmetric != nil && !*w.Symmetric), nil
	}
	return 0, fmt.Errorf("has weights of %d bits, whose size is not known", w.Bits)
}

// setQuark reads AMD Quark: one description for all layers, and others for single
// layers.
func (c quantizationConfig) setQuark(s *scheme, match func(string, []string) matcher) error {
	bits, err := c.Global.bits()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.QuarkLayers)) {
		layerBits, err := c.QuarkLayers[name].bits()
		if err != nil {
			return err
		}
		s.listed = append(s.listed, listed{match("layer_quant_config", []string{name}), layerBits})
	}
	s.bits = bits
	return nil
}

// bits returns the size of a weight; 0 if weights are not quantised.
func (q *quarkConfig) bits() (float64, error) {
	if q == nil || q.Weight == nil {
		return 0, nil
	}
	switch name := q.Weight.Type; {
	case name == "fp4":
		return bitsMX, nil
	case name == "fp6_e2m3", name == "fp6_e3m2":
		return 6 + 8.0/32, nil
	case strings.HasPrefix(name, "fp8"), name == "int8":
		return bits8, nil
	case name == "int4", name == "uint4":
		return grouped(4, groupOf(q.Weight.GroupSize), name == "uint4"), nil
	}
	return 0, fmt.Errorf("quantization_config.global_quant_config.weight.dtype is %q, whose size is not known; %s", q.Weight.Type, workaround)
}
