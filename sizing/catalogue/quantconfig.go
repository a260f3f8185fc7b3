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

// quantizationConfig is the description of a checkpoint's quantisation in its
// config.json, or in hf_quant_config.json.
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
	Extra        map[string]quantExtra   `json:"extra_config"`
	Dynamic      map[string]quantExtra   `json:"dynamic"`
	Blocks       stringList              `json:"block_name_to_quantize"`
	Global       *quarkConfig            `json:"global_quant_config"`
	QuarkLayers  map[string]*quarkConfig `json:"layer_quant_config"`

	Ignore       stringList `json:"ignore"`
	NotConverted stringList `json:"modules_to_not_convert"`
	Excluded     stringList `json:"exclude_modules"`
	Exclude      stringList `json:"exclude"`
	Skipped      stringList `json:"llm_int8_skip_modules"`
	IgnoredOnes  stringList `json:"ignored_layers"`

	BlockSize     []int           `json:"weight_block_size"`
	KVCacheAlgo   string          `json:"kv_cache_quant_algo"`
	KVCacheScheme json.RawMessage `json:"kv_cache_scheme"`

	// Inner is how hf_quant_config.json nests it.
	Inner    *quantizationConfig `json:"quantization"`
	Producer struct {
		Name string `json:"name"`
	} `json:"producer"`
}

// quantGroup are layers that compressed-tensors stores alike.
type quantGroup struct {
	Targets stringList `json:"targets"`
	Format  string     `json:"format"`
	Weights *struct {
		Bits      int    `json:"num_bits"`
		Type      string `json:"type"`
		GroupSize *int   `json:"group_size"`
		Symmetric *bool  `json:"symmetric"`
		Strategy  string `json:"strategy"`
	} `json:"weights"`
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

// quarkConfig is AMD Quark's description of weights.
type quarkConfig struct {
	Weight *struct {
		Type      string `json:"dtype"`
		GroupSize *int   `json:"group_size"`
		Symmetric *bool  `json:"symmetric"`
	} `json:"weight"`
}

// stringList is a list of strings, or one string with commas; anything else is
// none.
type stringList []string

// UnmarshalJSON reads the list.
func (l *stringList) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, (*[]string)(l)) == nil {
		return nil
	}
	*l = nil
	if json.Unmarshal(raw, &one) == nil && one != "" {
		*l = strings.Split(one, ",")
	}
	return nil
}

// unpacked is the description itself, where it is nested.
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

// scheme says in how many bits each module is stored.
type scheme struct {
	method string
	// ignored are modules in the model's own type.
	ignored matcher
	// listed are modules with bits of their own; those of the first that match
	// count. onlyListed reports that no others are quantised.
	listed     []listed
	onlyListed bool
	// bits of all others, and experts' where they differ.
	bits, experts float64
	// only restricts all that to modules of these names.
	only matcher
	// expertsOnly reports that only experts are quantised, head that the output
	// head is.
	expertsOnly, head bool
}

type listed struct {
	modules matcher
	bits    float64 // 0: the model's own type
}

