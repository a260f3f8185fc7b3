package catalogue

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

const (
	// notSized is the end of an error about an unknown layout.
	notSized = "the model is not sized. Leave its shape out, and set gpu.count and resources.disk"
	// workaround is the end of an error that the size of the weights' files also
	// avoids.
	workaround = "add weightsGiB, the size of the weights' files, or leave the shape out and set gpu.count and resources.disk"
)

// modelTypes are the architectures with known layers: vLLM's registry has them
// (vllm/model_executor/models/registry.py and vllm/transformers_utils/configs at
// 017e9f4448, 2026-08-17), and their weights and KV cache follow from the keys of
// config.
var modelTypes = strings.Fields(`
afmoe apertus arcee arctic aria aya_vision baichuan bailing_moe bailing_moe_v2 bamba bert bloom chatglm codegen cohere cohere2 cohere2_vision
deepseek deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 deepseek_vl_v2 deepseek_ocr dots1 dots_ocr ernie4_5 ernie4_5_moe ernie4_5_moe_vl exaone exaone4 exaone_moe
falcon falcon_h1 flex_olmo gemma gemma2 gemma3 gemma3_text gemma3n gemma3n_text gemma4 gemma4_text gemma4_unified gemma4_unified_text git glm glm4 glm4_moe
glm4_moe_lite glm4v glm4v_moe glm4v_moe_text glm4v_text glm_moe_dsa glm_ocr glm_ocr_text glmasr gpt2 gpt_bigcode gpt_neo gpt_neox gpt_oss gptj granite granitemoe
granitemoehybrid granitemoeshared grok-1 h2ovl_chat hunyuan hunyuan_v1_dense hunyuan_v1_moe hy_v3 idefics3 internlm internlm2 internlm3 interns1 internvl
internvl_chat jais2 jamba kimi_k2 kimi_k25 kimi_k3 kimi_linear kimi_vl laguna lfm2 lfm2_moe lfm2_vl llama llama4 llama4_text llava llava_next
llava_next_video llava_onevision mellum mimo mimo_v2 mimo_v2_flash minicpm minicpm3 minicpmo minicpmv minimax minimax_m1 minimax_m2 minimax_m3 minimax_m3_vl
minimax_text_01 ministral3 mistral mistral3 mistral4 mixtral mllama mllama_text_model modernbert molmo mpt muse_glimmer muse_glimmer_text nemotron nemotron-nas nemotron_h nvlm_d
olmo olmo2 olmo3 olmoe opt orion ovis paddleocr_vl paligemma persimmon phi phi3 phi3_v phi3small phi4mm phimoe pixtral qwen qwen2 qwen2_5_omni qwen2_5_omni_text
qwen2_5_omni_thinker qwen2_5_vl qwen2_5_vl_text qwen2_audio qwen2_moe qwen2_vl qwen2_vl_text qwen3 qwen3_5 qwen3_5_moe qwen3_5_moe_text qwen3_5_text
qwen3_asr qwen3_asr_thinker qwen3_moe qwen3_next qwen3_omni_moe qwen3_omni_moe_text qwen3_omni_moe_thinker qwen3_vl qwen3_vl_moe qwen3_vl_moe_text
qwen3_vl_text roberta RefinedWeb RefinedWebModel seed_oss skywork_chat smollm3 smolvlm solar stablelm stablelm_epoch starcoder2 step3p5 step3p7 voxtral whisper
xlm-roberta xverse
`)

// knownModelType reports whether the layers of an architecture are known.
func knownModelType(name string) bool { return slices.Contains(modelTypes, name) }

// keys holds the content of a config.json.
type keys map[string]any

// layout matches keys that may change the layers, their widths or their cache.
var layout = regexp.MustCompile(`pattern|ratio|sparse|hybrid|compress|latent|lora_rank|kv_shar|shared_kv|period|layer_types|block_type|blocks_type|` +
	`block_configs|layer_configs|type_list|_freq|frequency|_interval|per_layer|_layers_enum|attn_layers|attention_layers|swa_|ssm_|engram|ngram|loop|recur|` +
	`idxs|indices|moe_layer|^moe$|every_n_layers|layer_group|` +
	`memory_layer|head_dim|kv_heads|key_value_heads|expert_hidden|expert_dim|routed_expert|linear_attn|index_|_window|cross_attention|_chunk`)

// harmless matches keys that layout also matches but that do not change the size.
// readKeys holds the keys that the parser reads.
var harmless = regexp.MustCompile(`^(rope|rotary|mrope|image|video|vision|audio|router|mtp|eagle|draft|img_token|mm_|tie_|norm|attention_dropout|compress_rope|` +
	`encoder_no_repeat|no_repeat|mamba_|swa_rope|swa_rotary|moe_router|use_|talker|token2wav|code2wav|speaker|hc_)|` +
	`_(dropout|eps|dtype|theta|index|token_id|token_index|idx|bias|act|init|norm|factor|coef|overlap|func|iteration|interleave)$|` +
	`^(activation_sparsity|blocksparse|compression_ratio|downsample_ratio|dense_attention_every|deepstack)|multiplier|` +
	`^(no_rope_layers|nope_layer_interval|for_llm_compressor|lora_rank|cross_attention_hidden_size|add_cross_attention|chunk_size_feed_forward|attn_res_block_size|indexer_rope_interleave|qk_head_dim|` +
	`index_topk|sliding_window_size|decoder_sparse_step|num_ngram|ngram|global_compression_ratio|router_z_loss|expansion_ratio|ffn_ratio|mlp_ratio|` +
	`partial_rotary_factor|min_ratio|chunk_size|local_rope_theta|global_rope_theta|global_attn_every_n_layers|local_attention|logits_chunk)$`)

// readKeys holds the keys from which shapes are computed.
var readKeys = func() map[string]bool {
	read := map[string]bool{}
	for field := range reflect.TypeFor[config]().Fields() {
		read[field.Tag.Get("json")] = true
	}
	return read
}()

// weightsOnly returns the size of the weights in GiB if that is the only key.
func (k keys) weightsOnly() (gibibytes float64, only bool) {
	size, ok := k["weightsGiB"].(float64)
	return size, ok && len(k) == 1
}

// unknown returns an error that names the keys that may change the layout and that the
// parser does not read.
func (k keys) unknown() error {
	var errs []error
	for _, name := range k.suspects() {
		errs = append(errs, fmt.Errorf("%s is a key that may change the layers or their cache in an unknown way; %s", name, notSized))
	}
	return errors.Join(errs...)
}

// suspects returns these keys, sorted.
func (k keys) suspects() []string {
	var found []string
	for name, value := range k {
		if inner, ok := value.(map[string]any); ok && slices.Contains([]string{"text_config", "llm_config", "language_config", "thinker_config"}, name) {
			found = append(found, keys(inner).suspects()...)
			continue
		}
		if layout.MatchString(name) && !readKeys[name] && !harmless.MatchString(name) && significant(value) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// significant reports whether a value has an effect. Null, false, zero and empty values
// have none.
func significant(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case bool:
		return value
	case float64:
		return value != 0
	case string:
		return value != ""
	case []any:
		return slices.ContainsFunc(value, significant)
	case map[string]any:
		return len(value) > 0
	}
	return true
}
