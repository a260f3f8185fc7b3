package catalogue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
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
	MaxPositions int          `json:"max_position_embeddings"`
	NPositions   int          `json:"n_positions"`
	SeqLength    int          `json:"seq_length"`
	MaxSeqLen    int          `json:"max_seq_len"`

	Tied            *bool    `json:"tie_word_embeddings"`
	MultiQuery      bool     `json:"multi_query"`
	NewDecoder      bool     `json:"new_decoder_architecture"`
	SlidingWindow   count    `json:"sliding_window"`
	UseSliding      *bool    `json:"use_sliding_window"`
	MaxWindowLayers int      `json:"max_window_layers"`
	SlidingPattern  count    `json:"sliding_window_pattern"`
	LayerTypes      []string `json:"layer_types"`
	LayersBlockType []string `json:"layers_block_type"`
	AttentionChunk  int      `json:"attention_chunk_size"`
	NoRopeInterval  int      `json:"no_rope_layer_interval"`
	FullInterval    int      `json:"full_attention_interval"`
	HybridPattern   string   `json:"hybrid_override_pattern"`
	AttnIndices     []int    `json:"attn_layer_indices"`
	AttnPeriod      int      `json:"attn_layer_period"`
	AttnOffset      int      `json:"attn_layer_offset"`
	SharedKVLayers  int      `json:"num_kv_shared_layers"`
	CrossAttention  []int    `json:"cross_attention_layers"`

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
	PerToken           int             `json:"num_experts_per_token"`
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

	// experts is the width of routed experts that have the plain name, because
	// the dense MLP has another: Llama-4.
	experts int

	// Parameters is not of config.json: who writes a shape by hand may state the
	// published number.
	Parameters float64 `json:"parameters"`
}

// ParseConfig reads the shape of a model from its config.json. What is missing
// or impossible is named.
func ParseConfig(text []byte) (Shape, error) {
	var top config
	text, err := plausible(text)
	if err == nil {
		err = json.Unmarshal(text, &top)
	}
	if err != nil {
		return Shape{}, fmt.Errorf("is no config.json: %w", err)
	}
	return top.shape()
}

// ParseShape reads what somebody has typed: only the keys of a config.json that
// shapes are computed from, so that a misspelt one does not count as missing.
func ParseShape(text []byte) (Shape, error) {
	text, err := plausible(text)
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
// missing: numbers below zero or beyond all bounds.
func plausible(text []byte) ([]byte, error) {
	var top map[string]any
	if err := json.Unmarshal(text, &top); err != nil {
		return nil, err
	}
	return json.Marshal(withoutAbsurd(top))
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
	c.normalize()
	if err := c.check(); err != nil {
		return Shape{}, err
	}
	s := Shape{
		Hidden: c.HiddenSize, Heads: c.NumAttentionHeads, Intermediate: int(c.IntermediateSize),
		Layers: c.NumHiddenLayers, Vocab: c.VocabSize, MaxLen: c.MaxPositions,
		ModelType: c.ModelType, HeadDim: c.headDim(), Sinks: c.sinks(), PrefixLM: c.prefixLM(),
		MoE: c.moe(), DType: c.DType, drafts: c.NextLayers+c.MTPLayers > 0,
	}
	if c.KVLoraRank > 0 {
		s.MLA = MLA{Latent: c.KVLoraRank, Cached: c.KVLoraRank + c.RopeHeadDim, Expanded: c.NopeHeadDim + c.VHeadDim}
	}
	s.KV = c.kvLayers()
	s.Weights = c.weights(s)
	if v := c.Vision; len(v) > 0 && string(v) != "null" {
		s.Vision = vision(v, c.ModelType)
		s.Weights.Encoder = encoderParameters(v)
	}
	if err := s.settleTotal(c.Parameters); err != nil {
		return Shape{}, err
	}
	var q quantizationConfig
	if len(c.QuantizationConfig) > 0 && json.Unmarshal(c.QuantizationConfig, &q) == nil {
		s.Quantization = q.quantization()
		s.Quantization.Block, s.Quantization.KVCacheDType = q.block(), q.kvCacheDType()
	}
	if s.Quantization.Method == unknownMethod {
		return Shape{}, fmt.Errorf("quantization_config has the method %q, whose size is not known", q.Method)
	}
	return s, nil
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
		c.Vision = inner.Vision
		inner = inner.textConfig()
	}
	inner.Vision, inner.Parameters, inner.MMPrefixLM = c.Vision, c.Parameters, c.MMPrefixLM
	if len(inner.QuantizationConfig) == 0 {
		inner.QuantizationConfig = c.QuantizationConfig
	}
	if inner.Tied == nil {
		inner.Tied = c.Tied
	}
	if len(inner.Architectures) == 0 {
		inner.Architectures = c.Architectures
	}
	inner.DType = cmp.Or(inner.DType, inner.TorchDType, c.DType, c.TorchDType)
	inner.setClassDefaults()
	inner.ModelType = cmp.Or(c.ModelType, inner.ModelType)
	return inner
}
