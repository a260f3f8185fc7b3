package catalogue

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestQuantizationOfConfigs(t *testing.T) {
	const base = `{"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100, "quantization_config": `
	for config, want := range map[string]float64{
		`{"quant_method": "awq", "bits": 4}`: bits4, `{"quant_method": "gptq", "bits": 8}`: bits8g + 8.0/128, `{"quant_method": "gptq", "bits": 3}`: 3 + 16.0/128 + 3.0/128,
		`{"quant_method": "gptq", "bits": 4, "group_size": 32}`: 4 + 16.0/32 + 4.0/32, `{"quant_method": "auto-round", "bits": 4, "group_size": 128, "sym": true}`: 4 + 16.0/128,
		`{"quant_method": "fp8"}`: bits8, `{"quant_method": "mxfp4"}`: bitsMX, `{"quant_method": "bitsandbytes", "load_in_4bit": true}`: bitsNF,
		`{"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "int"}}}}`:                                                             bits8,
		`{"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "float"}}}}`:                                                           bitsNV,
		`{"quant_method": "compressed-tensors", "format": "mxfp4-pack-quantized", "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "float", "group_size": 32}}}}`:       bitsMX,
		`{"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "int", "group_size": 32, "symmetric": true}, "targets": ["Linear"]}}}`: 4.5,
		`{"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "fp8_e4m3"}}}`:                                                                                           bits8, `{"quant_method": "mxfp8"}`: bitsM8, `{"quant_method": "modelopt", "quant_algo": "MXFP8"}`: bitsM8,
		`{"quantization": {"quant_algo": "FP8"}, "producer": {"name": "modelopt"}}`: bits8,
		`{"quant_method": "modelopt", "quant_algo": "NVFP4"}`:                       bitsNV,
	} {
		s, err := ParseConfig([]byte(base + config + "}"))
		if err != nil || s.Quantization.Bits != want {
			t.Errorf("%s: %v bits, %v, want %v", config, s.Quantization.Bits, err, want)
		}
	}
}

func TestAttentionOfConfigs(t *testing.T) {
	const base = `"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100`
	tests := []struct {
		config          string
		headDim         int
		sinks, prefixLM bool
		block           int
		kvCacheDType    string
	}{
		{`{"model_type": "llama", ` + base + `}`, 16, false, false, 0, ""},
		{`{"model_type": "gpt_oss", "head_dim": 64, ` + base + `}`, 64, true, false, 0, ""},
		{`{"model_type": "mimo_v2_flash", "add_swa_attention_sink_bias": true, ` + base + `}`, 16, true, false, 0, ""},
		{`{"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "head_dim": 32, ` + base + `}}`, 32, false, true, 0, ""},
		{`{"model_type": "gemma3_text", "head_dim": 32, ` + base + `}`, 32, false, false, 0, ""},
		{`{"model_type": "gemma4", "text_config": {"model_type": "gemma4_text", "head_dim": 32, "global_head_dim": 64, "use_bidirectional_attention": "vision", ` + base + `}}`, 64, false, true, 0, ""},
		{`{"model_type": "qwen3", ` + base + `, "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}}`, 16, false, false, 128, ""},
		{`{"model_type": "qwen3", ` + base + `, "quantization_config": {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "strategy": "block", "block_structure": [128, 128]}}}}}`, 16, false, false, 128, ""},
		{`{"model_type": "qwen3", ` + base + `, "quantization_config": {"quant_method": "modelopt", "quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}}`, 16, false, false, 0, "fp8"},
		{`{"model_type": "qwen3", ` + base + `, "quantization_config": {"quant_method": "modelopt", "quant_algo": "NVFP4", "kv_cache_scheme": {"dynamic": false, "num_bits": 8, "type": "float"}}}`, 16, false, false, 0, "fp8"},
		{`{"model_type": "qwen3", ` + base + `, "quantization_config": {"quant_method": "modelopt", "quant_algo": "NVFP4", "kv_cache_scheme": null}}`, 16, false, false, 0, ""},
	}
	for _, test := range tests {
		s, err := ParseConfig([]byte(test.config))
		if err != nil || s.HeadDim != test.headDim || s.Sinks != test.sinks || s.PrefixLM != test.prefixLM || s.Quantization.Block != test.block || s.Quantization.KVCacheDType != test.kvCacheDType {
			t.Errorf("%s: %+v, %v, want %+v", test.config, s, err, test)
		}
	}
}

