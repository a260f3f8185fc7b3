package main

import (
	"fmt"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
)

// defaultUtilization is vLLM's share of the GPU's memory since 0.21.
const defaultUtilization = 0.92

// defaultGPUs are visible where nothing says otherwise: a whole node's.
const defaultGPUs = 8

// visibleGPUs counts the cards as the device plugin or the user lists them.
func visibleGPUs(env environ) (int, error) {
	count, err := env.number("VLLMSIM_GPU_COUNT", 0)
	if err != nil || count > 0 {
		return int(count), err
	}
	for _, name := range []string{"CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"} {
		switch list := env(name); list {
		case "", "all", "void", "none":
		default:
			return len(strings.Split(list, ",")), nil
		}
	}
	return defaultGPUs, nil
}

func (s *settings) readDeployment(args *vllmflags.Args, env environ) error {
	name := env("VLLMSIM_GPU")
	if name == "" {
		name = "A10G"
	}
	gpu, err := hardware.FindGPU(name)
	if err != nil {
		return fmt.Errorf("VLLMSIM_GPU: %w", err)
	}
	count, err := visibleGPUs(env)
	if err != nil {
		return err
	}
	quantization, _ := args.String("--quantization")
	d := hardware.Deployment{
		GPU: gpu, Model: hardware.FindModel(s.model, quantization), TensorParallel: 1, PipelineStages: 1,
		Utilization: defaultUtilization, KVCacheDType: "auto", MaxNumSeqs: gpu.MaxSeqs,
	}
	if n, ok := args.Int("--tensor-parallel-size"); ok {
		d.TensorParallel = int(n)
	}
	if n, ok := args.Int("--pipeline-parallel-size"); ok {
		d.PipelineStages = int(n)
	}
	if f, ok := args.Float("--gpu-memory-utilization"); ok {
		d.Utilization = f
	}
	if text, ok := args.String("--kv-cache-dtype"); ok {
		d.KVCacheDType = text
	}
	if n, ok := args.Int("--max-num-seqs"); ok {
		d.MaxNumSeqs = int(n)
	}
	if n, ok := args.Int("--kv-cache-memory-bytes"); ok {
		d.KVBytes = n
	}
	if n, ok := args.Int("--num-gpu-blocks-override"); ok {
		d.Blocks = int(n)
	}
	d.EnforceEager, _ = args.Bool("--enforce-eager")
	s.deployment = d
	return checkRanges(d, count)
}

// checkRanges refuses what vLLM's configuration classes refuse before any GPU
// is touched.
func checkRanges(d hardware.Deployment, gpus int) error {
	switch {
	case d.TensorParallel < 1 || d.PipelineStages < 1:
		return hardware.EngineError("ValidationError: tensor_parallel_size and pipeline_parallel_size should be greater than or equal to 1")
	case d.TensorParallel*d.PipelineStages > gpus:
		return hardware.EngineError(fmt.Sprintf("ValidationError: World size (%d) is larger than the number of available GPUs (%d) in this node.", d.TensorParallel*d.PipelineStages, gpus))
	case d.Utilization <= 0 || d.Utilization > 1:
		return hardware.EngineError(fmt.Sprintf("ValidationError: gpu_memory_utilization should be greater than 0 and less than or equal to 1, got %v", d.Utilization))
	case d.MaxNumSeqs < 1:
		return hardware.EngineError(fmt.Sprintf("ValidationError: max_num_seqs should be greater than or equal to 1, got %d", d.MaxNumSeqs))
	}
	return nil
}

// sizeEngine settles the context length and the scheduler's limits.
func (s *settings) sizeEngine(args *vllmflags.Args) error {
	d := s.deployment
	asked, given := args.Int("--max-model-len")
	s.maxModelLen = int(asked)
	switch {
	case !given:
		s.maxModelLen = d.Model.MaxLen
	case asked == -1: // auto: what fits
		s.maxModelLen = min(d.Model.MaxLen, max(hardware.BlockSize, d.KVBlocks()*hardware.BlockSize))
	case asked < 1:
		return hardware.EngineError(fmt.Sprintf("ValidationError: max_model_len must be a positive integer, got %d", asked))
	case d.Model.Known && s.maxModelLen > d.Model.MaxLen:
		return hardware.EngineError(fmt.Sprintf("ValidationError: User-specified max_model_len (%d) is greater than the derived max_model_len (max_position_embeddings=%d in model's config.json).", asked, d.Model.MaxLen))
	}
	batched := int64(min(d.GPU.BatchTokens, d.MaxNumSeqs*s.maxModelLen))
	if n, ok := args.Int("--max-num-batched-tokens"); ok {
		batched = n
	}
	if int(batched) < d.MaxNumSeqs {
		return hardware.EngineError(fmt.Sprintf("ValidationError: max_num_batched_tokens (%d) must be greater than or equal to max_num_seqs (%d).", batched, d.MaxNumSeqs))
	}
	if chunked, given := args.Bool("--enable-chunked-prefill"); given && !chunked && int(batched) < s.maxModelLen {
		return hardware.EngineError(fmt.Sprintf("ValidationError: max_num_batched_tokens (%d) is smaller than max_model_len (%d).", batched, s.maxModelLen))
	}
	sequences := int64(d.MaxNumSeqs)
	if n, ok := args.Int("--max-num-active-seqs"); ok {
		sequences = min(sequences, n)
	}
	threshold, _ := args.Int("--long-prefill-token-threshold")
	base, perSequence, prefill := d.StepTime()
	s.engine = engine.Config{
		Blocks: d.KVBlocks(), BlockSize: hardware.BlockSize, MaxNumSeqs: int(sequences), MaxBatchedTokens: int(batched), LongPrefillThreshold: int(threshold),
		Timing: engine.Timing{Base: scaled(base, s.scale), PerSequence: scaled(perSequence, s.scale), PrefillPerToken: scaled(prefill, s.scale)},
	}
	return nil
}
