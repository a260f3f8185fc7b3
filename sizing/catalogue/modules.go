package catalogue

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// part is a part of the weights that checkpoints store in its own format.
type part int

const (
	attentionPart part = iota // attention of any kind, and states
	mlpPart                   // dense MLPs and shared experts
	expertPart                // routed experts
)

// module is a matrix, or several equal matrices, of one layer.
type module struct {
	part part
	// layer, containers and leaves form the names in checkpoints, such as
	// layers.3.self_attn.q_proj.
	layer              int
	containers, leaves []string
	// size is the number of parameters.
	size float64
	// kv reports keys and values; plain reports a matrix that no method quantises.
	kv, plain bool
}

// names returns the possible names of the module in checkpoints.
func (m module) names() []string {
	prefix := "layers." + strconv.Itoa(m.layer) + "."
	names := make([]string, 0, len(m.containers)*len(m.leaves))
	for _, container := range m.containers {
		for _, leaf := range m.leaves {
			names = append(names, prefix+strings.TrimPrefix(container+"."+leaf, "."))
		}
	}
	return names
}

// named adds a module of a layer, with its leaf in each of the containers.
func (m *modules) named(layer int, part part, containers, leaves []string, size float64) *module {
	m.list = append(m.list, module{part: part, layer: layer, containers: containers, leaves: leaves, size: size})
	return &m.list[len(m.list)-1]
}

// modules holds the matrices of all layers, and the number of parameters that no method
// quantises.
type modules struct {
	list        []module
	unquantised float64
}

var (
	attentionNames = []string{"self_attn", "attn", "attention", "self_attention"}
	stateNames     = []string{"linear_attn", "mamba", "mixer", "self_attn", "conv", "ssm"}
	mlpNames       = []string{"mlp", "feed_forward", "ffn"}
	expertNames    = []string{"mlp", "block_sparse_moe", "feed_forward", "ffn", "moe"}
	mixerNames     = []string{"mixer"}
	expertLeaves   = []string{"experts", "experts.0.gate_proj", "experts.0.up_proj", "experts.0.down_proj", "experts.0.w1", "experts.0.w2"}
	sharedLeaves   = []string{"shared_experts", "shared_expert", "shared_mlp", "shared_moe", "shared_experts.up_proj", "shared_experts.down_proj", "shared_expert.up_proj", "shared_expert.down_proj"}
)

// modules returns the matrices of the language model.
func (c *config) modules(layers []layer, s Shape) modules {
	var m modules
	for i, l := range layers {
		c.attentionModules(&m, i, l)
		c.mlpModules(&m, i, l, s)
		m.unquantised += 2 * float64(c.HiddenSize) // norms
	}
	return m
}

func (c *config) attentionModules(m *modules, i int, l layer) {
	hidden := float64(c.HiddenSize)
	containers := attentionNames
	if c.HybridPattern != "" {
		containers = mixerNames
	}
	if l.kind == stateful || l.kind == both {
		c.stateModules(m, i)
	}
	switch {
	case l.linearAttention:
		m.named(i, attentionPart, containers, []string{"linear_attn"}, hidden*hidden)
		return
	case l.kind == stateful, l.kind == nothing:
		return
	case len(c.CompressRatios) > 0:
		c.compressedModules(m, i, l)
		return
	case c.KVLoraRank > 0:
		c.latentModules(m, i, l, containers)
		return
	}
	heads, queries := float64(l.heads), 1.0
	if c.LinearValueHeads > 0 && c.LinearAttention == nil || c.OutputGate || strings.HasPrefix(c.ModelType, "muse_glimmer") {
		queries = 2 // a gate on attention's output: Qwen3-Next and later
	}
	keys, values := hidden*float64(l.kvHeads*l.key), hidden*float64(l.kvHeads*l.value)
	m.named(i, attentionPart, containers, []string{"q_proj", "qkv_proj", "query_key_value", "wq"}, queries*hidden*heads*float64(l.key))
	m.named(i, attentionPart, containers, []string{"k_proj", "qkv_proj", "query_key_value", "wk"}, keys).kv = true
	if !c.KEqualsV || l.kind != fullAttention { // Gemma 4 uses the keys as values in these layers
		m.named(i, attentionPart, containers, []string{"v_proj", "qkv_proj", "query_key_value", "wv"}, values).kv = true
	}
	m.named(i, attentionPart, containers, []string{"o_proj", "out_proj", "dense", "wo"}, heads*float64(l.value)*hidden)
	if l.index { // MiniMax-M3
		m.named(i, attentionPart, containers, []string{"index_q_proj", "index_k_proj"}, hidden*float64(c.Sparse.Dim*(c.Sparse.Heads+1)))
	}
}

