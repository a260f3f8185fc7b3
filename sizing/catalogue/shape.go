package catalogue

// Shape holds the values of a config.json from which the memory and the speed of a
// model are computed.
type Shape struct {
	// Name is the Hugging Face id, or the other name by which the shape was found.
	Name string
	// Kind is the purpose of the model. Default: it generates text.
	Kind Kind
	// WeightsGiB is the size of the weights' files in GiB. Default: 0, computed.
	WeightsGiB float64
	// ModelType is the architecture's name in config.json, such as qwen3_moe.
	ModelType string
	// Hidden is the width of the residual stream, Heads the number of attention heads,
	// Intermediate the width of a dense MLP.
	Hidden, Heads, Intermediate int
	// HeadDim is the width of one head of full attention.
	HeadDim int
	// Sinks reports that attention has learned sinks.
	Sinks bool
	// PrefixLM reports that the tokens of an image attend to each other in both
	// directions.
	PrefixLM bool
	// Layers is the number of decoder layers, Vocab the size of the vocabulary, and
	// MaxLen the longest context for which the model was trained, in tokens (0: not
	// stated).
	Layers, Vocab, MaxLen int
	// UsualLen is vLLM's default context in tokens, for models that were stretched
	// (LongRoPE). Default: MaxLen.
	UsualLen int
	// KV are the layers that cache data between tokens.
	KV []KVLayers
	// Weights holds the numbers of parameters by use.
	Weights Weights
	// MoE describes the mixture of experts, if the model has one.
	MoE MoE
	// MLA describes attention with one latent for all heads, if the model has it.
	MLA MLA
	// Vision describes the image encoder, if the model has one.
	Vision Vision
	// DType is the checkpoint's type, such as bfloat16.
	DType string
	// Quantization is the checkpoint's quantisation, if it has one.
	Quantization Quantization
	// drafts reports that the published parameters include layers for speculative
	// decoding.
	drafts bool
	// Family reports that the shape was found by a part of the model's name and not by
	// its id.
	Family bool
}

// KVKind describes how a layer's cache grows with the context.
type KVKind int

const (
	// Full caches every token.
	Full KVKind = iota
	// Sliding caches the last Window tokens, or the current chunk of Window tokens.
	Sliding
	// State caches a state of fixed size: Mamba and linear attention.
	State
)

// KVLayers is a group of layers with equal caches.
type KVLayers struct {
	Kind  KVKind
	Count int
	// Heads is the number of KV heads. Tensor parallelism divides them, except if the
	// layer caches only the latent of MLA.
	Heads int
	// Elements is the number of elements that one head caches for one token: keys and
	// values.
	Elements int
	// Shared reports that the heads are not divided over GPUs.
	Shared bool
	// Bytes is the additional cache of a layer for one token, in bytes, with any type
	// of the KV cache, on every GPU.
	Bytes int
	// Block is the number of tokens in a block. Default: 0, vLLM's default.
	Block int
	// Paged reports that a State fills as many blocks as it needs; other states fill
	// one.
	Paged bool
	// Window is the width of Sliding in tokens. Chunked reports that the window does
	// not slide: a token attends to its own chunk of Window tokens.
	Window  int
	Chunked bool
	// ConvBytes and Recurrence are the size of one layer of a State, on all GPUs
	// together: the bytes of its convolution in 16 bit, and the elements of its
	// recurrence. The recurrence is kept in 32 bit since the release 0.WideSince; 0: in
	// 16 bit.
	ConvBytes, Recurrence, WideSince int
}

// MLA describes attention over a latent. The zero value means none.
type MLA struct {
	// Latent is the width of the latent, and Cached the width with its rotary part.
	Latent, Cached int
	// Expanded is the width of the keys and values that one head computes from the
	// latent.
	Expanded int
}

// Weights holds numbers of parameters.
type Weights struct {
	// Linear counts the matrices of attention and dense MLPs, and Experts those of
	// routed experts. Quantisation reduces both.
	Linear, Experts float64
	// Attention is the part of Linear that belongs to attention and states.
	Attention float64
	// KVProjection is the part of Linear that is repeated if there are more GPUs than
	// KV heads.
	KVProjection float64
	// Embedding counts the embedding and, unless tied to it, the output head. Head is
	// the part of the output head.
	Embedding, Head float64
	// Encoder counts the vision and audio encoders, and Other the rest: norms, biases,
	// routers.
	Encoder, Other float64
}

// Total returns the number of all parameters.
func (w Weights) Total() float64 {
	return w.Linear + w.Experts + w.Embedding + w.Encoder + w.Other
}

// MoE describes a mixture of experts. The zero value means none.
type MoE struct {
	// Experts is the number of routed experts, PerToken the number that a token visits,
	// Intermediate their width, and Layers the number of layers with experts.
	Experts, PerToken, Intermediate, Layers int
}

// Vision describes an image encoder. The zero value means none.
type Vision struct {
	// Hidden and Intermediate are the widths of the encoder, and Matrices the number of
	// its MLP's matrices: two, or three with a gate.
	Hidden, Intermediate, Matrices int
	// Patches and Tokens are the numbers for the largest image. Scaled reports that an
	// image is scaled down if the context holds fewer tokens.
	Patches, Tokens int
	Scaled          bool
}

// Active returns the share of the expert weights that a step with a number of sequences
// reads, if each sequence selects its experts independently.
func (m MoE) Active(sequences int) float64 {
	if m.Experts == 0 {
		return 1
	}
	untouched := 1.0
	miss := 1 - float64(m.PerToken)/float64(m.Experts)
	for range min(sequences, 4096) {
		untouched *= miss
	}
	return 1 - untouched
}

// ActiveParameters returns the number of parameters that one token uses.
func (s Shape) ActiveParameters() float64 {
	experts := s.Weights.Experts
	if s.MoE.Experts > 0 {
		experts *= float64(s.MoE.PerToken) / float64(s.MoE.Experts)
	}
	return s.Weights.Linear + experts + s.Weights.Embedding + s.Weights.Other
}

// Bytes returns sizes in bytes: of the weights that every step reads (attention, MLPs,
// shared experts, the output head and norms), of all routed experts, and of the rest.
// element is the size of a parameter in the model's type.
func (s Shape) Bytes(element float64) (common, experts, rest float64) {
	w, q := s.Weights, s.Quantization
	common = w.Attention*q.Attention.Bytes(element) + (w.Linear-w.Attention)*q.MLP.Bytes(element) + w.Head*q.Head.Bytes(element) + w.Other*element
	experts = w.Experts * q.Experts.Bytes(element)
	table := (w.Embedding - w.Head) * element
	rest = w.Encoder * element
	if w.Head > 0 || !s.Kind.Generates() {
		return common, experts, rest + table
	}
	return common + table, experts, rest // the table is the output head too
}

// WithQuantization returns the shape with the quantisation that a text states: a name,
// a method or a remark. A known quantisation of the checkpoint takes precedence.
func (s Shape) WithQuantization(text string) Shape {
	if s.Quantization.Method == "" {
		s.Quantization = s.named(text)
	}
	return s
}

// Stretched returns the shape with all matrices scaled by one factor, so that it has a
// number of parameters.
func (s Shape) Stretched(parameters float64) Shape {
	scale := parameters / s.Weights.Total()
	w := &s.Weights
	for _, part := range []*float64{&w.Linear, &w.Experts, &w.Attention, &w.KVProjection, &w.Embedding, &w.Head, &w.Encoder, &w.Other} {
		*part *= scale
	}
	return s
}
