package catalogue

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// normalize fills in the common names from the names of each architecture.
func (c *config) normalize() error {
	if c.ModelType != "" && !knownModelType(c.ModelType) {
		return fmt.Errorf("model_type is %q, an architecture whose layers are not known; %s", c.ModelType, notSized)
	}
	c.setBlocks()
	c.setDecoder()
	c.HiddenSize = cmp.Or(c.HiddenSize, c.NEmbd, c.DModel, c.Dim)
	c.NumHiddenLayers = cmp.Or(c.NumHiddenLayers, c.NLayer, c.NLayers, c.NumLayers)
	c.NumAttentionHeads = cmp.Or(c.NumAttentionHeads, c.NHead, c.NHeads)
	c.VocabSize = cmp.Or(c.PaddedVocabSize, c.VocabSize)
	c.MaxPositions = cmp.Or(c.MaxPositions, c.NPositions, c.SeqLength, c.MaxSeqLen)
	if !strings.Contains(c.ModelType, "gemma3") { // its configuration states the stretched length
		c.MaxPositions = cmp.Or(c.RopeScaling, c.RopeParams).stretch(c.MaxPositions)
	}
	c.DType = cmp.Or(c.DType, c.TorchDType, "bfloat16")
	if c.IntermediateSizeMLP > 0 {
		c.experts = int(c.IntermediateSize)
	}
	c.IntermediateSize = count(cmp.Or(c.IntermediateSizeMLP, c.lfmWidth(), int(c.IntermediateSize), c.FFNDim, c.NInner, c.FFNHiddenSize, c.HiddenDim, c.ExpansionRatio*c.HiddenSize))
	if c.IntermediateSize == 0 && slices.Contains(plainMLP, c.ModelType) {
		c.IntermediateSize = count(4 * c.HiddenSize)
	}
	if c.ModelType == "qwen" || c.ModelType == "molmo" { // they count gate and up together
		c.IntermediateSize /= 2
	}
	if l := c.LinearAttention; l != nil && c.LinearValueHeads == 0 {
		c.LinearValueHeads, c.LinearKeyHeads, c.LinearValueDim, c.LinearKeyDim, c.LinearKernel = l.Heads, l.Heads, l.HeadDim, l.HeadDim, l.Kernel
	}
	if c.NumAttentionHeads > 0 {
		c.HeadDim = cmp.Or(c.HeadDim, c.AttentionHead, c.HiddenSize/c.NumAttentionHeads)
	}
	if c.ModelType == "minicpm3" && c.NumAttentionHeads > 0 {
		c.VHeadDim = cmp.Or(c.VHeadDim, c.HiddenSize/c.NumAttentionHeads)
	}
	c.NumKeyValueHeads = cmp.Or(c.NumKeyValueHeads, c.NumKVHeads, c.MultiQueryGroups, c.AttentionGroups, c.NKVHeads)
	falcon := c.ModelType == "falcon" || c.ModelType == "gpt_bigcode"
	switch {
	case falcon && c.MultiQuery && !c.NewDecoder:
		c.NumKeyValueHeads = 1
	case c.NumKeyValueHeads == 0:
		c.NumKeyValueHeads = c.NumAttentionHeads
	}
	if c.Tied == nil || headless(c.ModelType, c.Architectures) {
		tied := slices.Contains(tiedByDefault, c.ModelType) || headless(c.ModelType, c.Architectures)
		c.Tied = &tied
	}
	if len(c.BlockConfigs) > 0 {
		c.NumHiddenLayers = min(len(c.BlockConfigs), maxLayers)
	}
	return nil
}

// setBlocks converts a layers_block_type with blocks of only an MLP or experts into the
// pattern of hybrid_override_pattern. It also counts the layers if only the list states
// their number.
func (c *config) setBlocks() {
	if c.HybridPattern == "" && (slices.Contains(c.LayersBlockType, "moe") || slices.Contains(c.LayersBlockType, "mlp")) {
		letters := map[string]string{"mamba": "M", "attention": "*", "moe": "E", "mlp": "-"}
		for _, name := range c.LayersBlockType {
			c.HybridPattern += cmp.Or(letters[strings.ToLower(name)], "?")
		}
	}
	c.NumHiddenLayers = cmp.Or(c.NumHiddenLayers, len(c.HybridPattern), len(c.LayersBlockType), len(c.LayerTypes))
}

// setDecoder uses the names of an encoder-decoder: the decoder's layers are those of
// the language model.
func (c *config) setDecoder() {
	if c.DecoderLayers == 0 {
		return
	}
	c.NumHiddenLayers = c.DecoderLayers
	c.NumAttentionHeads, c.IntermediateSize = cmp.Or(c.DecoderHeads, c.NumAttentionHeads), count(cmp.Or(c.DecoderFFN, int(c.IntermediateSize)))
	c.MaxPositions = cmp.Or(c.TargetPositions, c.MaxPositions)
}