// of is the bits of a module, 0 for the model's own type.
func (s scheme) of(m module) float64 {
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

// headBits is the bits of a separate output head, which methods leave alone
// unless they name it.
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

// quantization sums a checkpoint's quantisation by part.
func (c quantizationConfig) quantization(m modules, expertType string) (Quantization, error) {
	c = c.unpacked()
	s, err := c.scheme(expertType)
	if err != nil || s.method == "" {
		return Quantization{}, err
	}
	q := Quantization{Method: s.method, ExpertsOnly: s.expertsOnly, Block: c.block(), KVCacheDType: c.kvCacheDType()}
	var sizes, quantised, bits [expertPart + 1]float64
	byBits := map[float64]float64{}
	for _, one := range m.list {
		sizes[one.part] += one.size
		if b := s.of(one); b > 0 {
			quantised[one.part] += one.size
			bits[one.part] += one.size * b
			byBits[b] += one.size
		}
	}
	for part, to := range map[part]*Mix{attentionPart: &q.Attention, mlpPart: &q.MLP, expertPart: &q.Experts} {
		if quantised[part] > 0 {
			*to = Mix{quantised[part] / sizes[part], bits[part] / quantised[part]}
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
	return q, nil
}

// scheme translates the description.
func (c quantizationConfig) scheme(expertType string) (scheme, error) {
	s := scheme{method: strings.ToLower(c.Method)}
	var errs []error
	match := func(key string, patterns []string) matcher {
		m, err := newMatcher(patterns)
		if err != nil {
			errs = append(errs, fmt.Errorf("quantization_config.%s: %w; %s", key, err, wayOut))
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
		s.ignored = s.ignored.and(match(list.key, list.patterns))
	}
	if len(c.Blocks) > 0 && c.Blocks[0] != "" {
		s.only = match("block_name_to_quantize", c.Blocks)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Extra)) {
		s.listed = append(s.listed, listed{match("extra_config", []string{asPattern(name)}), c.extraBits(c.Extra[name])})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Dynamic)) { // -: leaves alone
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

// setBits fills in what the method says of all modules.
func (c quantizationConfig) setBits(s *scheme, match func(string, []string) matcher) error {
	method, algorithm := s.method, strings.ToUpper(c.Algorithm)
	integer := c.integer(max(c.Bits, c.WeightBits))
	switch {
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
		return fmt.Errorf("quantization_config.quant_method is %q, whose size is not known; %s", c.Method, wayOut)
	}
	return nil
}

// integer is the size of a weight of so many bits, whose groups share a scale in
// 16 bit and, where they are not symmetric, a zero point; 0 for no bits.
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
		zero = false // vLLM drops those of a symmetric file
	}
	return grouped(bits, groupOf(group), zero)
}

// groupOf is a group's size, that of the methods' own default where none is
// given.
func groupOf(size *int) int {
	if size == nil {
		return 128
	}
	return *size
}

// grouped is the size of a weight in groups that share a scale, and a zero point.
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

// extraBits is the size of a weight of a module with bits of its own, 0 for 16.
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

// algorithmBits is the size of a weight by ModelOpt's name of its method
// (QUANT_ALGOS in vllm/model_executor/layers/quantization/modelopt.py at
// 017e9f4448, 2026-08-17).
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
	return 0, fmt.Errorf("quantization_config.quant_algo is %q, whose size is not known; %s", algorithm, wayOut)
}

// setLayers is ModelOpt's mixed precision: each quantised layer is listed.
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
	if s.method == "fp8" { // the list is of experts, the rest is in FP8: DeepSeek-V4 in NVFP4
		s.onlyListed, s.bits, s.ignored = false, bits8, matcher{}
	}
	return nil
}

// setGroups is compressed-tensors: layers belong to the first group that names
// them, or the kind of them.
func (c quantizationConfig) setGroups(s *scheme, match func(string, []string) matcher) error {
	s.onlyListed = true
	for _, name := range slices.Sorted(maps.Keys(c.ConfigGroups)) {
		g := c.ConfigGroups[name]
		bits, err := g.bits(c)
		if err != nil {
			return fmt.Errorf("quantization_config.config_groups.%s: %w; %s", name, err, wayOut)
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

// bits is the size of a weight of the group.
func (g quantGroup) bits(c quantizationConfig) (float64, error) {
	w, format := g.Weights, strings.ToLower(cmp.Or(g.Format, c.Format))
	if w == nil {
		return 0, nil // nothing but activations
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

// setQuark is AMD Quark: one description for all, and some for layers.
func (c quantizationConfig) setQuark(s *scheme, match func(string, []string) matcher) error {
	bits, err := c.Global.bits()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.QuarkLayers)) {
		own, err := c.QuarkLayers[name].bits()
		if err != nil {
			return err
		}
		s.listed = append(s.listed, listed{match("layer_quant_config", []string{name}), own})
	}
	s.bits = bits
	return nil
}

// bits is the size of a weight, 0 where weights are not quantised.
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
	return 0, fmt.Errorf("quantization_config.global_quant_config.weight.dtype is %q, whose size is not known; %s", q.Weight.Type, wayOut)
}

// kvCacheDType is the type of the KV cache that the checkpoint asks for; "" if
// none (get_kv_cache_quant_algo_string in vllm/utils/torch_utils.py and
// layers/attention/attention.py at 017e9f4448, 2026-08-17).
func (c quantizationConfig) kvCacheDType() string {
	var own struct {
		Bits int    `json:"num_bits"`
		Type string `json:"type"`
	}
	name := c.KVCacheAlgo
	if len(c.KVCacheScheme) > 0 && json.Unmarshal(c.KVCacheScheme, &own) != nil {
		_ = json.Unmarshal(c.KVCacheScheme, &name)
	}
	switch name = strings.ToLower(name); {
	case name == "fp8", name == "fp8_e4m3", own.Bits == 8 && own.Type == "float":
		return "fp8"
	case name == "nvfp4", own.Bits == 4 && own.Type == "float":
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
	if strings.EqualFold(c.Algorithm, "FP8_PB_WO") {
		return 128
	}
	return 0
}
