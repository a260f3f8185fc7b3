package hardware

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// BlockSize is vLLM's KV block on CUDA, in tokens.
const BlockSize = 16

// Deployment is one engine as its flags describe it.
type Deployment struct {
	GPU            GPU
	Model          Model
	TensorParallel int
	PipelineStages int
	Utilization    float64
	KVCacheDType   string
	MaxNumSeqs     int
	EnforceEager   bool
	// KVBytes and Blocks override what the memory would give; 0: computed.
	KVBytes int64
	Blocks  int
}

// Memory parts per GPU, from public start-up logs: the sampler's dummy run
// needs about 15 bytes × max_num_seqs × vocabulary (v0.17 and later), NCCL and
// the CUDA context 0.25 GiB on one GPU, 0.5 GiB with PCIe peers and 2.1 GiB
// with NVLink buffers, and the estimate for CUDA graphs is about 0.5 GiB.
const (
	samplerBytes   = 15
	contextGiB     = 0.25
	pciePeersGiB   = 0.5
	nvlinkPeersGiB = 2.1
	cudaGraphsGiB  = 0.5
)

// KVBytesPerToken is the KV cache of one token on one GPU.
func (d Deployment) KVBytesPerToken() int64 {
	element := int64(2)
	if strings.HasPrefix(d.KVCacheDType, "fp8") {
		element = 1
	}
	heads := max(1, d.Model.KVHeads/d.TensorParallel)
	layers := (d.Model.Layers + d.PipelineStages - 1) / d.PipelineStages
	return int64(layers) * int64(heads) * 2 * int64(d.Model.HeadDim) * element
}

// KVMemoryGiB is what is left for the KV cache on one GPU; negative where the
// weights alone do not fit.
func (d Deployment) KVMemoryGiB() float64 {
	if d.KVBytes > 0 {
		return float64(d.KVBytes) / gib
	}
	left := d.GPU.UsableGiB*d.Utilization - d.Model.WeightGiB/float64(d.TensorParallel*d.PipelineStages)
	left -= samplerBytes * float64(d.MaxNumSeqs) * float64(d.Model.Vocab) / gib
	switch {
	case d.TensorParallel*d.PipelineStages == 1:
		left -= contextGiB
	case d.GPU.NVLink:
		left -= nvlinkPeersGiB
	default:
		left -= pciePeersGiB
	}
	if !d.EnforceEager {
		left -= cudaGraphsGiB
	}
	return left
}

// KVBlocks is the number of KV blocks that fit.
func (d Deployment) KVBlocks() int {
	if d.Blocks > 0 {
		return d.Blocks
	}
	return int(math.Max(0, d.KVMemoryGiB()*gib) / float64(d.KVBytesPerToken()*BlockSize))
}

// EngineError is an error in vLLM's own words, as its log shows it.
type EngineError string

func (e EngineError) Error() string { return string(e) }

func engineError(format string, values ...any) error {
	return EngineError(fmt.Sprintf(format, values...))
}

// Fit checks what vLLM checks once the weights are loaded: that the model
// divides over the GPUs, that it fits, and that one request of maxLen does.
func (d Deployment) Fit(maxLen int) error {
	if d.Model.Heads%d.TensorParallel != 0 {
		return engineError("ValueError: Total number of attention heads (%d) must be divisible by tensor parallel size (%d).", d.Model.Heads, d.TensorParallel)
	}
	if weights := d.Model.WeightGiB / float64(d.TensorParallel*d.PipelineStages); weights > d.GPU.UsableGiB {
		return engineError("torch.OutOfMemoryError: CUDA out of memory. %.2f GiB of weights do not fit GPU 0 with a total capacity of %.2f GiB", weights, d.GPU.UsableGiB)
	}
	if d.KVBlocks() == 0 {
		return engineError("ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.")
	}
	need := float64((maxLen+BlockSize-1)/BlockSize) * float64(d.KVBytesPerToken()*BlockSize) / gib
	if have := float64(d.KVBlocks()) * float64(d.KVBytesPerToken()*BlockSize) / gib; need > have {
		return engineError("ValueError: To serve at least one request with the models's max seq len (%d), (%.2f GiB KV cache is needed, which is larger than the available KV cache memory (%.2f GiB). Based on the available memory, the estimated maximum model length is %d. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.",
			maxLen, need, have, d.KVBlocks()*BlockSize)
	}
	return nil
}

// Reference is the model that the timings of a GPU belong to.
var reference = FindModel(fallback, "")

// StepTime scales the card's timings to the deployment: reading the weights
// bounds Base, arithmetic bounds the rest. Splitting over GPUs is taken as
// ideal, because no constant for the communication was found.
func (d Deployment) StepTime() (base, perSequence, prefillPerToken time.Duration) {
	split := float64(d.TensorParallel)
	weights := d.Model.WeightGiB / reference.WeightGiB / split
	compute := d.Model.Params / reference.Params / split
	base = time.Duration(float64(d.GPU.Base) * weights)
	perSequence = time.Duration(float64(d.GPU.PerSequence) * compute)
	prefillPerToken = time.Duration(float64(time.Second) / d.GPU.PrefillRate * compute)
	return base, perSequence, prefillPerToken
}
