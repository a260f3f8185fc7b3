package main

import (
	"fmt"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// defaultGPUs is the default number of visible GPUs: those of a whole node.
const defaultGPUs = 8

// visibleGPUs returns the number of GPUs that the device plugin or the user lists.
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
	gpu, err := catalogue.FindGPU(name)
	if err != nil {
		return fmt.Errorf("VLLMSIM_GPU: %w", err)
	}
	if !gpu.HasSpeed() {
		return fmt.Errorf("VLLMSIM_GPU: the bandwidth and the arithmetic of %s are not known", gpu.Name)
	}
	count, err := visibleGPUs(env)
	if err != nil {
		return err
	}
	release, _ := sizing.ParseRelease(version)
	shape, found := hardware.FindModel(catalogue.IDOf(s.model))
	s.shapeKnown = found
	s.deployment = sizing.Engine{Release: release, Shape: shape, GPU: gpu}.WithArgs(args)
	if err := checkRanges(s.deployment, args, count); err != nil {
		return err
	}
	s.deployment = s.deployment.WithDefaults()
	return nil
}

// checkRanges returns an error for values that vLLM's configuration classes refuse before it
// uses a GPU.
func checkRanges(e sizing.Engine, args *vllmflags.Args, gpus int) error {
	below := func(flag string, minimum int64) bool {
		n, present := args.Int(flag)
		return present && n < minimum
	}
	share, shareGiven := args.Float("--gpu-memory-utilization")
	switch {
	case below("--tensor-parallel-size", 1) || below("--pipeline-parallel-size", 1):
		return hardware.EngineError("ValidationError: tensor_parallel_size and pipeline_parallel_size should be greater than or equal to 1")
	case e.GPUs() > gpus:
		return hardware.EngineError(fmt.Sprintf("ValidationError: World size (%d) is larger than the number of available GPUs (%d) in this node.", e.GPUs(), gpus))
	case shareGiven && (share <= 0 || share > 1):
		return hardware.EngineError(fmt.Sprintf("ValidationError: gpu_memory_utilization should be greater than 0 and less than or equal to 1, got %v", share))
	case below("--max-num-seqs", 1):
		return hardware.EngineError(fmt.Sprintf("ValidationError: max_num_seqs should be greater than or equal to 1, got %d", e.MaxNumSeqs))
	}
	return nil
}

// sizeEngine sets the context length and the scheduler's limits.
func (s *settings) sizeEngine(args *vllmflags.Args) error {
	length, present := args.Int("--max-model-len")
	longest := s.deployment.Shape.MaxLen
	switch {
	case !present || length == sizing.Auto:
	case length < 1:
		return hardware.EngineError(fmt.Sprintf("ValidationError: max_model_len must be a positive integer, got %d", length))
	case s.shapeKnown && longest > 0 && int(length) > longest:
		return hardware.EngineError(fmt.Sprintf("ValidationError: User-specified max_model_len (%d) is greater than the derived max_model_len (max_position_embeddings=%d in model's config.json).", length, longest))
	}
	s.memory = sizing.Fit(s.deployment)
	s.maxModelLen = max(s.memory.MaxModelLen, sizing.BlockSize)
	batched := s.deployment.MaxBatchedTokens
	if batched < s.deployment.MaxNumSeqs {
		return hardware.EngineError(fmt.Sprintf("ValidationError: max_num_batched_tokens (%d) must be greater than or equal to max_num_seqs (%d).", batched, s.deployment.MaxNumSeqs))
	}
	if chunked, present := args.Bool("--enable-chunked-prefill"); present && !chunked && batched < s.maxModelLen {
		return hardware.EngineError(fmt.Sprintf("ValidationError: max_num_batched_tokens (%d) is smaller than max_model_len (%d).", batched, s.maxModelLen))
	}
	sequences := int64(s.deployment.MaxNumSeqs)
	if n, ok := args.Int("--max-num-active-seqs"); ok {
		sequences = min(sequences, n)
	}
	threshold, _ := args.Int("--long-prefill-token-threshold")
	s.engine = engine.Config{
		// The scheduler counts blocks of 16 tokens, for every kind of layer.
		Blocks: s.memory.Tokens / sizing.BlockSize, BlockSize: sizing.BlockSize,
		MaxNumSeqs: int(sequences), MaxBatchedTokens: batched, LongPrefillThreshold: int(threshold), MaxLoRAs: s.lora.maxAdapters,
		Timing: hardware.Timing{Speed: s.deployment.Speed(), Scale: s.scale},
	}
	return nil
}