// latentModules adds the modules of attention over one latent for all heads.
func (c *config) latentModules(m *modules, i int, l layer, containers []string) {
	hidden, heads := float64(c.HiddenSize), float64(l.heads)
	query := float64(c.NopeHeadDim + c.RopeHeadDim)
	if rank := float64(c.QLoraRank); rank > 0 {
		m.named(i, attentionPart, containers, []string{"q_a_proj", "fused_qkv_a_proj"}, hidden*rank)
		m.named(i, attentionPart, containers, []string{"q_b_proj"}, rank*heads*query)
	} else {
		m.named(i, attentionPart, containers, []string{"q_proj"}, hidden*heads*query)
	}
	latent := float64(c.KVLoraRank)
	m.named(i, attentionPart, containers, []string{"kv_a_proj_with_mqa", "fused_qkv_a_proj"}, hidden*(latent+float64(c.RopeHeadDim)))
	m.named(i, attentionPart, containers, []string{"kv_b_proj"}, latent*heads*float64(c.NopeHeadDim+c.VHeadDim))
	m.named(i, attentionPart, containers, []string{"o_proj"}, heads*float64(c.VHeadDim)*hidden)
	if c.MLAOutputGate { // Kimi-K3
		m.named(i, attentionPart, containers, []string{"g_proj"}, hidden*heads*float64(c.VHeadDim))
	}
	if l.index {
		m.named(i, attentionPart, containers, []string{"indexer.wq_b"}, float64(c.QLoraRank)*float64(c.IndexHeads*c.IndexHeadDim))
		m.named(i, attentionPart, containers, []string{"indexer.wk"}, hidden*float64(c.IndexHeadDim))
		m.named(i, attentionPart, containers, []string{"indexer.weights_proj"}, hidden*float64(c.IndexHeads)).plain = true
	}
}

// compressedModules adds the modules of DeepSeek-V4 (vllm/models/deepseek_v4/
// attention.py and compressor.py at 017e9f4448, 2026-08-17).
func (c *config) compressedModules(m *modules, i int, l layer) {
	containers := attentionNames
	hidden, heads, width := float64(c.HiddenSize), float64(l.heads), float64(c.HeadDim)
	rank, outRank := float64(c.QLoraRank), float64(c.OLoraRank)
	m.named(i, attentionPart, containers, []string{"wq_a"}, hidden*rank)
	m.named(i, attentionPart, containers, []string{"wq_b"}, rank*heads*width)
	m.named(i, attentionPart, containers, []string{"wkv"}, hidden*width)
	m.named(i, attentionPart, containers, []string{"wo_a"}, heads*width*outRank)
	m.named(i, attentionPart, containers, []string{"wo_b"}, float64(c.OGroups)*outRank*hidden)
	if l.compress <= 1 {
		return
	}
	overlap := 1.0
	if l.compress == 4 {
		overlap = 2
		index := float64(c.IndexHeads * c.IndexHeadDim)
		m.named(i, attentionPart, containers, []string{"indexer.wq_b"}, rank*index)
		m.named(i, attentionPart, containers, []string{"indexer.weights_proj"}, hidden*float64(c.IndexHeads)).plain = true
		m.named(i, attentionPart, containers, []string{"indexer.compressor"}, 2*overlap*hidden*float64(c.IndexHeadDim)).plain = true
	}
	m.named(i, attentionPart, containers, []string{"compressor"}, 2*overlap*hidden*width).plain = true
}

// stateModules adds the modules of a Mamba, convolution or linear-attention layer.
func (c *config) stateModules(m *modules, i int) {
	hidden, containers := float64(c.HiddenSize), stateNames
	switch {
	case c.LinearAttention != nil: // Kimi: keys, values, queries and a gate alike
		wide := float64(c.LinearValueHeads * c.LinearValueDim)
		m.named(i, attentionPart, containers, []string{"q_proj", "k_proj", "v_proj"}, 3*hidden*wide)
		m.named(i, attentionPart, containers, []string{"o_proj"}, wide*hidden)
		gate := 2 * (hidden + wide) * float64(c.LinearValueDim) // of low rank
		if c.LinearAttention.FullGate {
			gate = (hidden+wide)*float64(c.LinearValueDim) + hidden*wide
		}
		m.named(i, attentionPart, containers, []string{"g_proj", "f_a_proj", "g_a_proj"}, gate+hidden*float64(c.LinearValueHeads))
	case c.LinearValueHeads > 0:
		key, value := float64(c.LinearKeyHeads*c.LinearKeyDim), float64(c.LinearValueHeads*c.LinearValueDim)
		m.named(i, attentionPart, containers, []string{"in_proj_qkv", "in_proj_qkvz"}, hidden*(2*key+value))
		m.named(i, attentionPart, containers, []string{"in_proj_z", "in_proj_qkvz"}, hidden*value)
		m.named(i, attentionPart, containers, []string{"in_proj_a", "in_proj_b", "in_proj_ba"}, hidden*2*float64(c.LinearValueHeads))
		m.named(i, attentionPart, containers, []string{"out_proj"}, value*hidden)
	case c.LFMConv > 0:
		m.named(i, attentionPart, containers, []string{"in_proj"}, 3*hidden*hidden)
		m.named(i, attentionPart, containers, []string{"out_proj"}, hidden*hidden)
	default:
		d := c.mamba()
		m.named(i, attentionPart, containers, []string{"in_proj"}, hidden*float64(2*d.inner+2*d.groups*d.state+d.heads))
		m.named(i, attentionPart, containers, []string{"out_proj"}, float64(d.inner)*hidden)
	}
}

