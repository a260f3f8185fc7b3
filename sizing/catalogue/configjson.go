package catalogue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// config is a model's config.json: the keys that shapes are computed from,
// under all the names that architectures give them.
type config struct {
	Architectures []string `json:"architectures"`
	ModelType     string   `json:"model_type"`
	TorchDType    string   `json:"torch_dtype"`
	DType         string   `json:"dtype"`

	HiddenSize          int   `json:"hidden_size"`
	NEmbd               int   `json:"n_embd"`
	DModel              int   `json:"d_model"`
	Dim                 int   `json:"dim"`
	HiddenDim           int   `json:"hidden_dim"`
	NKVHeads            int   `json:"n_kv_heads"`
	NumHiddenLayers     int   `json:"num_hidden_layers"`
	NumLayers           int   `json:"num_layers"`
	NLayer              int   `json:"n_layer"`
	NLayers             int   `json:"n_layers"`
	NumAttentionHeads   int   `json:"num_attention_heads"`
	NHead               int   `json:"n_head"`
	NHeads              int   `json:"n_heads"`
	NumKeyValueHeads    int   `json:"num_key_value_heads"`
	NumKVHeads          int   `json:"num_kv_heads"`
	MultiQueryGroups    int   `json:"multi_query_group_num"`
	GlobalKVHeads       int   `json:"num_global_key_value_heads"`
	HeadDim             int   `json:"head_dim"`
	GlobalHeadDim       int   `json:"global_head_dim"`
	IntermediateSize    count `json:"intermediate_size"`
	IntermediateSizeMLP int   `json:"intermediate_size_mlp"`
	NInner              int   `json:"n_inner"`
	FFNDim              int   `json:"ffn_dim"`
	FFNHiddenSize       int   `json:"ffn_hidden_size"`
	ExpansionRatio      int   `json:"expansion_ratio"`
	VocabSize           int   `json:"vocab_size"`
	PaddedVocabSize     int   `json:"padded_vocab_size"`
	WordEmbedProjDim    int   `json:"word_embed_proj_dim"`

	RopeScaling  *ropeScaling `json:"rope_scaling"`
	RopeParams   *ropeScaling `json:"rope_parameters"`
	MaxPositions int          `json:"max_position_embeddings"`
	NPositions   int          `json:"n_positions"`
	SeqLength    int          `json:"seq_length"`
	MaxSeqLen    int          `json:"max_seq_len"`

	Tied            *bool           `json:"tie_word_embeddings"`
	MultiQuery      bool            `json:"multi_query"`
	NewDecoder      bool            `json:"new_decoder_architecture"`
	SlidingWindow   count           `json:"sliding_window"`
	UseSliding      *bool           `json:"use_sliding_window"`
	MaxWindowLayers int             `json:"max_window_layers"`
	SlidingPattern  pattern         `json:"sliding_window_pattern"`
	SWAHeads        int             `json:"swa_num_attention_heads"`
	SWAKVHeads      int             `json:"swa_num_key_value_heads"`
	SWAHeadDim      int             `json:"swa_head_dim"`
	SWAVHeadDim     int             `json:"swa_v_head_dim"`
	HeadsPerLayer   numbers         `json:"num_attention_heads_per_layer"`
	HybridLayers    numbers         `json:"hybrid_layer_pattern"`
	AttnTypes       numbers         `json:"attn_type_list"`
	CompressRatios  []int           `json:"compress_ratios"`
	BlockConfigs    []blockConfig   `json:"block_configs"`
	AttentionGroups int             `json:"num_attention_groups"`
	OtherAttention  *otherAttention `json:"attention_other_setting"`
	KEqualsV        bool            `json:"attention_k_eq_v"`
	OutputGate      bool            `json:"attn_output_gate"`
	MLAOutputGate   bool            `json:"mla_use_output_gate"`
	AttentionHead   int             `json:"attention_head_dim"`
	LayerTypes      []string        `json:"layer_types"`
	LayersBlockType []string        `json:"layers_block_type"`
	AttentionChunk  int             `json:"attention_chunk_size"`
	NoRopeInterval  int             `json:"no_rope_layer_interval"`
	FullInterval    int             `json:"full_attention_interval"`
	HybridPattern   string          `json:"hybrid_override_pattern"`
	AttnIndices     []int           `json:"attn_layer_indices"`
	FullIndices     []int           `json:"full_attn_idxs"`
	AttnPeriod      int             `json:"attn_layer_period"`
	AttnOffset      int             `json:"attn_layer_offset"`
	SharedKVLayers  int             `json:"num_kv_shared_layers"`
	CrossAttention  []int           `json:"cross_attention_layers"`

	NumExperts         count           `json:"num_experts"`
	NumLocalExperts    int             `json:"num_local_experts"`
	RoutedExperts      int             `json:"n_routed_experts"`
	ExpertsPerToken    count           `json:"num_experts_per_tok"`
	MoETopK            count           `json:"moe_topk"`
	TopKExperts        int             `json:"top_k_experts"`
	MoEIntermediate    count           `json:"moe_intermediate_size"`
	SharedExperts      count           `json:"n_shared_experts"`
	NumSharedExperts   count           `json:"num_shared_experts"`
	SharedExpertSize   int             `json:"shared_expert_intermediate_size"`
	SharedSize         int             `json:"shared_intermediate_size"`
	MoESharedSize      int             `json:"moe_shared_expert_intermediate_size"`
	DenseLayers        int             `json:"first_k_dense_replace"`
	NumDenseLayers     int             `json:"num_dense_layers"`
	MoELayerStep       int             `json:"interleave_moe_layer_step"`
	DecoderSparseStep  int             `json:"decoder_sparse_step"`
	MLPOnlyLayers      []int           `json:"mlp_only_layers"`
	ExpertPeriod       int             `json:"expert_layer_period"`
	ErnieExperts       count           `json:"moe_num_experts"`
	ErniePerToken      int             `json:"moe_k"`
	ErnieShared        int             `json:"moe_num_shared_experts"`
	ErnieStart         count           `json:"moe_layer_start_index"`
	ErnieInterval      count           `json:"moe_layer_interval"`
	PerToken           int             `json:"num_experts_per_token"`
	StepPerToken       int             `json:"moe_top_k"`
	ExpertHidden       int             `json:"expert_hidden_dim"`
	OSSPerToken        int             `json:"experts_per_token"`
	ExpertWidth        int             `json:"expert_intermediate_size"`
	ExpertOffset       int             `json:"expert_layer_offset"`
	EnableMoEBlock     bool            `json:"enable_moe_block"`
	ResidualMoE        bool            `json:"residual_moe"`
	DenseIntermediate  int             `json:"dense_intermediate_size"`
	ShareExpertDim     int             `json:"share_expert_dim"`
	MoELayerFreq       numbers         `json:"moe_layer_freq"`
	MLPLayerTypes      []string        `json:"mlp_layer_types"`
	MoEFrequency       int             `json:"moe_layer_frequency"`
	IsMoELayer         numbers         `json:"is_moe_layer"`
	MoELayers          numbers         `json:"moe_layers_enum"`
	RoutedHidden       int             `json:"routed_expert_hidden_size"`
	ExpertDType        string          `json:"expert_dtype"`
	OLoraRank          int             `json:"o_lora_rank"`
	OGroups            int             `json:"o_groups"`
	IndexHeads         int             `json:"index_n_heads"`
	IndexerTypes       []string        `json:"indexer_types"`
	IndexPattern       string          `json:"index_topk_pattern"`
	IndexFreq          int             `json:"index_topk_freq"`
	IndexOffset        int             `json:"index_skip_topk_offset"`
	Sparse             sparseConfig    `json:"sparse_attention_config"`
	TypeVocab          int             `json:"type_vocab_size"`
	MoELatent          int             `json:"moe_latent_size"`
	NextLayers         int             `json:"num_nextn_predict_layers"`
	MTPLayers          int             `json:"mtp_num_hidden_layers"`
	IndexHeadDim       int             `json:"index_head_dim"`
	LFMWidth           int             `json:"block_ff_dim"`
	LFMAdjust          bool            `json:"block_auto_adjust_ff_dim"`
	LFMMultiple        int             `json:"block_multiple_of"`
	LinearAttention    *linearConfig   `json:"linear_attn_config"`
	QLoraRank          int             `json:"q_lora_rank"`
	KVLoraRank         int             `json:"kv_lora_rank"`
	NopeHeadDim        int             `json:"qk_nope_head_dim"`
	RopeHeadDim        int             `json:"qk_rope_head_dim"`
	VHeadDim           int             `json:"v_head_dim"`
	LinearKernel       int             `json:"linear_conv_kernel_dim"`
	LinearKeyDim       int             `json:"linear_key_head_dim"`
	LinearKeyHeads     int             `json:"linear_num_key_heads"`
	LinearValueDim     int             `json:"linear_value_head_dim"`
	LinearValueHeads   int             `json:"linear_num_value_heads"`
	SSMDType           string          `json:"mamba_ssm_dtype"`
	SSMCacheDType      string          `json:"mamba_ssm_cache_dtype"`
	MambaConv          int             `json:"mamba_d_conv"`
	MambaExpand        float64         `json:"mamba_expand"`
	MambaGroups        int             `json:"mamba_n_groups"`
	MambaHeads         int             `json:"mamba_n_heads"`
	MambaHeadDim       int             `json:"mamba_d_head"`
	MambaState         int             `json:"mamba_d_state"`
	MambaSSM           int             `json:"mamba_d_ssm"`
	NHMambaHeads       int             `json:"mamba_num_heads"`
	NHMambaHeadDim     int             `json:"mamba_head_dim"`
	NGroups            int             `json:"n_groups"`
	SSMState           int             `json:"ssm_state_size"`
	ConvKernel         int             `json:"conv_kernel"`
	LFMConv            int             `json:"conv_L_cache"`
	SWASinks           bool            `json:"add_swa_attention_sink_bias"`
	FullSinks          bool            `json:"add_full_attention_sink_bias"`
	LagunaSinks        bool            `json:"swa_attention_sink_enabled"`
	MMPrefixLM         *bool           `json:"is_mm_prefix_lm"`
	Bidirectional      any             `json:"use_bidirectional_attention"`
	QuantizationConfig json.RawMessage `json:"quantization_config"`
	PerLayerInput      int             `json:"hidden_size_per_layer_input"`
	PerLayerVocab      int             `json:"vocab_size_per_layer_input"`

	Text     *config         `json:"text_config"`
	LLM      *config         `json:"llm_config"`
	Language *config         `json:"language_config"`
	Thinker  *config         `json:"thinker_config"`
	Vision   json.RawMessage `json:"vision_config"`
	Audio    json.RawMessage `json:"audio_config"`

	EncoderLayers   int `json:"encoder_layers"`
	EncoderFFN      int `json:"encoder_ffn_dim"`
	DecoderLayers   int `json:"decoder_layers"`
	DecoderHeads    int `json:"decoder_attention_heads"`
	DecoderFFN      int `json:"decoder_ffn_dim"`
	SourcePositions int `json:"max_source_positions"`
	TargetPositions int `json:"max_target_positions"`
	MelBins         int `json:"num_mel_bins"`

	// experts is the width of routed experts that have the plain name, because
	// the dense MLP has another: Llama-4.
	experts int

	// Parameters is not of config.json: who writes a shape by hand may state the
	// published number.
	Parameters float64 `json:"parameters"`
	// WeightsGiB is not of config.json either: the size of the weights' files.
	WeightsGiB float64 `json:"weightsGiB"`
	// HFQuant is hf_quant_config.json, which describes the quantisation of some
	// checkpoints whose config.json does not.
	HFQuant json.RawMessage `json:"hf_quant_config"`
}