// lfmWidth returns the width of LFM2's MLP. Its configuration states the width of an
// MLP without a gate.
func (c *config) lfmWidth() int {
	if !c.LFMAdjust {
		return c.LFMWidth
	}
	multiple := max(c.LFMMultiple, 1)
	return (c.LFMWidth*2/3 + multiple - 1) / multiple * multiple
}

// linearConfig describes Kimi's linear attention. Its layers count from 1.
type linearConfig struct {
	Full     []int `json:"full_attn_layers"`
	Heads    int   `json:"num_heads"`
	HeadDim  int   `json:"head_dim"`
	Kernel   int   `json:"short_conv_kernel_size"`
	FullGate bool  `json:"use_full_rank_gate"`
}

// plainMLP are the architectures whose MLP has two matrices, without a gate.
var plainMLP = []string{
	"gpt2", "gptj", "gpt_neo", "gpt_neox", "gpt_bigcode", "opt", "bloom", "falcon", "mpt", "phi", "starcoder2", "codegen",
	"nemotron", "nemotron_h", "apertus", "arcee", "whisper", "bert", "roberta", "xlm-roberta",
}

// tiedByDefault are the architectures whose output head is the embedding, unless the
// configuration says otherwise (PretrainedConfig of transformers, by class).
var tiedByDefault = []string{
	"gpt2", "gpt_bigcode", "opt", "bloom", "mpt", "gemma", "gemma2", "gemma3", "gemma3_text", "gemma3n", "gemma4", "cohere", "cohere2", "starcoder2", "whisper",
}

