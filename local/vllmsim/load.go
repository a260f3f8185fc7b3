package main

import (
	"context"
	"errors"
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/faults"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
)

// announce logs vLLM's messages before loading, and that this is not vLLM.
func announce(s *settings, log *logger) {
	d := s.deployment
	log.warn("This is a SIMULATED engine (vllmsim): no GPU is used, no model is loaded, and every answer is made up.")
	log.info("vLLM API server version %s (SIMULATED)", version)
	log.info("model %s, served as %v, max_model_len %d, tensor_parallel_size %d, gpu_memory_utilization %v, max_num_seqs %d, max_num_batched_tokens %d",
		s.model, s.names, s.maxModelLen, d.TensorParallel, d.Utilization, s.engine.MaxNumSeqs, s.engine.MaxBatchedTokens)
	if !s.shapeKnown {
		log.warn("the shape of model %s is not in the catalogue; it is guessed from its name: %.1f billion parameters", s.model, d.Shape.Weights.Total()/1e9)
	}
	log.warn("prefix caching is not simulated: every prompt token is computed")
}

// load waits for the loading time and fails according to the fault. Nothing listens meanwhile.
func load(ctx context.Context, s *settings, log *logger) error {
	log.engineInfo("Initializing a simulated LLM engine on %d × %s. Loading takes %s.", s.deployment.GPUs(), s.deployment.GPU.Name, s.load)
	switch s.fault.Kind {
	case faults.LoadHang:
		<-ctx.Done()
		return errors.New("terminated while loading")
	case faults.HostOOM:
		return faults.ExhaustMemory()
	default:
	}
	timer := time.NewTimer(s.load)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errors.New("terminated while loading")
	case <-timer.C:
	}
	switch s.fault.Kind {
	case faults.LoadCrash:
		return hardware.EngineError("RuntimeError: Cannot load model " + s.model + " (VLLMSIM_FAULT load-crash)")
	case faults.OOM:
		return hardware.EngineError("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 224.00 MiB. GPU 0 has no free memory (VLLMSIM_FAULT oom)")
	default:
	}
	m := s.memory
	if err := hardware.Fit(s.deployment, m); err != nil {
		return err
	}
	log.engineInfo("Model loading took %.2f GiB memory and %.2f seconds", m.Weights, s.load.Seconds())
	log.engineInfo("Available KV cache memory: %.2f GiB", m.KV)
	tokens := m.Tokens
	log.engineInfo("GPU KV cache size: %d tokens", tokens)
	log.engineInfo("Maximum concurrency for %d tokens per request: %.2fx", s.maxModelLen, float64(tokens)/float64(s.maxModelLen))
	return s.lora.load(log)
}
