package catalogue

import "encoding/json"

// config holds the keys of a model's config.json from which shapes are computed, under
// the names that all architectures use.
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

	RopeScaling       *ropeScaling `json:"rope_scaling"`
	RopeParams        *ropeScaling `json:"rope_parameters"`
	MaxPositions      int          `json:"max_position_embeddings"`
	OriginalPositions int          `json:"original_max_position_embeddings"`
	NPositions        int          `json:"n_positions"`
	SeqLength         int          `json:"seq_length"`
	MaxSeqLen         int          `json:"max_seq_len"`

	Tied            *bool           `json:"tie_word_embeddings"`
	MultiQuery      bool            `json:"multi_query"`
	NewDecoder      bool            `json:"new_decoder_architecture"`
	SlidingWindow   count           `json:"sliding_window"`
	UseSliding      *bool           `json:"use_sliding_window"`
	MaxWindowLayers int             `json:"max_window_layers"`
	SlidingPattern  pattern         `json:"sliding_window_pattern"`
	SavedPattern    pattern         `json:"_sliding_window_pattern"`
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
	NumSharedExpert    count           `json:"num_shared_expert"`
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
	UseResidual        bool            `json:"use_residual"`
	DoubleWide         bool            `json:"use_double_wide_mlp"`
	DenseIntermediate  int             `json:"dense_intermediate_size"`
	ShareExpertDim     int             `json:"share_expert_dim"`
	MoELayerFreq       numbers         `json:"moe_layer_freq"`
	MLPLayerTypes      []string        `json:"mlp_layer_types"`
	MoEFrequency       int             `json:"moe_layer_frequency"`
	IsMoELayer         numbers         `json:"is_moe_layer"`
	MoELayers          numbers         `json:"moe_layers_enum"`
	MoELayerList       numbers         `json:"moe_layers"`
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

	// experts is the width of routed experts that have the plain name, because the
	// dense MLP has another name: Llama-4.
	experts int

	// Parameters is not a key of config.json: the author of a shape may state the
	// published number.
	Parameters float64 `json:"parameters"`
	// WeightsGiB is not a key of config.json either: it is the size of the weights'
	// files.
	WeightsGiB float64 `json:"weightsGiB"`
	// HFQuant is the content of hf_quant_config.json. It describes the quantisation of
	// checkpoints whose config.json does not.
	HFQuant json.RawMessage `json:"hf_quant_config"`
}
