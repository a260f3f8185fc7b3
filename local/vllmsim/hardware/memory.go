// Package hardware holds the memory and speed of the simulated GPUs. The numbers are those of
// package sizing, so that the simulated engine matches the predictions for a deployment.
package hardware

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/sizing"
)

// EngineError is an error in vLLM's own words, as its log shows it.
type EngineError string

func (e EngineError) Error() string { return string(e) }

func engineError(format string, values ...any) error {
	return EngineError(fmt.Sprintf(format, values...))
}

// Fit checks what vLLM checks after it has loaded the weights: that the model's heads divide
// over the GPUs, that the model fits, and that one request of maximum length fits.
func Fit(e sizing.Engine, m sizing.Memory) error {
	if e.Shape.Heads%max(e.TensorParallel, 1) != 0 {
		return engineError("ValueError: Total number of attention heads (%d) must be divisible by tensor parallel size (%d).", e.Shape.Heads, e.TensorParallel)
	}
	if m.Weights > m.Usable {
		return engineError("torch.OutOfMemoryError: CUDA out of memory. %.2f GiB of weights do not fit GPU 0 with a total capacity of %.2f GiB", m.Weights, m.Usable)
	}
	if m.Blocks == 0 {
		return engineError("ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.")
	}
	if m.Concurrency < 1 {
		return engineError("ValueError: To serve at least one request with the models's max seq len (%d), (%.2f GiB KV cache is needed, which is larger than the available KV cache memory (%.2f GiB). Based on the available memory, the estimated maximum model length is %d. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.",
			m.MaxModelLen, m.Needed, m.KV, m.Longest)
	}
	return nil
}