func TestConfigsOfArchitectures(t *testing.T) {
	tests := map[string]struct {
		config string
		want   []KVLayers
		params float64
	}{
		"grouped": {`{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "tie_word_embeddings": false}`,
			[]KVLayers{{Kind: Full, Count: 32, Heads: 8, Elements: 256}}, 8.03e9},
		"a mixture": {`{"model_type": "mixtral", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 32000, "num_local_experts": 8, "num_experts_per_tok": 2, "sliding_window": null, "tie_word_embeddings": false}`,
			[]KVLayers{{Kind: Full, Count: 32, Heads: 8, Elements: 256}}, 46.7e9},
		"chunks": {`{"model_type": "llama4", "text_config": {"model_type": "llama4_text", "hidden_size": 5120, "num_hidden_layers": 48, "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 8192, "intermediate_size_mlp": 16384, "vocab_size": 202048, "num_local_experts": 16, "num_experts_per_tok": 1, "attention_chunk_size": 8192}}`,
			[]KVLayers{{Kind: Full, Count: 12, Heads: 8, Elements: 256}, {Kind: Sliding, Count: 36, Heads: 8, Elements: 256, Window: 8192, Chunked: true}}, 107.6e9},
		"experts in listed layers": {`{"model_type": "llama4_text", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 100, "intermediate_size_mlp": 200, "vocab_size": 1000, "num_local_experts": 16, "num_experts_per_tok": 1, "attention_chunk_size": 128, "interleave_moe_layer_step": 2, "moe_layers": [1, 3], "tie_word_embeddings": false}`,
			[]KVLayers{{Kind: Full, Count: 1, Heads: 2, Elements: 32}, {Kind: Sliding, Count: 3, Heads: 2, Elements: 32, Window: 128, Chunked: true}}, 2*1000*64 + 4*12288 + 2*17*3*64*100 + 2*3*64*200},
		"MLPs twice as wide where the cache is shared": {`{"model_type": "gemma4_text", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 16, "intermediate_size": 128, "num_kv_shared_layers": 2, "use_double_wide_mlp": true, "vocab_size": 1000, "tie_word_embeddings": true}`,
			[]KVLayers{{Kind: Full, Count: 2, Heads: 1, Elements: 32}}, 1000*64 + 4*64*16*10 + 2*3*64*128 + 2*3*64*256},
		"a latent that is expanded": {`{"model_type": "minicpm3", "hidden_size": 2560, "intermediate_size": 6400, "num_hidden_layers": 62, "num_attention_heads": 40, "num_key_value_heads": 40, "q_lora_rank": 768, "kv_lora_rank": 256, "qk_nope_head_dim": 64, "qk_rope_head_dim": 32, "vocab_size": 73448, "tie_word_embeddings": true}`,
			[]KVLayers{{Kind: Full, Count: 62, Heads: 40, Elements: 192}}, 4.07e9},
		"an MLP beside experts": {`{"model_type": "grok-1", "hidden_size": 8192, "intermediate_size": 32768, "moe_intermediate_size": 16384, "num_hidden_layers": 64, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 128, "num_local_experts": 8, "num_experts_per_tok": 2, "residual_moe": true, "vocab_size": 131072, "tie_word_embeddings": false}`,
			[]KVLayers{{Kind: Full, Count: 64, Heads: 8, Elements: 256}}, 269.5e9},
		"towers without layers": {`{"model_type": "phi4mm", "hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 32, "num_attention_heads": 24, "num_key_value_heads": 8, "vocab_size": 200064, "tie_word_embeddings": true}`,
			[]KVLayers{{Kind: Full, Count: 32, Heads: 8, Elements: 256}}, 5.574e9},
		"a tower by its width": {`{"model_type": "deepseek_vl_v2", "language_config": {"model_type": "deepseek_v2", "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": 16, "intermediate_size": 128, "vocab_size": 100}, "vision_config": {"layers": 27, "width": 1152, "mlp_ratio": 3.7362}}`,
			[]KVLayers{{Kind: Full, Count: 1, Heads: 4, Elements: 32}}, 0.411e9},
		"a pattern as transformers saves it": {`{"model_type": "gemma3_text", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 128, "vocab_size": 1000, "sliding_window": 512, "_sliding_window_pattern": 2}`,
			[]KVLayers{{Kind: Full, Count: 2, Heads: 2, Elements: 32}, {Kind: Sliding, Count: 2, Heads: 2, Elements: 32, Window: 512}}, 0},
		"a shared expert in every layer": {`{"model_type": "hunyuan_v1_moe", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 100, "moe_intermediate_size": [100, 100], "num_experts": 2, "moe_topk": [1, 1], "num_shared_expert": [1, 1], "vocab_size": 1000, "tie_word_embeddings": true}`,
			[]KVLayers{{Kind: Full, Count: 2, Heads: 2, Elements: 32}}, 1000*64 + 2*12288 + 2*3*3*64*100},
		"a latent": {`{"model_type": "deepseek_v2", "hidden_size": 2048, "num_hidden_layers": 27, "num_attention_heads": 16, "num_key_value_heads": 16, "intermediate_size": 10944, "moe_intermediate_size": 1408, "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6, "first_k_dense_replace": 1, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 102400, "tie_word_embeddings": false}`,
			[]KVLayers{{Kind: Full, Count: 27, Heads: 1, Elements: 576, Shared: true}}, 15.7e9},
		"linear attention": {`{"model_type": "qwen3_next", "hidden_size": 2048, "num_hidden_layers": 8, "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "intermediate_size": 5120, "vocab_size": 1000, "full_attention_interval": 4, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_value_head_dim": 128}`,
			[]KVLayers{{Kind: Full, Count: 2, Heads: 2, Elements: 512}, {Kind: State, Count: 6, ConvBytes: 2 * 8192 * 3, Recurrence: 32 * 128 * 128}}, 0},
		// As published: the class supplies the missing keys.
		"what a class supplies": {`{"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "text_config": {"head_dim": 128, "hidden_size": 5376, "intermediate_size": 21504, "model_type": "gemma3_text", "num_attention_heads": 32, "num_hidden_layers": 62, "num_key_value_heads": 16, "query_pre_attn_scalar": 168, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024}, "torch_dtype": "bfloat16", "vision_config": {"hidden_size": 1152, "image_size": 896, "intermediate_size": 4304, "model_type": "siglip_vision_model", "num_attention_heads": 16, "num_hidden_layers": 27, "patch_size": 14}}`,
			[]KVLayers{{Kind: Full, Count: 10, Heads: 16, Elements: 256}, {Kind: Sliding, Count: 52, Heads: 16, Elements: 256, Window: 1024}}, 27.4e9},
		"a pattern of letters": {`{"model_type": "exaone4", "hidden_size": 64, "num_hidden_layers": 8, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 1000, "sliding_window": 512, "sliding_window_pattern": "LLLG"}`,
			[]KVLayers{{Kind: Full, Count: 2, Heads: 2, Elements: 32}, {Kind: Sliding, Count: 6, Heads: 2, Elements: 32, Window: 512}}, 0},
		"convolutions by index": {`{"model_type": "lfm2", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "block_ff_dim": 128, "vocab_size": 1000, "conv_L_cache": 3, "full_attn_idxs": [2]}`,
			[]KVLayers{{Kind: Full, Count: 1, Heads: 2, Elements: 32}, {Kind: State, Count: 3, ConvBytes: 2 * 64 * 2}}, 0},
		"other keys and heads in windows": {`{"model_type": "mimo_v2_flash", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 24, "v_head_dim": 16, "swa_num_key_value_heads": 4, "swa_head_dim": 24, "swa_v_head_dim": 16, "intermediate_size": 128, "vocab_size": 1000, "sliding_window": 128, "attention_chunk_size": 128, "hybrid_layer_pattern": [0, 1, 1, 0]}`,
			[]KVLayers{{Kind: Full, Count: 2, Heads: 2, Elements: 40}, {Kind: Sliding, Count: 2, Heads: 4, Elements: 40, Window: 128}}, 0},
		"attention in some blocks": {`{"model_type": "nemotron-nas", "hidden_size": 768, "num_hidden_layers": 3, "num_attention_heads": 8, "num_key_value_heads": null, "intermediate_size": null, "vocab_size": 1000, "block_configs": [{"attention": {"n_heads_in_group": 4, "no_op": false}, "ffn": {"ffn_mult": 2.5, "no_op": false}}, {"attention": {"no_op": true}, "ffn": {"no_op": true}}, {"attention": {"replace_with_linear": true}, "ffn": {"ffn_mult": 1.0}}]}`,
			[]KVLayers{{Kind: Full, Count: 1, Heads: 2, Elements: 192}}, 0},
		"compressed": {`{"model_type": "deepseek_v4", "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 512, "q_lora_rank": 8, "o_lora_rank": 8, "o_groups": 2, "index_head_dim": 128, "index_n_heads": 4, "moe_intermediate_size": 32, "n_routed_experts": 4, "num_experts_per_tok": 2, "vocab_size": 1000, "sliding_window": 128, "compress_ratios": [0, 4, 128]}`,
			[]KVLayers{{Kind: Full, Count: 1, Shared: true, Bytes: 184, Block: 256}, {Kind: Sliding, Count: 1, Shared: true, Bytes: 3 * 584, Window: 128}, {Kind: State, Count: 1, Shared: true, ConvBytes: 12*4*(4*512+4*128) + 136*4*2*512, Paged: true}}, 0},
		"an index for sparse attention": {`{"model_type": "glm_moe_dsa", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 4, "intermediate_size": 128, "vocab_size": 1000, "kv_lora_rank": 512, "q_lora_rank": 8, "qk_nope_head_dim": 16, "qk_rope_head_dim": 64, "v_head_dim": 16, "index_head_dim": 128, "index_n_heads": 4, "indexer_types": ["full", "full", "shared", "shared"]}`,
			[]KVLayers{{Kind: Full, Count: 4, Heads: 1, Elements: 576, Shared: true, Bytes: 66}}, 0},
		"an encoder": {`{"model_type": "xlm-roberta", "architectures": ["XLMRobertaModel"], "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 250002, "max_position_embeddings": 8194, "type_vocab_size": 1}`,
			nil, 0.568e9},
		"an encoder and a decoder": {`{"model_type": "whisper", "d_model": 1280, "encoder_layers": 32, "decoder_layers": 4, "encoder_attention_heads": 20, "decoder_attention_heads": 20, "encoder_ffn_dim": 5120, "decoder_ffn_dim": 5120, "num_hidden_layers": 32, "num_mel_bins": 128, "max_source_positions": 1500, "max_target_positions": 448, "vocab_size": 51866}`,
			[]KVLayers{{Kind: Full, Count: 4, Heads: 20, Elements: 128}, {Kind: State, Count: 4, ConvBytes: 4 * 1500 * 1280, Paged: true}}, 0.809e9},
		"Mistral's own names": {`{"dim": 4096, "n_layers": 32, "head_dim": 128, "hidden_dim": 14336, "n_heads": 32, "n_kv_heads": 8, "vocab_size": 32000}`,
			[]KVLayers{{Kind: Full, Count: 32, Heads: 8, Elements: 256}}, 7.24e9},
		"a pattern of Mamba": {`{"model_type": "nemotron_h", "hidden_size": 4096, "num_hidden_layers": 6, "hybrid_override_pattern": "M-M*-M", "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 21504, "vocab_size": 131072, "mamba_num_heads": 128, "mamba_head_dim": 64, "n_groups": 8, "ssm_state_size": 128, "conv_kernel": 4}`,
			[]KVLayers{{Kind: Full, Count: 1, Heads: 8, Elements: 256}, {Kind: State, Count: 3, ConvBytes: 2 * (8192 + 2*8*128) * 3, Recurrence: 8192 * 128, WideSince: 20}}, 0},
	}
	for name, test := range tests {
		s, err := ParseConfig([]byte(test.config))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(s.KV, test.want) {
			t.Errorf("%s keeps %+v, want %+v", name, s.KV, test.want)
		}
		if total := s.Weights.Total(); test.params > 0 && (total < 0.98*test.params || total > 1.02*test.params) {
			t.Errorf("%s has %.4g parameters, want %.4g", name, total, test.params)
		}
	}
}