func (c *config) mlpModules(m *modules, i int, l layer, s Shape) {
	hidden := float64(c.HiddenSize)
	dense, sparse := mlpNames, expertNames
	switch {
	case c.HybridPattern != "":
		dense, sparse = mixerNames, mixerNames
	case c.EnableMoEBlock: // Gemma 4: experts in addition to the MLP
		sparse = []string{"", "moe"}
	}
	gates := 1.0
	if slices.Contains(plainMLP, c.ModelType) {
		gates = 0
	}
	if l.linearMLP {
		m.named(i, mlpPart, dense, []string{"linear_mlp"}, hidden*hidden)
	}
	if width := hidden * float64(l.dense); width > 0 {
		if gates > 0 {
			m.named(i, mlpPart, dense, []string{"gate_proj", "gate_up_proj", "w1"}, width)
		}
		m.named(i, mlpPart, dense, []string{"up_proj", "gate_up_proj", "w3", "dense_h_to_4h"}, width)
		m.named(i, mlpPart, dense, []string{"down_proj", "w2", "dense_4h_to_h"}, width)
	}
	if !l.experts || s.MoE.Layers == 0 {
		return
	}
	seen := float64(cmp.Or(c.MoELatent, c.RoutedHidden, c.HiddenSize)) // experts may see a projection
	if seen != hidden {
		m.named(i, mlpPart, sparse, []string{"fc1_latent_proj", "fc2_latent_proj", "latent_proj"}, 2*hidden*seen)
	}
	m.named(i, expertPart, sparse, expertLeaves, (gates+2)*seen*float64(s.MoE.Intermediate)*float64(s.MoE.Experts))
	if shared := (gates + 2) * hidden * c.sharedWidth(s.MoE); shared > 0 {
		m.named(i, mlpPart, append(slices.Clone(sparse), ""), sharedLeaves, shared)
	}
	m.unquantised += hidden * float64(s.MoE.Experts) // the router
}

// sharedWidth returns the width of the experts that every token visits.
func (c *config) sharedWidth(m MoE) float64 {
	shared := cmp.Or(int(c.SharedExperts), int(c.NumSharedExperts), int(c.NumSharedExpert), c.ErnieShared)
	if size := cmp.Or(c.SharedExpertSize, c.MoESharedSize, c.ShareExpertDim, c.SharedSize); size > 0 {
		return float64(size)
	}
	if shared == 0 && (c.ModelType == "llama4" || c.ModelType == "llama4_text") {
		shared = 1
	}
	return float64(shared * m.Intermediate)
}

// weights returns the sums over all modules.
func (c *config) weights(m modules) Weights {
	w := Weights{Other: m.unquantised}
	for _, matrix := range m.list {
		switch matrix.part {
		case attentionPart:
			w.Linear += matrix.size
			w.Attention += matrix.size
			if matrix.kv {
				w.KVProjection += matrix.size
			}
		case mlpPart:
			w.Linear += matrix.size
		case expertPart:
			w.Experts += matrix.size
		}
	}
	hidden := float64(c.HiddenSize)
	table := hidden * float64(c.VocabSize)
	if c.WordEmbedProjDim > 0 {
		table = float64(c.WordEmbedProjDim) * float64(c.VocabSize)
	}
	w.Embedding = table
	if !*c.Tied {
		w.Embedding, w.Head = 2*table, table
	}
	w.Embedding += float64(c.PerLayerInput) * float64(c.PerLayerVocab) * float64(c.NumHiddenLayers)
	if slices.Contains(encoders, c.ModelType) && c.ModelType != "modernbert" && c.ModelType != "nomic_bert" { // tables of positions and of segments
		w.Embedding += hidden * float64(c.MaxPositions+c.TypeVocab)
	}
	return w
}
