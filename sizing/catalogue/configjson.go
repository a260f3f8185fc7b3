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

// ParseConfig reads the shape of a model from its config.json. What is missing
// or impossible, or changes the layout in a way that is not known, is named.
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

// ParseShape reads what somebody has typed: only the keys of a config.json that
// shapes are computed from, so that a misspelt one does not count as missing.
//
// The size of the weights may stand alone, for a model of the catalogue.
func ParseShape(text []byte) (Shape, error) {
	text, keys, absurd, err := plausible(text)
	if errors.Is(err, errWeights) {
		return Shape{}, err
	}
	if err != nil {
		return Shape{}, fmt.Errorf("is no mapping: %w", err)
	}
	if size, alone := keys.weightsAlone(); alone {
		return Shape{WeightsGiB: size}, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var top config
	if err := decoder.Decode(&top); isTypeProblem(err) {
		return Shape{}, typeProblem(err, "", "")
	} else if err != nil {
		return Shape{}, fmt.Errorf("has a key or a value that no shape is computed from (%w); remove it, or give the path of the whole config.json", err)
	}
	if len(absurd) > 0 {
		return Shape{}, absurd.err()
	}
	return top.shape()
}

// errWeights is about a size that no files have.
var errWeights = errors.New("weightsGiB is not more than 0; want the size of the weights' files in GiB, or leave it out")

// mostOfAnything is more than any model has of anything but parameters.
const mostOfAnything = 100_000_000

// plausible leaves out what no number of a shape can be, so that it counts as
// missing: numbers below zero or beyond all bounds, which it returns, and those that
// Python writes and JSON does not have.
func plausible(text []byte) ([]byte, keys, absurdities, error) {
	var top map[string]any
	if err := json.Unmarshal(withoutInfinities(text), &top); err != nil {
		return nil, nil, nil, err
	}
	if size, given := top["weightsGiB"].(float64); given && size <= 0 {
		return nil, nil, nil, errWeights
	}
	absurd := absurdities{}
	absurd.remove(top)
	text, err := json.Marshal(top)
	return text, top, absurd, err
}

// infinities are Python's names of numbers that JSON does not have; a string is
// kept as it is.
var infinities = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b`)

// withoutInfinities replaces them by null.
func withoutInfinities(text []byte) []byte {
	return infinities.ReplaceAllFunc(text, func(token []byte) []byte {
		if token[0] == '"' {
			return token
		}
		return []byte("null")
	})
}

// shape reduces the configuration to what memory and speed are computed from.
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

// present reports that a value is there, and not null.
func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// widest returns the width of the widest dense MLP.
func (c *config) widest(layers []layer) int {
	most := int(c.IntermediateSize)
	for _, l := range layers {
		if len(c.BlockConfigs) > 0 || c.DoubleWide {
			most = max(most, l.dense)
		}
	}
	return most
}

// quantization reads the checkpoint's own description. What it cannot read does
// no harm where the size of the files is given.
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
	out, err := q.quantization(m, experts)
	if err != nil && c.WeightsGiB > 0 {
		return uniform(strings.ToLower(q.Method), bits8), nil
	}
	return out, err
}

// headDim returns the width of a head of full attention.
func (c *config) headDim() int {
	if c.KVLoraRank > 0 && c.NopeHeadDim > 0 {
		return c.NopeHeadDim + c.RopeHeadDim
	}
	return cmp.Or(c.GlobalHeadDim, c.HeadDim)
}

// sinks reports whether attention has learned sinks: gpt_oss.py,
// openai_privacy_filter.py, mimo_v2.py and laguna.py in
// vllm/model_executor/models, and vllm/models/deepseek_v4 (017e9f4448,
// 2026-08-17).
func (c *config) sinks() bool {
	return c.SWASinks || c.FullSinks || c.LagunaSinks || slices.Contains([]string{"gpt_oss", "openai_privacy_filter", "deepseek_v4"}, c.ModelType)
}

// prefixLM reports whether images are seen in both directions
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

// textConfig is the language model's part, with what only the top says.
func (c *config) textConfig() *config {
	inner := c.Text
	for _, other := range []*config{c.LLM, c.Language, c.Thinker} {
		if inner == nil {
			inner = other
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

// typeProblem names the key whose value has the wrong type, what it is and what
// is wanted; inside is what the text's keys stand in, with a dot. Any other error
// is told after what could not be done.
func typeProblem(err error, inside, failed string) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || inside+wrong.Field == "" {
		return fmt.Errorf("%s: %w", failed, err)
	}
	got, _, _ := strings.Cut(wrong.Value, " ")
	names := map[string]string{"array": "a list", "object": "a mapping", "string": "a string", "bool": "true or false", "number": "a number"}
	if name, known := names[got]; known {
		got = name
	}
	if _, number, found := strings.Cut(wrong.Value, "number "); found {
		got = number
	}
	return fmt.Errorf("%s is %s, want %s", strings.TrimSuffix(inside+wrong.Field, "."), got, wantedType(wrong.Type))
}

// wantedType is what a user calls a type.
func wantedType(t reflect.Type) string {
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
