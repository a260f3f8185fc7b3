package serving

// Model is what is served.
type Model struct {
	// ID is a Hugging Face model id such as mistralai/Mistral-7B-Instruct-v0.2, or
	// the folder of an S3 bucket that has the same files, s3://bucket/path, from
	// which the weights are streamed. Required.
	ID string
	// Revision is a commit, tag or branch of the model. Default: the
	// repository's main branch as it is when a pod starts.
	Revision string
	// ServedName is the name that clients ask for, and that metrics have. Default: ID;
	// the service's name, where that is an address in S3.
	ServedName string
	// ServedAliases are further names that clients may ask for. Default: none.
	ServedAliases []string
	// TrustRemoteCode runs Python code from the model's repository in the pod, as some
	// models need. Revision must then be a commit, unless the files are on a volume or
	// in S3. Default: false.
	TrustRemoteCode bool
	// MaxLen is the longest context, prompt and completion together, in tokens.
	// Default: the longest that the model was trained for.
	MaxLen int
	// MaxNumSeqs is how many sequences an engine works on at once; others wait.
	// Default: a third more than it serves within the objectives, or vLLM's own
	// default where that is not known.
	MaxNumSeqs int
	// DType is the type of weights and activations, as vLLM names it: bfloat16,
	// half, …. Default: the checkpoint's, in 16 bit.
	DType string
	// Quantization is the method that the checkpoint is quantised by, as vLLM
	// names it: awq, gptq, fp8, …. Default: what the checkpoint says.
	Quantization string
	// KVCacheDType is the type of the KV cache, as vLLM names it. fp8 holds twice
	// the tokens. Default: that of the activations.
	KVCacheDType string
	// PrefixCaching keeps the KV cache of beginnings that requests share. A
	// pointer, because false is a choice. Default: vLLM's, which is on.
	PrefixCaching *bool
	// ToolCallParser reads the tool calls of this kind of model, by vLLM's name
	// of it, and lets the model decide when to call. Default: none.
	ToolCallParser string
	// ReasoningParser takes the reasoning of this kind of model apart, by vLLM's
	// name of it. Default: none.
	ReasoningParser string
	// Shape is the model's config.json, or as many of its keys as sizes are
	// computed from, as JSON; or the id of a model of the catalogue that has the
	// same shape. Default: that of the catalogue, by ID or by the last two parts
	// of an address in S3; a model that it does not have is not sized.
	Shape string
}

// KVCache is where the KV cache goes beside the GPU's memory.
type KVCache struct {
	// HostMemory is memory of the node that keeps parts of the KV cache which the GPUs
	// have no room for, of all GPUs of a replica together. It is part of
	// Resources.Memory. Default: none.
	HostMemory string
}

// QueueLimits bound what waits for an engine; a request beyond is refused at once, so that
// clients can try another. Default: no bounds.
type QueueLimits struct {
	// MaxRequests and MaxTokens are how many requests, and prompt tokens of requests,
	// may wait.
	MaxRequests, MaxTokens int
}

// Speculative is speculative decoding: something quick proposes tokens, and the model
// checks several of them at once, so that answers come faster while the load is low.
type Speculative struct {
	// Method is vLLM's name of what proposes: ngram and suffix take what the text has
	// already, mtp layers of the model itself, eagle, eagle3 and draft_model another
	// model. Default: none.
	Method string
	// Model is that other model, on Hugging Face.
	Model string
	// Tokens is how many are proposed at once. Required with all methods but suffix.
	Tokens int
}

// Media bounds the images, videos and sounds of requests, for models that take them.
type Media struct {
	// Domains are the hosts from which the engine may fetch what a request names.
	// Default: any that the network lets through.
	Domains []string
	// Images, Videos and Sounds are how many one request may have; 0: none. Default:
	// vLLM's, which is 999.
	Images, Videos, Sounds *int
}

// LoRA are adapters that are served beside the model, each by its own name.
type LoRA struct {
	// Adapters are what is served. Default: none.
	Adapters []Adapter
	// MaxRank is the largest rank among them: 1, 8, 16, 32, 64, 128, 256, 320 or
	// 512. Default: 16.
	MaxRank int
	// MaxLoaded is how many of them one batch may mix; requests for others wait.
	// GPU memory is kept for each. Default: all of them, at most 8.
	MaxLoaded int
}

// Adapter is one set of LoRA weights.
type Adapter struct {
	// Name is what clients ask for as the model. Required.
	Name string
	// Source is a Hugging Face id, or a path in the engine's container. Required.
	Source string
}
