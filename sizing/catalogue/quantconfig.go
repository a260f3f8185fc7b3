package catalogue

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// quantizationConfig describes a checkpoint's quantisation in its config.json or
// hf_quant_config.json.
type quantizationConfig struct {
	Method       string                  `json:"quant_method"`
	Bits         int                     `json:"bits"`
	WeightBits   int                     `json:"w_bit"`
	GroupSize    *int                    `json:"group_size"`
	QGroupSize   *int                    `json:"q_group_size"`
	Symmetric    *bool                   `json:"sym"`
	ZeroPoint    *bool                   `json:"zero_point"`
	LoadIn4Bit   bool                    `json:"load_in_4bit"`
	LoadIn8Bit   bool                    `json:"load_in_8bit"`
	DoubleQuant  *bool                   `json:"bnb_4bit_use_double_quant"`
	Algorithm    string                  `json:"quant_algo"`
	ExpertsAlgo  string                  `json:"moe_quant_algo"`
	Format       string                  `json:"format"`
	LMHead       bool                    `json:"lm_head"`
	ConfigGroups map[string]quantGroup   `json:"config_groups"`
	Layers       map[string]quantLayer   `json:"quantized_layers"`
	Extra        extras                  `json:"extra_config"`
	Dynamic      extras                  `json:"dynamic"`
	Blocks       stringList              `json:"block_name_to_quantize"`
	Global       *quarkConfig            `json:"global_quant_config"`
	QuarkLayers  map[string]*quarkConfig `json:"layer_quant_config"`

	Ignore       stringList `json:"ignore"`
	NotConverted stringList `json:"modules_to_not_convert"`
	Excluded     stringList `json:"exclude_modules"`
	Exclude      stringList `json:"exclude"`
	Skipped      stringList `json:"llm_int8_skip_modules"`
	IgnoredOnes  stringList `json:"ignored_layers"`

	BlockSize     numbers         `json:"weight_block_size"`
	KVCacheAlgo   string          `json:"kv_cache_quant_algo"`
	KVCacheScheme json.RawMessage `json:"kv_cache_scheme"`

	// Inner is the nested description in hf_quant_config.json.
	Inner    *quantizationConfig `json:"quantization"`
	Producer struct {
		Name string `json:"name"`
	} `json:"producer"`
}

// quantGroup is a group of layers that compressed-tensors stores in one format.
type quantGroup struct {
	Targets stringList `json:"targets"`
	Format  string     `json:"format"`
	Weights *struct {
		Bits      int     `json:"num_bits"`
		Type      string  `json:"type"`
		GroupSize *int    `json:"group_size"`
		Symmetric *bool   `json:"symmetric"`
		Strategy  string  `json:"strategy"`
		Blocks    numbers `json:"block_structure"`
	} `json:"weights"`
	Activations *struct {
		Bits int    `json:"num_bits"`
		Type string `json:"type"`
	} `json:"input_activations"`
}

// quantLayer is one entry of ModelOpt's mixed precision.
type quantLayer struct {
	Algorithm string `json:"quant_algo"`
	GroupSize int    `json:"group_size"`
}

// quantExtra is one entry of AutoRound's extra_config or GPTQModel's dynamic.
type quantExtra struct {
	Bits      int    `json:"bits"`
	GroupSize *int   `json:"group_size"`
	Symmetric *bool  `json:"sym"`
	Type      string `json:"data_type"`
}

// extras holds entries by the name of a module. Any other value gives none.
type extras map[string]quantExtra

// UnmarshalJSON reads the entries.
func (e *extras) UnmarshalJSON(raw []byte) error {
	var entries map[string]quantExtra
	if json.Unmarshal(raw, &entries) == nil {
		*e = entries
	}
	return nil
}

// quarkConfig is AMD Quark's description of weights.
type quarkConfig struct {
	Weight *struct {
		Type      string `json:"dtype"`
		GroupSize *int   `json:"group_size"`
		Symmetric *bool  `json:"symmetric"`
	} `json:"weight"`
}

// stringList is a list of strings, or one string with commas. Any other value gives an
// empty list.
type stringList []string