// check reports the missing and the impossible keys.
func (c *config) check() error {
	var errs []error
	for _, required := range []struct {
		key   string
		value int
	}{
		{"hidden_size", c.HiddenSize}, {"num_hidden_layers", c.NumHiddenLayers}, {"vocab_size", c.VocabSize},
	} {
		if required.value <= 0 {
			errs = append(errs, fmt.Errorf("%s is missing", required.key))
		}
	}
	if c.HybridPattern == "" && c.NumAttentionHeads <= 0 {
		errs = append(errs, errors.New("num_attention_heads is missing"))
	}
	if c.IntermediateSize <= 0 && c.MoEIntermediate == 0 && c.LFMWidth == 0 && len(c.BlockConfigs) == 0 {
		errs = append(errs, errors.New("intermediate_size is missing"))
	}
	for _, limited := range []struct {
		key          string
		value, limit int
	}{
		{"num_hidden_layers", c.NumHiddenLayers, 2000}, {"hidden_size", c.HiddenSize, 1 << 20}, {"vocab_size", c.VocabSize, 1 << 24},
		{"num_attention_heads", c.NumAttentionHeads, 1 << 13}, {"num_key_value_heads", c.NumKeyValueHeads, 1 << 13}, {"head_dim", c.HeadDim, 1 << 14},
		{"global_head_dim", c.GlobalHeadDim, 1 << 14}, {"num_global_key_value_heads", c.GlobalKVHeads, 1 << 13}, {"kv_lora_rank", c.KVLoraRank, 1 << 16},
		{"qk_rope_head_dim", c.RopeHeadDim, 1 << 16}, {"index_head_dim", c.IndexHeadDim, 1 << 16}, {"qk_nope_head_dim", c.NopeHeadDim, 1 << 16},
		{"v_head_dim", c.VHeadDim, 1 << 16}, {"q_lora_rank", c.QLoraRank, 1 << 20}, {"o_lora_rank", c.OLoraRank, 1 << 20}, {"o_groups", c.OGroups, 1 << 13},
		{"index_n_heads", c.IndexHeads, 1 << 13}, {"sparse_attention_config.sparse_index_dim", c.Sparse.Dim, 1 << 16}, {"encoder_layers", c.EncoderLayers, 2000},
		{"decoder_layers", c.DecoderLayers, 2000}, {"encoder_ffn_dim", c.EncoderFFN, 1 << 24}, {"max_source_positions", c.SourcePositions, 1 << 24}, {"intermediate_size", int(c.IntermediateSize), 1 << 24},
	} {
		if limited.value > limited.limit {
			errs = append(errs, fmt.Errorf("%s is %d, which no model has", limited.key, limited.value))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// numbers is a list of numbers or booleans, one number, or a string of numbers with
// commas. Any other value gives an empty list.
type numbers []float64

// UnmarshalJSON reads the list.
func (n *numbers) UnmarshalJSON(raw []byte) error {
	*n = nil
	var number float64
	var text string
	var flags []bool
	switch {
	case json.Unmarshal(raw, (*[]float64)(n)) == nil:
	case json.Unmarshal(raw, &flags) == nil:
		*n = make(numbers, len(flags))
		for i, flag := range flags {
			if flag {
				(*n)[i] = 1
			}
		}
	case json.Unmarshal(raw, &number) == nil:
		*n = numbers{number}
	case json.Unmarshal(raw, &text) == nil && text != "":
		for part := range strings.SplitSeq(text, ",") {
			if number, err := strconv.ParseFloat(strings.TrimSpace(part), 64); err == nil {
				*n = append(*n, number)
			}
		}
	}
	for i, number := range *n {
		(*n)[i] = max(min(number, maxNumber), 0)
	}
	return nil
}

// pattern describes the sliding layers: all except every N-th, or a letter for each
// layer of a repeating sequence, L for a window and G for the whole context.
type pattern struct {
	every   int
	letters string
}

// UnmarshalJSON reads the pattern; any other value gives an empty pattern.
func (p *pattern) UnmarshalJSON(raw []byte) error {
	var every count
	*p = pattern{}
	if json.Unmarshal(raw, &p.letters) != nil && every.UnmarshalJSON(raw) == nil {
		p.every = int(every)
	}
	return nil
}

// sparseConfig describes MiniMax-M3's sparse attention: the layers with an index, and
// its size.
type sparseConfig struct {
	Layers numbers `json:"sparse_attention_freq"`
	Dim    int     `json:"sparse_index_dim"`
	Heads  int     `json:"sparse_num_index_heads"`
}

// count is a number that some architectures give as a list with one value for each
// layer. The largest value counts. Any other value gives 0.
type count int

// UnmarshalJSON reads a number or a list of numbers.
func (c *count) UnmarshalJSON(raw []byte) error {
	var number float64
	if json.Unmarshal(raw, &number) != nil {
		var list []float64
		if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
			number = slices.Max(list)
		}
	}
	*c = count(max(min(number, maxNumber), 0))
	return nil
}

// ropeScaling describes how positions are stretched beyond the trained length.
type ropeScaling struct {
	Type     string  `json:"type"`
	RopeType string  `json:"rope_type"`
	Factor   float64 `json:"factor"`
	Original int     `json:"original_max_position_embeddings"`
}

// usualLen returns vLLM's default context for models with LongRoPE: the length before
// the stretch, because the stretch makes short requests worse (_get_and_verify_max_len
// in vllm/config/model.py at 017e9f4448, 2026-08-17). It returns 0 for other models.
func (c *config) usualLen() int {
	r := c.RopeScaling
	if r == nil || c.OriginalPositions <= 0 {
		return 0
	}
	switch cmp.Or(r.RopeType, r.Type) {
	case "longrope", "su":
		return min(c.OriginalPositions, c.MaxPositions)
	}
	return 0
}

// stretch returns the longest context that vLLM derives (_get_and_verify_max_len in
// vllm/config/model.py). It multiplies by the factor, except for types whose
// configuration states the stretched length.
func (r *ropeScaling) stretch(positions int) int {
	if r == nil || r.Factor <= 1 || r.Factor > 1000 {
		return positions
	}
	switch cmp.Or(r.RopeType, r.Type) {
	case "su", "longrope", "llama3", "mrope", "default":
		return positions
	case "yarn":
		positions = cmp.Or(r.Original, positions)
	}
	return int(min(float64(positions)*r.Factor, maxNumber))
}

// classDefaults holds the values that a text_config leaves out because its class in
// transformers has them (configuration_gemma3.py, configuration_llama.py,
// configuration_mistral.py).
var classDefaults = map[string]config{
	"gemma3_text": {
		VocabSize: 262208, HiddenSize: 2304, IntermediateSize: 9216, NumHiddenLayers: 26,
		NumAttentionHeads: 8, NumKeyValueHeads: 4, HeadDim: 256, MaxPositions: 131072, SlidingWindow: 4096,
	},
	"llama": {
		VocabSize: 32000, HiddenSize: 4096, IntermediateSize: 11008, NumHiddenLayers: 32, NumAttentionHeads: 32, MaxPositions: 2048,
	},
	"mistral": {
		VocabSize: 32000, HiddenSize: 4096, IntermediateSize: 14336, NumHiddenLayers: 32,
		NumAttentionHeads: 32, NumKeyValueHeads: 8, MaxPositions: 131072,
	},
}

// setClassDefaults fills in the values that a nested configuration leaves to its class.
func (c *config) setClassDefaults() {
	d, ok := classDefaults[c.ModelType]
	if !ok {
		return
	}
	if c.NumAttentionHeads == 0 { // the width of a head depends on the number of heads
		c.NumKeyValueHeads, c.HeadDim = cmp.Or(c.NumKeyValueHeads, d.NumKeyValueHeads), cmp.Or(c.HeadDim, d.HeadDim)
	}
	c.VocabSize, c.HiddenSize = cmp.Or(c.VocabSize, d.VocabSize), cmp.Or(c.HiddenSize, d.HiddenSize)
	c.IntermediateSize, c.NumHiddenLayers = cmp.Or(c.IntermediateSize, d.IntermediateSize), cmp.Or(c.NumHiddenLayers, d.NumHiddenLayers)
	c.NumAttentionHeads, c.MaxPositions = cmp.Or(c.NumAttentionHeads, d.NumAttentionHeads), cmp.Or(c.MaxPositions, d.MaxPositions)
	c.SlidingWindow = cmp.Or(c.SlidingWindow, d.SlidingWindow)
}
