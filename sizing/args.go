package sizing

import (
	"encoding/json"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// WithArgs returns the engine with the arguments of `vllm serve` applied. An argument
// that is not set leaves its field unchanged.
func (e Engine) WithArgs(args *vllmflags.Args) Engine {
	if args == nil {
		return e
	}
	for flag, field := range map[string]*int{
		"--tensor-parallel-size": &e.TensorParallel, "--pipeline-parallel-size": &e.PipelineParallel,
		"--max-model-len": &e.MaxModelLen, "--max-num-seqs": &e.MaxNumSeqs,
		"--max-num-batched-tokens": &e.MaxBatchedTokens, "--num-gpu-blocks-override": &e.Blocks, "--max-cudagraph-capture-size": &e.LargestGraph,
	} {
		if n, ok := args.Int(flag); ok {
			*field = int(n)
		}
	}
	if n, ok := args.Int("--kv-cache-memory-bytes"); ok {
		e.KVCacheBytes = n
	}
	if share, ok := args.Float("--gpu-memory-utilization"); ok {
		e.Utilization = share
	}
	for flag, field := range map[string]*string{"--kv-cache-dtype": &e.KVCacheDType, "--dtype": &e.DType} {
		if text, ok := args.String(flag); ok {
			*field = text
		}
	}
	caching := !e.NoPrefixCaching
	for flag, field := range map[string]*bool{
		"--enforce-eager": &e.EnforceEager, "--enable-expert-parallel": &e.ExpertParallel, "--enable-prefix-caching": &caching,
		"--disable-hybrid-kv-cache-manager": &e.WholeWindows, "--allow-deprecated-quantization": &e.AllowDeprecated,
	} {
		if enabled, set := args.Bool(flag); set {
			*field = enabled
		}
	}
	e.NoPrefixCaching = !caching
	if enabled, _ := args.Bool("--enable-lora"); enabled {
		e.LoRASlots, e.LoRARank = 1, 16 // vLLM's defaults
		for flag, field := range map[string]*int{"--max-loras": &e.LoRASlots, "--max-lora-rank": &e.LoRARank} {
			if n, ok := args.Int(flag); ok {
				*field = int(n)
			}
		}
	}
	if args.Has("--speculative-config") || args.Has("--spec-method") || args.Has("--spec-model") || args.Has("--spec-tokens") {
		e.Drafter = drafter(args)
	}
	e.Images = images(args, e.Images)
	if e.Shape.Kind == catalogue.Generator {
		runner, _ := args.String("--runner")
		convert, _ := args.String("--convert")
		switch {
		case convert == "classify":
			e.Shape.Kind = catalogue.Reranker
		case convert == "embed", runner == "pooling":
			e.Shape.Kind = catalogue.Embedding
		}
	}
	if method, ok := args.String("--quantization"); ok {
		e.Shape = e.Shape.WithQuantization(method)
	}
	return e
}

// images returns the number of images that --limit-mm-per-prompt allows for one
// request. The argument holds a number, or a mapping with the key count. Default:
// fallback.
func images(args *vllmflags.Args, fallback int) int {
	text, _ := args.String("--limit-mm-per-prompt")
	var limits map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &limits) != nil {
		return fallback
	}
	var count int
	var options struct{ Count *int }
	switch {
	case limits["image"] == nil:
		return fallback
	case json.Unmarshal(limits["image"], &count) == nil:
	case json.Unmarshal(limits["image"], &options) == nil && options.Count != nil:
		count = *options.Count
	default:
		return fallback
	}
	if count == 0 {
		return NoImages
	}
	return count
}