// UnmarshalJSON reads the list.
func (l *stringList) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, (*[]string)(l)) == nil {
		return nil
	}
	*l = nil
	if json.Unmarshal(raw, &text) == nil && text != "" {
		*l = strings.Split(text, ",")
	}
	return nil
}

// unpacked returns the description without its nesting.
func (c quantizationConfig) unpacked() quantizationConfig {
	if c.Inner == nil {
		if c.Method == "" && c.Producer.Name == "modelopt" {
			c.Method = "modelopt"
		}
		return c
	}
	inner := *c.Inner
	inner.Method = cmp.Or(inner.Method, c.Method, "modelopt")
	inner.KVCacheAlgo = cmp.Or(inner.KVCacheAlgo, c.KVCacheAlgo)
	if len(inner.KVCacheScheme) == 0 {
		inner.KVCacheScheme = c.KVCacheScheme
	}
	return inner
}

// scheme holds the number of bits of each module.
type scheme struct {
	method string
	// ignored matches modules in the model's type.
	ignored matcher
	// listed holds modules with their own bits; the first match counts. onlyListed
	// reports that no other modules are quantised.
	listed     []listed
	onlyListed bool
	// bits is the size of all other modules, and experts that of experts if it differs.
	bits, experts float64
	// only restricts the quantisation to modules with these names.
	only matcher
	// expertsOnly reports that only experts are quantised; head reports that the output
	// head is quantised.
	expertsOnly, head bool
}

type listed struct {
	modules matcher
	bits    float64 // 0: the model's type
}

// bitsOf returns the bits of a module; 0 for the model's type.
func (s scheme) bitsOf(m module) float64 {
	if m.plain || s.expertsOnly && m.part != expertPart {
		return 0
	}
	names := m.names()
	if s.ignored.matches(names) || !s.only.empty() && !s.only.matches(names) {
		return 0
	}
	for _, l := range s.listed {
		if l.modules.matches(names) {
			return l.bits
		}
	}
	switch {
	case s.onlyListed:
		return 0
	case m.part == expertPart && s.experts > 0:
		return s.experts
	}
	return s.bits
}

// headBits returns the bits of a separate output head. Methods quantise it only if they
// name it.
func (s scheme) headBits() float64 {
	names := []string{"lm_head", "language_model.lm_head"}
	if s.ignored.matches(names) {
		return 0
	}
	for _, l := range s.listed {
		if l.modules.matches(names) {
			return l.bits
		}
	}
	if s.head {
		return s.bits
	}
	return 0
}

// quantization returns the sums of a checkpoint's quantisation by part.
func (c quantizationConfig) quantization(m modules, expertType string) (Quantization, error) {
	c = c.unpacked()
	s, err := c.scheme(expertType)
	if err != nil || s.method == "" {
		return Quantization{}, err
	}
	q := Quantization{Method: s.method, ExpertsOnly: s.expertsOnly, Block: c.block(), Int8: c.int8(), KVCacheDType: c.kvCacheDType()}
	var sizes, quantised, bits [expertPart + 1]float64
	byBits := map[float64]float64{}
	for _, matrix := range m.list {
		sizes[matrix.part] += matrix.size
		if b := s.bitsOf(matrix); b > 0 {
			quantised[matrix.part] += matrix.size
			bits[matrix.part] += matrix.size * b
			byBits[b] += matrix.size
		}
	}
	for part, mix := range map[part]*Mix{attentionPart: &q.Attention, mlpPart: &q.MLP, expertPart: &q.Experts} {
		if quantised[part] > 0 {
			*mix = Mix{quantised[part] / sizes[part], bits[part] / quantised[part]}
		}
	}
	if b := s.headBits(); b > 0 {
		q.Head = Mix{1, b}
	}
	for _, b := range slices.Sorted(maps.Keys(byBits)) {
		if byBits[b] > byBits[q.Bits] {
			q.Bits = b
		}
	}
	if q.Bits == 0 { // nothing of the language model
		q.Bits = s.bits
	}
	if s.bits == bitsNV && s.ignored.empty() && len(s.listed) == 0 && q.Attention.Share > 0 {
		// Published files in NVFP4 always list parts in 16 bit, so this file lacks its
		// list.
		q.Attention.Share, q.Doubtful = q.Attention.Share/2, true
	}
	return q, nil
}

