package catalogue

import "fmt"

// blockConfig describes one layer of a model whose layers were found by a search
// (DeciLM, Llama-Nemotron).
type blockConfig struct {
	Attention *struct {
		Group   int  `json:"n_heads_in_group"`
		NoOp    bool `json:"no_op"`
		Linear  bool `json:"replace_with_linear"`
		Window  int  `json:"window_length"`
		KVHeads int  `json:"num_key_value_heads"`
	} `json:"attention"`
	FFN *struct {
		Mult   float64 `json:"ffn_mult"`
		NoOp   bool    `json:"no_op"`
		Linear bool    `json:"replace_with_linear"`
		Width  int     `json:"intermediate_size"`
	} `json:"ffn"`
}

// blockLayers returns the layers of block_configs, by the rules of
// vllm/model_executor/models/nemotron_nas.py (017e9f4448, 2026-08-17).
func (c *config) blockLayers() ([]layer, error) {
	layers := make([]layer, min(len(c.BlockConfigs), maxLayers))
	for i := range layers {
		b, l := c.BlockConfigs[i], &layers[i]
		if b.Attention == nil || b.FFN == nil {
			return nil, fmt.Errorf("block_configs: block %d has no attention and ffn, so its layout is not known; %s", i, workaround)
		}
		l.key, l.value, l.heads = c.HeadDim, c.HeadDim, c.NumAttentionHeads
		switch {
		case b.Attention.Linear:
			l.linearAttention = true
		case b.Attention.NoOp:
		case b.Attention.KVHeads > 0:
			l.kind, l.kvHeads = fullAttention, b.Attention.KVHeads
		case b.Attention.Group > 0:
			l.kind, l.kvHeads = fullAttention, c.NumAttentionHeads/b.Attention.Group
		default:
			return nil, fmt.Errorf("block_configs: the attention of block %d has no n_heads_in_group; %s", i, workaround)
		}
		if l.kind == fullAttention && b.Attention.Window > 0 {
			l.kind, l.window = slidingAttention, b.Attention.Window
		}
		switch {
		case b.FFN.Linear:
			l.linearMLP = true
		case b.FFN.NoOp:
		case b.FFN.Width > 0:
			l.dense = min(b.FFN.Width, 1<<24)
		default:
			width := int(min(max(2*b.FFN.Mult*float64(c.HiddenSize)/3, 0), 1<<24))
			l.dense = (width + 255) / 256 * 256
		}
	}
	return layers, nil
}