func TestRefusedConfigs(t *testing.T) {
	const base = `"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 1, "vocab_size": 1`
	for text, want := range map[string]string{
		`{"model_type": "llama5", ` + base + `}`:                                                                          `model_type is "llama5", an architecture whose layers are not known`,
		`{"model_type": "llama", "attention_pattern": [0, 1], ` + base + `}`:                                              "attention_pattern is a key that may change the layers",
		`{"model_type": "qwen3", "sparse_attention_ratio": 0.5, "kv_sharing_stride": 4, ` + base + `}`:                    "sparse_attention_ratio is a key that may change the layers",
		`{"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "token_compress_ratio": 4, ` + base + `}}`: "token_compress_ratio is a key that may change the layers",
		`{"model_type": "llama", "layer_types": ["holographic_memory"], ` + base + `}`:                                    `layer_types has a layer of the type "holographic_memory"`,
		`{"model_type": "nemotron_h", "hybrid_override_pattern": "MX*", ` + base + `}`:                                    `hybrid_override_pattern has "X"`,
		`{"model_type": "deepseek_v4", "compress_ratios": [0, 16], ` + base + `}`:                                         "compress_ratios has 16",
		`{"model_type": "nemotron-nas", "block_configs": [{"block_type": "moe"}], ` + base + `}`:                          "block_configs: block 0 has no attention and ffn",
		`{"hidden_size": [64]}`:                                        "hidden_size is a list, want a whole number",
		`{"hidden_size": 64.5}`:                                        "hidden_size is 64.5, want a whole number",
		`{"text_config": {"tie_word_embeddings": "no"}}`:               "text_config.tie_word_embeddings is a string, want true or false",
		`{"rope_scaling": {"factor": "2"}}`:                            "rope_scaling.factor is a string, want a number",
		`{"architectures": "A"}`:                                       "architectures is a string, want a list",
		`{"quantization_config": true, ` + base + `}`:                  "quantization_config is true or false, want a mapping",
		`{"linear_attn_config": 2}`:                                    "linear_attn_config is a number, want a mapping",
		`{"weightsGiB": -1, ` + base + `}`:                             "weightsGiB is not more than 0",
		`{"quantization_config": {"config_groups": []}, ` + base + `}`: "quantization_config.config_groups is a list, want a mapping",
		`{"model_type": "llama", "quantization_config": {"group_size": 64, "bits": 4}, ` + base + `}`:                                                                                                       "quantization_config.quant_method is missing",
		`{"model_type": "llama", "quantization_config": {"quant_method": "magic"}, ` + base + `}`:                                                                                                           `quantization_config.quant_method is "magic", whose size is not known; add weightsGiB`,
		`{"model_type": "llama", "quantization_config": {"quant_method": "modelopt", "quant_algo": "FP2"}, ` + base + `}`:                                                                                   `quantization_config.quant_algo is "FP2"`,
		`{"model_type": "llama", "quantization_config": {"quant_method": "compressed-tensors", "ignore": ["re:(?!x)"], "config_groups": {"a": {"weights": {"num_bits": 8, "type": "int"}}}}, ` + base + `}`: `quantization_config.ignore: the expression "(?!x)" cannot be read`,
		"":                   "is no config.json",
		"[]":                 "is no config.json",
		"{}":                 "hidden_size is missing",
		`{"hidden_size": 1}`: "num_attention_heads is missing",
		`{"hidden_size": -4096, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 1, "vocab_size": 1}`:                 "hidden_size is -4096, which no model has",
		`{"hidden_size": 64, "num_hidden_layers": -1, "num_attention_heads": 1000000000, "intermediate_size": 1, "vocab_size": 1}`:          "num_attention_heads is 1000000000, which no model has\nnum_hidden_layers is -1, which no model has",
		`{"hidden_size": -1, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 1}`:                                     "hidden_size is -1, which no model has\nvocab_size is missing",
		`{"hidden_size": 64, "num_hidden_layers": 5000, "num_attention_heads": 1, "intermediate_size": 1, "vocab_size": 1}`:                 "num_hidden_layers is 5000, which no model has",
		`{"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 1, "vocab_size": 1, "parameters": 9e9}`: "parameters is 9e+09",
	} {
		if _, err := ParseConfig([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := ParseShape([]byte(`{"hidden_size": 64, "num_key_value_head": 8}`)); err == nil || !strings.Contains(err.Error(), `unknown field "num_key_value_head"`) {
		t.Errorf("a misspelt key: %v", err)
	}
	for text, want := range map[string]string{
		`{"num_hidden_layers": -1, "vocab_size": 1000000000}`: "num_hidden_layers is -1, which no model has\nvocab_size is 1000000000, which no model has",
		`{"hidden_size": 64, "sliding_window": -1}`:           "sliding_window is -1, which no model has",
	} {
		if _, err := ParseShape([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestKeysWithoutEffect(t *testing.T) {
	const base = `"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100`
	for _, text := range []string{
		`{"attention_pattern": null, "sparse_attention": false, "compress_ratio": 0, "hybrid_layers": [], ` + base + `}`,
		`{"time_step_limit": [0.0, Infinity], "a": -Infinity, "b": NaN, "c": "Infinity and NaN", ` + base + `}`,
		`{"rope_scaling_ratio": 2, "partial_rotary_factor": 0.5, "decoder_sparse_step": 1, "index_topk": 0, ` + base + `}`,
		`{"activation_sparsity_pattern": [0.95, 0.0], "ssm_multipliers": [1.5], "downsample_ratio": 0.5, "compression_ratio": 1.0, "blocksparse_homo_head_pattern": true, "image_aspect_ratio": "anyres", "moe_layer_frequency": 1, ` + base + `}`,
		`{"mtp_hybrid_override_pattern": "*E", "compress_rope_theta": 160000, "swa_rope_theta": 10000, "rope_parameters": {"factor": 1.0}, "encoder_no_repeat_ngram_size": 3, "ep_size": 1, "no_rope_layers": [1, 0], ` + base + `}`,
		`{"for_llm_compressor": true, "nope_layer_interval": 4, "moe_layers": [], "_sliding_window_pattern": 6, "lora_rank": 4, ` + base + `}`,
		`{"quantization_config": {"quant_method": "fp8", "dynamic": true, "weight_block_size": null, "config_groups": {"a": {"weights": {"num_bits": 8, "type": "float", "block_structure": "128x128"}}}}, ` + base + `}`,
		`{"weightsGiB": 12.5, "quantization_config": {"quant_method": "magic"}, ` + base + `}`,
	} {
		if _, err := ParseConfig([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestShapeOfWeightsSize(t *testing.T) {
	const text = `{"weightsGiB": 24.6}`
	if _, err := ParseShape([]byte(text)); err != nil {
		t.Error(err)
	}
	shape, _ := FindShape("Inferact/Qwen3.8-27B-NVFP4")
	if s, err := ShapeOf("Inferact/Qwen3.8-27B-NVFP4", []byte(text)); err != nil || s.WeightsGiB != 24.6 || s.Weights != shape.Weights {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := ShapeOf("org/unheard-of", []byte(text)); err == nil || !strings.Contains(err.Error(), "the catalogue does not have the shape of org/unheard-of") {
		t.Errorf("of a model that is not known: %v", err)
	}
}

func TestPartsOfQuantization(t *testing.T) {
	const base = `{"model_type": "deepseek_v3", "hidden_size": 64, "num_hidden_layers": 2, "first_k_dense_replace": 1, "num_attention_heads": 4, "num_key_value_heads": 4, "intermediate_size": 128, "moe_intermediate_size": 32, "n_routed_experts": 8, "n_shared_experts": 1, "num_experts_per_tok": 2, "vocab_size": 100, "tie_word_embeddings": false, "quantization_config": {`
	tests := map[string]struct {
		config                        string
		attention, mlp, experts, head float64
	}{
		"everything":                     {`"quant_method": "fp8"`, 1, 1, 1, 0},
		"names":                          {`"quant_method": "fp8", "modules_to_not_convert": ["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn", "lm_head"]`, 0.375, 1, 1, 0},
		"words":                          {`"quant_method": "awq", "bits": 4, "modules_to_not_convert": ["self_attn", "mlp.gate"]`, 0, 1, 1, 0},
		"wildcards":                      {`"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["model.layers.0*", "model.layers.1.mlp.shared_experts*", "model.layers.1.self_attn*"]`, 0, 0, 1, 0},
		"wildcards for a layer":          {`"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router"]`, 0, 0, 1, 0},
		"expressions":                    {`"quant_method": "compressed-tensors", "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "int", "group_size": 32}}}, "ignore": ["re:.*self_attn.*", "re:.*shared_experts.*", "re:.*mlp\\.(gate|up|gate_up|down)_proj.*", "re:model.lm_head"]`, 0, 0, 1, 0},
		"targets":                        {`"quant_method": "compressed-tensors", "config_groups": {"group_0": {"targets": ["re:.*experts.*"], "weights": {"num_bits": 4, "type": "int", "group_size": 32}}}`, 0, 0.2, 1, 0},
		"towers do not count":            {`"quant_method": "fp8", "modules_to_not_convert": ["visual.layers.0.self_attn", "vision_tower.encoder.layers.1.mlp", "mtp.layers.0.self_attn"]`, 1, 1, 1, 0},
		"a list of layers":               {`"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "quantized_layers": {"model.layers.0.self_attn.q_proj": {"quant_algo": "FP8"}, "model.layers.1.mlp.experts.0.down_proj": {"quant_algo": "NVFP4", "group_size": 16}, "lm_head": {"quant_algo": "FP8"}}`, 0.125, 0, 1, 1},
		"extra configurations":           {`"quant_method": "auto-round", "bits": 4, "group_size": 128, "sym": true, "extra_config": {"model.layers.0.self_attn.q_proj": {"bits": 16}, ".*experts.*": {"bits": 8}}`, 0.875, 1, 1, 0},
		"blocks":                         {`"quant_method": "auto-round", "bits": 4, "group_size": 128, "block_name_to_quantize": "model.layers.1"`, 0.5, 0.2, 1, 0},
		"dynamic":                        {`"quant_method": "gptq", "bits": 4, "group_size": 128, "lm_head": true, "dynamic": {"-:.*self_attn.*": {}, "+:.*experts.*": {"bits": 8}}`, 0, 1, 1, 1},
		"nested":                         {`"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "NVFP4", "exclude_modules": ["*self_attn*"]}`, 0, 1, 1, 0},
		"a description without its list": {`"quant_method": "modelopt", "quant_algo": "NVFP4"`, 0.5, 1, 1, 0},
		"one kind of experts":            {`"quant_method": "fp8", "ignored_layers": ["model.layers.1.mlp.experts"]`, 1, 1, 0, 0},
	}
	for name, test := range tests {
		s, err := ParseConfig([]byte(base + test.config + "}}"))
		q := s.Quantization
		if err != nil || math.Abs(q.Attention.Share-test.attention) > 0.01 || math.Abs(q.MLP.Share-test.mlp) > 0.01 || q.Experts.Share != test.experts || q.Head.Share != test.head {
			t.Errorf("%s: %+v, %v, want %+v", name, q, err, test)
		}
	}
}

func TestKinds(t *testing.T) {
	for id, want := range map[string]Kind{
		"Qwen/Qwen3-8B": Generator, "Qwen/Qwen3-Embedding-8B": Embedding, "Qwen/Qwen3-Reranker-4B": Reranker,
	} {
		if s, ok := FindShape(id); !ok || s.Kind != want {
			t.Errorf("%s is a %s (%v), want a %s", id, s.Kind, ok, want)
		}
	}
	const base = `"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100}`
	for head, want := range map[string]Kind{
		`"model_type": "bert", "architectures": ["BertModel"]`: Embedding, `"model_type": "xlm-roberta", "architectures": ["XLMRobertaForSequenceClassification"]`: Reranker,
		`"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"]`: Generator, `"model_type": "qwen2", "architectures": ["Qwen2ForRewardModel"]`: Reranker,
		`"model_type": "chatglm", "architectures": ["ChatGLMModel"]`: Generator, `"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]`: Generator,
		`"model_type": "qwen2", "architectures": ["Qwen2Model"]`: Embedding,
	} {
		s, err := ParseConfig([]byte("{" + head + ", " + base))
		if err != nil || s.Kind != want || (s.Weights.Head == 0) == (want == Generator) && !strings.Contains(head, "gpt2") {
			t.Errorf("%s is a %s with a head of %g, %v, want a %s", head, s.Kind, s.Weights.Head, err, want)
		}
	}
}

func TestIntegerActivations(t *testing.T) {
	const base = `{"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100, "quantization_config": {"quant_method": "compressed-tensors", "config_groups": {"g": {"targets": ["Linear"], `
	for group, want := range map[string]bool{
		`"weights": {"num_bits": 8, "type": "int"}, "input_activations": {"num_bits": 8, "type": "int"}`:     true,
		`"weights": {"num_bits": 8, "type": "float"}, "input_activations": {"num_bits": 8, "type": "float"}`: false,
		`"weights": {"num_bits": 8, "type": "int"}, "input_activations": null`:                               false,
		`"weights": {"num_bits": 4, "type": "int"}, "input_activations": {"num_bits": 8, "type": "float"}`:   false,
	} {
		if s, err := ParseConfig([]byte(base + group + "}}}}")); err != nil || s.Quantization.Int8 != want {
			t.Errorf("%s: %v, %v, want %v", group, s.Quantization.Int8, err, want)
		}
	}
	for name, want := range map[string]bool{"Llama-quantized.w8a8": true, "Llama-FP8-W8A8": false, "Llama-quantized.w8a16": false, "Llama-FP8": false} {
		if got := QuantizationOf(name); got.Int8 != want || got.Method == "" {
			t.Errorf("%s: %+v, want %v", name, got, want)
		}
	}
}

func TestStretchedPositions(t *testing.T) {
	const base = `{"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100, "max_position_embeddings": 4096, "rope_scaling": `
	for scaling, want := range map[string]int{
		"null": 4096, `{"type": "linear", "factor": 4.0}`: 16384, `{"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 1024}`: 4096,
		`{"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 2048}`: 8192, `{"type": "longrope"}`: 4096,
	} {
		if s, err := ParseConfig([]byte(base + scaling + "}")); err != nil || s.MaxLen != want {
			t.Errorf("%s: %d, %v, want %d", scaling, s.MaxLen, err, want)
		}
	}
	for keys, want := range map[string]int{
		`{"type": "longrope"}, "original_max_position_embeddings": 1024`: 1024, `{"rope_type": "su"}, "original_max_position_embeddings": 8192`: 4096,
		`{"type": "longrope"}`: 0, `{"type": "linear", "factor": 2.0}, "original_max_position_embeddings": 1024`: 0,
	} {
		if s, err := ParseConfig([]byte(base + keys + "}")); err != nil || s.UsualLen != want {
			t.Errorf("%s: %d by default, %v, want %d", keys, s.UsualLen, err, want)
		}
	}
	// Gemma 3 states the stretched length, or leaves it to its class.
	const gemma = `"model_type": "gemma3_text", "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}`
	for text, want := range map[string]int{
		`{` + gemma + `, "max_position_embeddings": 65536}`:        65536,
		`{"model_type": "gemma3", "text_config": {` + gemma + `}}`: 131072,
	} {
		if s, err := ParseConfig([]byte(text)); err != nil || s.MaxLen != want {
			t.Errorf("%s: %d, %v, want %d", text, s.MaxLen, err, want)
		}
	}
}