// scheme returns the scheme that the description states.
func (c quantizationConfig) scheme(expertType string) (scheme, error) {
	s := scheme{method: strings.ToLower(c.Method)}
	var errs []error
	match := func(key string, patterns []string) matcher {
		m, err := newMatcher(patterns)
		if err != nil {
			errs = append(errs, fmt.Errorf("quantization_config.%s: %w; %s", key, err, workaround))
		}
		return m
	}
	for _, list := range []struct {
		key      string
		patterns []string
	}{
		{"ignore", c.Ignore}, {"modules_to_not_convert", c.NotConverted}, {"exclude_modules", c.Excluded},
		{"exclude", c.Exclude}, {"llm_int8_skip_modules", c.Skipped}, {"ignored_layers", c.IgnoredOnes},
	} {
		s.ignored = s.ignored.join(match(list.key, list.patterns))
	}
	if len(c.Blocks) > 0 && c.Blocks[0] != "" {
		s.only = match("block_name_to_quantize", c.Blocks)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Extra)) {
		s.listed = append(s.listed, listed{match("extra_config", []string{asPattern(name)}), c.extraBits(c.Extra[name])})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Dynamic)) { // -: not quantised
		l := listed{modules: match("dynamic", []string{"re:" + strings.TrimLeft(name, "+-:")})}
		if !strings.HasPrefix(name, "-") {
			l.bits = c.extraBits(c.Dynamic[name])
		}
		s.listed = append(s.listed, l)
	}
	if err := c.setBits(&s, match); err != nil {
		errs = append(errs, err)
	}
	switch strings.ToLower(expertType) { // of DeepSeek-V4, unless a list of layers says it
	case "fp4", "mxfp4":
		s.experts = bitsMX
	case "fp8":
		s.experts = bits8
	}
	return s, errors.Join(errs...)
}

// kvCacheDType returns the type of the KV cache that the checkpoint requests; "" if
// none (get_kv_cache_quant_algo_string in vllm/utils/torch_utils.py and
// layers/attention/attention.py at 017e9f4448, 2026-08-17).
func (c quantizationConfig) kvCacheDType() string {
	var description struct {
		Bits int    `json:"num_bits"`
		Type string `json:"type"`
	}
	name := c.KVCacheAlgo
	if len(c.KVCacheScheme) > 0 && json.Unmarshal(c.KVCacheScheme, &description) != nil {
		_ = json.Unmarshal(c.KVCacheScheme, &name)
	}
	switch name = strings.ToLower(name); {
	case name == "fp8", name == "fp8_e4m3", description.Bits == 8 && description.Type == "float":
		return "fp8"
	case name == "nvfp4", description.Bits == 4 && description.Type == "float":
		return "nvfp4"
	}
	return ""
}

// block returns the width of the blocks of an FP8 checkpoint.
func (c quantizationConfig) block() int {
	sizes := c.BlockSize
	for _, name := range slices.Sorted(maps.Keys(c.ConfigGroups)) {
		if w := c.ConfigGroups[name].Weights; w != nil && w.Bits == 8 && w.Type == "float" {
			sizes = append(sizes, w.Blocks...)
		}
	}
	for _, size := range sizes {
		if size > 1 && size <= 1<<16 {
			return int(size)
		}
	}
	if strings.EqualFold(c.Algorithm, "FP8_PB_WO") {
		return 128
	}
	return 0
}

// int8 reports whether a group multiplies 8-bit integers, with activations in 8 bit
// too.
func (c quantizationConfig) int8() bool {
	for _, g := range c.ConfigGroups {
		if w, a := g.Weights, g.Activations; w != nil && a != nil && w.Bits == 8 && w.Type == "int" && a.Bits == 8 && a.Type == "int" {
			return true
		}
	}
	return false
}
