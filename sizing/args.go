package sizing

import (
	"encoding/json"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// WithArgs returns the engine as the arguments of `vllm serve` tell it to run.
// What they do not say stays as it is.
func (e Engine) WithArgs(args *vllmflags.Args) Engine {
	if args == nil {
		return e
	}
	for flag, to := range map[string]*int{
		"--tensor-parallel-size": &e.TensorParallel, "--pipeline-parallel-size": &e.PipelineParallel,
		"--max-model-len": &e.MaxModelLen, "--max-num-seqs": &e.MaxNumSeqs,
		"--max-num-batched-tokens": &e.MaxBatchedTokens, "--num-gpu-blocks-override": &e.Blocks, "--max-cudagraph-capture-size": &e.LargestGraph,
	} {
		if n, ok := args.Int(flag); ok {
			*to = int(n)
		}
	}
	if n, ok := args.Int("--kv-cache-memory-bytes"); ok {
		e.KVCacheBytes = n
	}
	if share, ok := args.Float("--gpu-memory-utilization"); ok {
		e.Utilization = share
	}
	for flag, to := range map[string]*string{"--kv-cache-dtype": &e.KVCacheDType, "--dtype": &e.DType} {
		if text, ok := args.String(flag); ok {
			*to = text
		}
	}
	caching := !e.NoPrefixCaching
	for flag, to := range map[string]*bool{
		"--enforce-eager": &e.EnforceEager, "--enable-expert-parallel": &e.ExpertParallel, "--enable-prefix-caching": &caching,
		"--disable-hybrid-kv-cache-manager": &e.WholeWindows, "--allow-deprecated-quantization": &e.AllowDeprecated,
	} {
		if on, given := args.Bool(flag); given {
			*to = on
		}
	}
	e.NoPrefixCaching = !caching
	if on, _ := args.Bool("--enable-lora"); on {
		e.LoRASlots, e.LoRARank = 1, 16 // vLLM's own defaults
		for flag, to := range map[string]*int{"--max-loras": &e.LoRASlots, "--max-lora-rank": &e.LoRARank} {
			if n, ok := args.Int(flag); ok {
				*to = int(n)
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

// images is how many images a request may have by --limit-mm-per-prompt: a number,
// or a mapping with its count.
func images(args *vllmflags.Args, otherwise int) int {
	text, _ := args.String("--limit-mm-per-prompt")
	var limits map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &limits) != nil {
		return otherwise
	}
	var count int
	var options struct{ Count *int }
	switch {
	case limits["image"] == nil:
		return otherwise
	case json.Unmarshal(limits["image"], &count) == nil:
	case json.Unmarshal(limits["image"], &options) == nil && options.Count != nil:
		count = *options.Count
	default:
		return otherwise
	}
	if count == 0 {
		return NoImages
	}
	return count
}
