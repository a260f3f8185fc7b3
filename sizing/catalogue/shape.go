package catalogue

// Shape is what the memory and the speed of a model are computed from: its
// config.json, reduced to that.
type Shape struct {
	// Name is the Hugging Face id, or what else the shape was found by.
	Name string
	// Kind says what the model is for. Default: it generates text.
	Kind Kind
	// WeightsGiB is the size of the weights' files; 0: computed.
	WeightsGiB float64
	// ModelType is the architecture's name in config.json, such as qwen3_moe.
	ModelType string
	// Hidden is the width of the residual stream, Heads the number of attention
	// heads, Intermediate the width of a dense MLP.
	Hidden, Heads, Intermediate int
	// HeadDim is the width of one head of full attention.
	HeadDim int
	// Sinks reports that attention has learned sinks.
	Sinks bool
	// PrefixLM reports that the tokens of an image see each other in both
	// directions.
	PrefixLM bool
	// Layers is the number of decoder layers, Vocab that of the logits, MaxLen
	// the longest context that the model was trained for, in tokens (0: not
	// stated).
	Layers, Vocab, MaxLen int
	// UsualLen is the longest context where none is asked for, in tokens, of models
	// that were stretched (LongRoPE). Default: MaxLen.
	UsualLen int
	// KV are the layers that keep something from token to token.
	KV []KVLayers
	// Weights are the numbers of parameters by what becomes of them.
	Weights Weights
	// MoE is set for a mixture of experts.
	MoE MoE
	// MLA is set for attention that keeps one latent for all heads.
	MLA MLA
	// Vision is the encoder of images, if there is one.
	Vision Vision
	// DType is the checkpoint's type, such as bfloat16.
	DType string
	// Quantization is the checkpoint's own, if any.
	Quantization Quantization
	// drafts tells that the published parameters hold layers for speculative
	// decoding.
	drafts bool
	// Family tells that the shape was found by a piece of the model's name and
	// not by its id.
	Family bool
}

// KVKind is how a layer's cache grows with the context.
type KVKind int

const (
	// Full keeps every token.
	Full KVKind = iota
	// Sliding keeps the last Window tokens, or the chunk of that many.
	Sliding
	// State keeps a state of fixed size: Mamba and linear attention.
	State
)

// KVLayers are layers that keep their cache alike.
type KVLayers struct {
	Kind  KVKind
	Count int
	// Heads is the number of KV heads; tensor parallelism divides them, unless
	// the latent of MLA is all there is.
	Heads int
	// Elements is what one head keeps of one token: keys and values.
	Elements int
	// Shared tells that the heads are not divided over GPUs.
	Shared bool
	// Bytes is what a layer keeps of one token beside that, whatever the type of
	// the KV cache, on every GPU.
	Bytes int
	// Block is how many tokens a block holds; 0: vLLM's default.
	Block int
	// Paged reports that a State fills as many blocks as it needs, where others
	// fill one.
	Paged bool
	// Window in tokens, of Sliding. Chunked tells that it does not slide: a token
	// sees its own chunk of that many.
	Window  int
	Chunked bool
	// ConvBytes and Recurrence are the size of one layer of a State, on all GPUs
	// together: of its convolution in 16 bit, and the elements of its recurrence,
	// which is kept in 32 bit from the release 0.WideSince on; 0: in 16 bit.
	ConvBytes, Recurrence, WideSince int
}

// MLA is attention over a latent; the zero value is none.
type MLA struct {
	// Latent is the width of the latent, and Cached that with its rotary part.
	Latent, Cached int
	// Expanded is what one head makes of the latent: keys and values.
	Expanded int
}

// Weights are numbers of parameters.
type Weights struct {
	// Linear are the matrices of attention and dense MLPs, and Experts those of
	// routed experts: what quantisation makes smaller.
	Linear, Experts float64
	// Attention is the part of Linear that is of attention and of states.
	Attention float64
	// KVProjection is the part of Linear that is repeated where there are more
	// GPUs than KV heads.
	KVProjection float64
	// Embedding is the table of tokens and, unless tied to it, the output head,
	// which is the part Head.
	Embedding, Head float64
	// Encoder are those of vision and audio towers, Other the rest: norms,
	// biases, routers.
	Encoder, Other float64
}

// Total is the number of all parameters.
func (w Weights) Total() float64 {
	return w.Linear + w.Experts + w.Embedding + w.Encoder + w.Other
}

// MoE is a mixture of experts; the zero value is none.
type MoE struct {
	// Experts is how many there are to choose from, PerToken how many a token
	// visits, Intermediate their width, Layers how many layers have them.
	Experts, PerToken, Intermediate, Layers int
}

// Vision is an encoder of images; the zero value is none.
type Vision struct {
	// Hidden and Intermediate are the widths of the encoder, and Matrices how
	// many its MLP has: two, or three with a gate.
	Hidden, Intermediate, Matrices int
	// Patches and Tokens are those of the largest image. Scaled tells that an
	// image is made smaller where a context holds fewer tokens.
	Patches, Tokens int
	Scaled          bool
}

// Active is the share of the expert weights that a step reads when so many
// sequences are in it, if each chooses its experts on its own.
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

// ActiveParameters is how many parameters one token is computed with.
func (s Shape) ActiveParameters() float64 {
	experts := s.Weights.Experts
	if s.MoE.Experts > 0 {
		experts *= float64(s.MoE.PerToken) / float64(s.MoE.Experts)
	}
	return s.Weights.Linear + experts + s.Weights.Embedding + s.Weights.Other
}

// Bytes returns the size of what every step reads (attention, MLPs, shared
// experts, the output head and norms), of all routed experts, and of the rest,
// where a parameter in the model's own type has element bytes.
func (s Shape) Bytes(element float64) (every, experts, rest float64) {
	w, q := s.Weights, s.Quantization
	every = w.Attention*q.Attention.Bytes(element) + (w.Linear-w.Attention)*q.MLP.Bytes(element) + w.Head*q.Head.Bytes(element) + w.Other*element
	experts = w.Experts * q.Experts.Bytes(element)
	table := (w.Embedding - w.Head) * element
	rest = w.Encoder * element
	if w.Head > 0 || !s.Kind.Generates() {
		return every, experts, rest + table
	}
	return every + table, experts, rest // the table is the output head too
}

// WithQuantization returns the shape with the quantisation that a name, a method
// or a remark tells, unless the checkpoint's own is known, which is more
// particular.
func (s Shape) WithQuantization(text string) Shape {
	if s.Quantization.Method == "" {
		s.Quantization = s.named(text)
	}
	return s
}

// Stretched returns the shape with every matrix grown or shrunk alike, so that
// it has so many parameters.
func (s Shape) Stretched(parameters float64) Shape {
	scale := parameters / s.Weights.Total()
	w := &s.Weights
	for _, part := range []*float64{&w.Linear, &w.Experts, &w.Attention, &w.KVProjection, &w.Embedding, &w.Head, &w.Encoder, &w.Other} {
		*part *= scale
	}
	return s
}
