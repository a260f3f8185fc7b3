package serving

// Model holds the weights that are served, and how vLLM serves them.
type Model struct {
	// ID is a Hugging Face model id, or the folder of an S3 bucket with the same
	// files, s3://bucket/path, from which the weights are streamed.
	ID string `key:"model" required:"true" example:"mistralai/Mistral-7B-Instruct-v0.2"`
	// Revision is a commit, tag or branch of the model. Default: the main branch when a
	// pod starts.
	Revision string `key:"revision"`
	// ServedNames are the names that clients send as the model. Metrics have the first
	// name. Default: [ID]; [Spec.Name] for a model in S3.
	ServedNames []string `key:"servedModelName" list:"one"`
	// TrustRemoteCode runs Python code from the model's repository in the pod. Some
	// models need it. [Revision] must then be a commit, unless the files are on a volume
	// or in S3.
	TrustRemoteCode bool `key:"trustRemoteCode"`
	// MaxLen is the longest context in tokens: prompt and answer together. Default: the
	// longest context that the model was trained for.
	MaxLen int `key:"maxModelLen" range:"1.." advice:"leave it out for the model's own maximum"`
	// MaxNumSeqs is the number of requests that a replica processes at once; others wait.
	// Default: a third more than the number of requests that meet the objectives; vLLM's
	// own default if that is not known.
	MaxNumSeqs int `key:"maxNumSeqs" range:"1..16384" advice:"leave it out to derive it from the objectives" in:"defaults pin"`
	// DType is the type of weights and activations, as vLLM names it: bfloat16, half,
	// …. Default: the type of the checkpoint, in 16 bit.
	DType string `key:"dtype"`
	// Quantization is the quantization method of the checkpoint, as vLLM names it: awq,
	// gptq, fp8, …. Default: the method that the checkpoint states.
	Quantization string `key:"quantization"`
	// KVCacheDType is the type of the KV cache, as vLLM names it. fp8 holds twice the
	// tokens. Default: the type that the checkpoint states, else that of the
	// activations.
	KVCacheDType string `key:"kvCacheDtype"`
	// PrefixCaching keeps the KV cache of prefixes that requests share. Default: that
	// of vLLM, true.
	PrefixCaching *bool `key:"prefixCaching"`
	// ToolCallParser is vLLM's parser for the tool calls of this kind of model. It lets
	// the model decide when to call a tool. Default: none.
	ToolCallParser string `key:"toolCallParser"`
	// ReasoningParser is vLLM's parser for the reasoning of this kind of model.
	// Default: none.
	ReasoningParser string `key:"reasoningParser"`
	// Shape is the path of the model's config.json, or a mapping with its keys that
	// determine sizes, or the id of a model of the catalogue that has the same shape.
	// Default: the shape in the catalogue; a model without a shape is not sized.
	Shape string `key:"shape" as:"shape"`
}

// ServedName returns the name in metrics; "" if the model has no names and no defaults
// yet.
func (m Model) ServedName() string {
	if len(m.ServedNames) == 0 {
		return ""
	}
	return m.ServedNames[0]
}

// KVCache holds memory for the KV cache in addition to that of the GPUs.
type KVCache struct {
	// HostMemory is memory of the node for parts of the KV cache that do not fit on the
	// GPUs, for all GPUs of a replica together. It is part of [Resources.Memory].
	// Default: none.
	HostMemory string `key:"hostMemory"`
}

// QueueLimits bounds the requests that wait for a replica.
type QueueLimits struct {
	// MaxRequests is the largest number of waiting requests. Default: no bound.
	MaxRequests int `key:"maxRequests" range:"1..1000000000" advice:"leave it out for no bound"`
	// MaxTokens is the largest number of prompt tokens of waiting requests. Default: no
	// bound.
	MaxTokens int `key:"maxTokens" range:"1..1000000000" advice:"leave it out for no bound"`
}

// Speculative holds how tokens are proposed.
type Speculative struct {
	// Method is vLLM's name of the method: ngram and suffix repeat tokens of the
	// request, mtp uses layers of the model itself, eagle, eagle3 and draft_model use
	// another model. Default: none.
	Method string `key:"method" oneof:"draft_model eagle eagle3 mtp ngram suffix" advice:"others can be set with --speculative-config in extraArgs"`
	// Model is the other model that proposes tokens, a Hugging Face id. Default: none.
	Model string `key:"model"`
	// Tokens is the number of tokens that are proposed at once. Default: required with
	// all methods but suffix.
	Tokens int `key:"tokens" range:"1..64"`
}

// Media bounds the images, videos and sounds of requests.
type Media struct {
	// Domains are the hosts from which vLLM may download the media of a request.
	// Default: any that the network allows.
	Domains []string `key:"domains"`
	// Images is the largest number of images of one request; 0 refuses them. Default:
	// that of vLLM, 999.
	Images *int `key:"images" range:"0..999" advice:"leave it out for vLLM's own limit"`
	// Videos is the largest number of videos of one request; 0 refuses them. Default:
	// that of vLLM, 999.
	Videos *int `key:"videos" range:"0..999" advice:"leave it out for vLLM's own limit"`
	// Sounds is the largest number of sounds of one request; 0 refuses them. Default:
	// that of vLLM, 999.
	Sounds *int `key:"sounds" range:"0..999" advice:"leave it out for vLLM's own limit"`
}

// LoRA holds adapters.
type LoRA struct {
	// Adapters are the adapters that are served.
	Adapters []Adapter `key:"adapters"`
	// MaxRank is the largest rank of the adapters.
	MaxRank int `key:"maxRank" oneof:"1 8 16 32 64 128 256 320 512" default:"16" if:"adapters" in:"defaults pin"`
	// MaxLoaded is the number of adapters that one batch may mix; requests for others
	// wait. Each takes GPU memory. Default: all adapters, at most 8.
	MaxLoaded int `key:"maxLoaded" range:"1.." in:"defaults pin"`
}

// Adapter is one set of LoRA weights.
type Adapter struct {
	// Name is the name that clients send as the model.
	Name string `key:"name" required:"true" example:"sql"`
	// Source is a Hugging Face id, or a path in vLLM's container.
	Source string `key:"source" required:"true" example:"org/sql-lora"`
}
