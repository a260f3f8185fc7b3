package catalogue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// ParseConfig returns the shape of a model from its config.json. The error names every
// key that is missing, impossible, or changes the layout in an unknown way.
func ParseConfig(text []byte) (Shape, error) {
	text, keys, absurd, err := plausible(text)
	if errors.Is(err, errWeights) {
		return Shape{}, err
	}
	if err != nil {
		return Shape{}, fmt.Errorf("is no config.json: %w", err)
	}
	var top config
	if err := json.Unmarshal(text, &top); err != nil {
		return Shape{}, typeProblem(err, "", "is no config.json")
	}
	if err := keys.unknown(); err != nil {
		return Shape{}, err
	}
	s, err := top.shape()
	return s, absurd.explain(err)
}

// ParseShape returns the shape from text that a user has typed. It accepts only the
// keys of a config.json from which shapes are computed, so a misspelt key is an error.
//
// The size of the weights may be the only key, for a model of the catalogue.
func ParseShape(text []byte) (Shape, error) {
	text, keys, absurd, err := plausible(text)
	if errors.Is(err, errWeights) {
		return Shape{}, err
	}
	if err != nil {
		return Shape{}, fmt.Errorf("is no mapping: %w", err)
	}
	if size, only := keys.weightsOnly(); only {
		return Shape{WeightsGiB: size}, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var top config
	if err := decoder.Decode(&top); isTypeProblem(err) {
		return Shape{}, typeProblem(err, "", "")
	} else if err != nil {
		return Shape{}, fmt.Errorf("has a key or a value that sizing does not use (%w); remove it, or give the path of the whole config.json", err)
	}
	if len(absurd) > 0 {
		return Shape{}, absurd.err()
	}
	return top.shape()
}

// errWeights reports a size of 0 or less.
var errWeights = errors.New("weightsGiB is not more than 0; want the size of the weights' files in GiB, or leave it out")

// maxNumber is larger than any number in a config.json except parameters.
const maxNumber = 100_000_000

// plausible removes values that no shape can have, so that they count as missing:
// numbers below zero or above every limit, which it returns, and Python's numbers that
// JSON does not have.
func plausible(text []byte) ([]byte, keys, absurdities, error) {
	var top map[string]any
	if err := json.Unmarshal(withoutInfinities(text), &top); err != nil {
		return nil, nil, nil, err
	}
	if size, ok := top["weightsGiB"].(float64); ok && size <= 0 {
		return nil, nil, nil, errWeights
	}
	absurd := absurdities{}
	absurd.remove(top)
	text, err := json.Marshal(top)
	return text, top, absurd, err
}

// infinities matches strings, and Python's names of numbers that JSON does not have. It
// matches strings so that they stay unchanged.
var infinities = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b`)

// withoutInfinities replaces infinities and NaN by null.
func withoutInfinities(text []byte) []byte {
	return infinities.ReplaceAllFunc(text, func(token []byte) []byte {
		if token[0] == '"' {
			return token
		}
		return []byte("null")
	})
}

// shape returns the values from which memory and speed are computed.
func (top *config) shape() (Shape, error) {
	c := top.textConfig()
	if err := c.normalize(); err != nil {
		return Shape{}, err
	}
	if err := errors.Join(c.check(), c.checkLayers()); err != nil {
		return Shape{}, err
	}
	layers, err := c.layers()
	if err != nil {
		return Shape{}, err
	}
	s := Shape{
		Hidden: c.HiddenSize, Heads: c.NumAttentionHeads, Intermediate: c.widest(layers),
		Layers: c.NumHiddenLayers, Vocab: c.VocabSize, MaxLen: c.MaxPositions, UsualLen: c.usualLen(),
		ModelType: c.ModelType, HeadDim: c.headDim(), Sinks: c.sinks(), PrefixLM: c.prefixLM(), Kind: kindOfArchitectures(c.ModelType, c.Architectures),
		MoE: c.moe(), DType: c.DType, WeightsGiB: c.WeightsGiB, drafts: c.NextLayers+c.MTPLayers > 0,
	}
	if c.latent() {
		s.MLA = MLA{Latent: c.KVLoraRank, Cached: c.KVLoraRank + c.RopeHeadDim, Expanded: c.NopeHeadDim + c.VHeadDim}
	}
	s.KV = c.kvLayers(layers)
	matrices := c.modules(layers, s)
	s.Weights = c.weights(matrices)
	if present(c.Vision) {
		s.Vision = vision(c.Vision, c.ModelType)
		s.Weights.Encoder = encoderParameters(c.Vision)
	}
	if present(c.Audio) {
		s.Weights.Encoder += encoderParameters(c.Audio)
	}
	s.Weights.Encoder += undescribed[c.ModelType]
	if c.DecoderLayers > 0 {
		c.addEncoder(&s)
	}
	if err := s.settleTotal(c.Parameters); err != nil {
		return Shape{}, err
	}
	s.Quantization, err = c.quantization(matrices)
	return s, err
}

// present reports whether a value exists and is not null.
func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// widest returns the width of the widest dense MLP.
func (c *config) widest(layers []layer) int {
	width := int(c.IntermediateSize)
	for _, l := range layers {
		if len(c.BlockConfigs) > 0 || c.DoubleWide {
			width = max(width, l.dense)
		}
	}
	return width
}

// quantization returns the checkpoint's quantisation. If the size of the files is
// known, a description that cannot be read is no error.
func (c *config) quantization(m modules) (Quantization, error) {
	raw := c.QuantizationConfig
	if !present(raw) {
		raw = c.HFQuant
	}
	if !present(raw) {
		return Quantization{}, nil
	}
	var q quantizationConfig
	if err := json.Unmarshal(raw, &q); err != nil {
		return Quantization{}, typeProblem(err, "quantization_config.", "quantization_config cannot be read")
	}
	experts := c.ExpertDType
	if c.ModelType == "deepseek_v4" && strings.EqualFold(q.Method, "fp8") {
		experts = cmp.Or(experts, "fp4") // vllm/models/deepseek_v4/quant_config.py
	}
	quantization, err := q.quantization(m, experts)
	if err != nil && c.WeightsGiB > 0 {
		return uniform(strings.ToLower(q.Method), bits8), nil
	}
	return quantization, err
}

// headDim returns the width of a head of full attention.
func (c *config) headDim() int {
	if c.KVLoraRank > 0 && c.NopeHeadDim > 0 {
		return c.NopeHeadDim + c.RopeHeadDim
	}
	return cmp.Or(c.GlobalHeadDim, c.HeadDim)
}

// sinks reports whether attention has learned sinks: gpt_oss.py,
// openai_privacy_filter.py, mimo_v2.py and laguna.py in vllm/model_executor/models, and
// vllm/models/deepseek_v4 (017e9f4448, 2026-08-17).
func (c *config) sinks() bool {
	return c.SWASinks || c.FullSinks || c.LagunaSinks || slices.Contains([]string{"gpt_oss", "openai_privacy_filter", "deepseek_v4"}, c.ModelType)
}

// prefixLM reports whether the tokens of an image attend in both directions
// (MM_PREFIX_LM_MODELS and Gemma4ModelArchConfigConvertor in
// vllm/transformers_utils/model_arch_config_convertor.py at 017e9f4448).
func (c *config) prefixLM() bool {
	if strings.HasPrefix(c.ModelType, "gemma4") {
		return c.Bidirectional == "vision"
	}
	if c.MMPrefixLM != nil {
		return *c.MMPrefixLM
	}
	return slices.Contains([]string{"bagel", "gemma3", "molmo2", "moondream3", "paligemma", "umm"}, c.ModelType)
}

// textConfig returns the language model's part, completed with keys that only the top
// level has.
func (c *config) textConfig() *config {
	inner := c.Text
	for _, candidate := range []*config{c.LLM, c.Language, c.Thinker} {
		if inner == nil {
			inner = candidate
		}
	}
	if inner == nil {
		return c
	}
	if inner.Text != nil { // omni models nest twice
		c.Vision, c.Audio = inner.Vision, inner.Audio
		inner = inner.textConfig()
	}
	inner.Vision, inner.Audio, inner.MMPrefixLM = c.Vision, c.Audio, c.MMPrefixLM
	inner.Parameters, inner.WeightsGiB = c.Parameters, c.WeightsGiB
	if !present(inner.QuantizationConfig) {
		inner.QuantizationConfig = c.QuantizationConfig
	}
	if !present(inner.HFQuant) {
		inner.HFQuant = c.HFQuant
	}
	if inner.Tied == nil {
		inner.Tied = c.Tied
	}
	if len(c.Architectures) > 0 {
		inner.Architectures = c.Architectures
	}
	inner.DType = cmp.Or(inner.DType, inner.TorchDType, c.DType, c.TorchDType)
	inner.setClassDefaults()
	if knownModelType(c.ModelType) || !knownModelType(inner.ModelType) {
		inner.ModelType = cmp.Or(c.ModelType, inner.ModelType)
	}
	return inner
}

// isTypeProblem reports whether a key of a JSON text has a value of the wrong
// type.
func isTypeProblem(err error) bool {
	var wrong *json.UnmarshalTypeError
	return errors.As(err, &wrong) && wrong.Field != ""
}

// typeProblem returns an error that names the key, the type of its value and the
// expected type. parent is the path of the object that contains the keys, with a dot at
// the end. Any other error gets the prefix failed.
func typeProblem(err error, parent, failed string) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || parent+wrong.Field == "" {
		return fmt.Errorf("%s: %w", failed, err)
	}
	got, _, _ := strings.Cut(wrong.Value, " ")
	names := map[string]string{"array": "a list", "object": "a mapping", "string": "a string", "bool": "true or false", "number": "a number"}
	if name, ok := names[got]; ok {
		got = name
	}
	if _, number, found := strings.Cut(wrong.Value, "number "); found {
		got = number
	}
	return fmt.Errorf("%s is %s, want %s", strings.TrimSuffix(parent+wrong.Field, "."), got, expectedType(wrong.Type))
}

// expectedType returns the user's word for a type.
func expectedType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "a list"
	default:
		return "a mapping"
	}
}