// ParseConfig reads the shape of a model from its config.json. What is missing
// or impossible, or changes the layout in a way that is not known, is named.
func ParseConfig(text []byte) (Shape, error) {
	text, keys, err := plausible(text)
	if err != nil {
		return Shape{}, fmt.Errorf("is no config.json: %w", err)
	}
	var top config
	if err := json.Unmarshal(text, &top); err != nil {
		return Shape{}, fmt.Errorf("is no config.json: %w", err)
	}
	if err := keys.unknown(); err != nil {
		return Shape{}, err
	}
	return top.shape()
}

// ParseShape reads what somebody has typed: only the keys of a config.json that
// shapes are computed from, so that a misspelt one does not count as missing.
func ParseShape(text []byte) (Shape, error) {
	text, _, err := plausible(text)
	if err != nil {
		return Shape{}, fmt.Errorf("is no mapping: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var top config
	if err := decoder.Decode(&top); err != nil {
		return Shape{}, fmt.Errorf("has a key or a value that no shape is computed from (%w); remove it, or give the path of the whole config.json", err)
	}
	return top.shape()
}

// mostOfAnything is more than any model has of anything but parameters.
const mostOfAnything = 100_000_000

// plausible leaves out what no number of a shape can be, so that it counts as
// missing: numbers below zero or beyond all bounds, and those that Python writes
// and JSON does not have.
func plausible(text []byte) ([]byte, keys, error) {
	var top map[string]any
	if err := json.Unmarshal(withoutInfinities(text), &top); err != nil {
		return nil, nil, err
	}
	text, err := json.Marshal(withoutAbsurd(top))
	return text, top, err
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

func withoutAbsurd(mapping map[string]any) map[string]any {
	for key, value := range mapping {
		switch value := value.(type) {
		case map[string]any:
			withoutAbsurd(value)
		case float64:
			if value < 0 || value > mostOfAnything && !(key == "parameters" && value < 1e15) {
				delete(mapping, key)
			}
		}
	}
	return mapping
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
		Layers: c.NumHiddenLayers, Vocab: c.VocabSize, MaxLen: c.MaxPositions,
		ModelType: c.ModelType, HeadDim: c.headDim(), Sinks: c.sinks(), PrefixLM: c.prefixLM(), Kind: kindOfArchitectures(c.ModelType, c.Architectures),
		MoE: c.moe(), DType: c.DType, WeightsGiB: c.WeightsGiB, drafts: c.NextLayers+c.MTPLayers > 0,
	}
	if c.KVLoraRank > 0 {
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

// widest is the width of the widest dense MLP.
func (c *config) widest(layers []layer) int {
	most := int(c.IntermediateSize)
	for _, l := range layers {
		if len(c.BlockConfigs) > 0 {
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
		return Quantization{}, fmt.Errorf("quantization_config cannot be read: %w", err)
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

// headDim is the width of a head of full attention.
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
