package sizing

import (
	"math"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

const (
	// forwardHidden is how many buffers as wide as the residual stream a forward
	// pass holds beside those of the MLP: residual, input, and attention's input
	// and output. Fits logs of V0 without chunked prefill, whose peak is the
	// forward pass (Qwen2.5 at 8k and 32k tokens: 4.0 to 4.1).
	forwardHidden = 4
	// keptHidden is how many of them are alive while the sampler runs.
	keptHidden = 2
	// mlaWorkspaceTokens is the size of the buffer into which MLA gathers a
	// chunk of context, at most (MLACommonMetadataBuilder in
	// vllm/v1/attention/backends/mla/common.py).
	mlaWorkspaceTokens = 64 << 10
	// expertChunk is how many tokens the fused experts take at a time.
	expertChunk = 32 << 10
)

// ActivationGiB is the peak of the profiling run on one GPU: of the forward
// pass over a full batch, of the sampler over all sequences, or of the encoder
// over the largest image, whichever needs most.
func (e Engine) ActivationGiB() float64 { return e.activationGiB(e.Release.samplerBytes()) }

// activationGiB is that peak where the sampler needs so many bytes for each
// sequence and entry of the vocabulary.
func (e Engine) activationGiB(samplerBytes float64) float64 {
	element := e.bytesPerElement()
	tokens, hidden := float64(e.MaxBatchedTokens), float64(e.Shape.Hidden)
	split := float64(e.TensorParallel)

	sampler := samplerBytes*e.profiledSequences()*float64(e.Shape.Vocab) + keptHidden*tokens*hidden*element
	forward := tokens * (3*float64(e.Shape.Intermediate)/split + forwardHidden*hidden) * element

	experts := e.expertWorkspace()
	kept := 0.0 // from step to step
	if e.Release.sharesWorkspaces() {
		kept += experts
	} else {
		forward = math.Max(forward, experts+forwardHidden*tokens*hidden*element)
	}
	if mla := e.Shape.MLA; mla != (catalogue.MLA{}) && e.v1() {
		kept += mlaWorkspaceTokens * float64(mla.Cached) * element
		forward += mlaWorkspaceTokens * float64(mla.Expanded) * float64(e.Shape.Heads) / split * element
	}
	image, embedded := e.encoder()
	return math.Max(image, math.Max(sampler, forward)+kept+embedded) / gib
}

// profiledSequences is how many sequences the sampler is profiled with: all, but
// in V0 no more than a batch holds of the largest images (profile_run in
// vllm/worker/model_runner.py).
func (e Engine) profiledSequences() float64 {
	all := float64(e.MaxNumSeqs)
	if v := e.Shape.Vision; v.Tokens > 0 && !e.v1() {
		return math.Max(1, math.Min(all, float64(e.MaxBatchedTokens/v.Tokens)))
	}
	return all
}

// sharesWorkspaces tells whether experts share one workspace that stays from
// step to step: since v0.13.
func (r Release) sharesWorkspaces() bool { return r.Since(13) }

// expertWorkspace is what the fused experts need: for each token and expert
// that it visits the gated product, what is left of it, and what comes out. The
// shared workspace holds what comes out in the place of the gated product.
func (e Engine) expertWorkspace() float64 {
	moe, q := e.Shape.MoE, e.Shape.Quantization
	if moe.Experts == 0 || q.ExpertsOnly { // MXFP4's kernels work in place
		return 0
	}
	width, hidden := float64(moe.Intermediate)/float64(e.TensorParallel), float64(e.Shape.Hidden)
	visits := math.Min(float64(e.MaxBatchedTokens), expertChunk) * float64(moe.PerToken)
	each := 3*width + hidden
	if e.Release.sharesWorkspaces() {
		each = math.Max(2*width, hidden) + width
	}
	return visits * each * e.bytesPerElement()
}

// encoder is the peak of encoding as many of the largest images as a batch
// holds, one at least, and what their embeddings take while the language model
// is profiled (MultiModalBudget in vllm/v1/worker/utils.py).
func (e Engine) encoder() (peak, result float64) {
	v := e.Shape.Vision
	if v.Tokens == 0 || e.Images == NoImages {
		return 0, 0
	}
	tokens, patches := float64(v.Tokens), float64(v.Patches)
	if v.Scaled && e.MaxModelLen > 0 && e.MaxModelLen < v.Tokens {
		patches *= float64(e.MaxModelLen) / tokens
		tokens = float64(e.MaxModelLen)
	}
	held := float64(e.MaxBatchedTokens) / tokens
	if !v.Scaled { // of images that are made smaller, any batch can be filled
		held = math.Floor(held)
	}
	most := float64(e.MaxNumSeqs)
	if e.Images > 0 {
		most *= float64(e.Images)
	}
	images := math.Max(1, math.Min(held, most))
	element := e.bytesPerElement()
	peak = images * patches * (float64(v.Matrices*v.Intermediate) + forwardHidden*float64(v.Hidden)) * element
	return peak, images * tokens * float64(e.Shape.Hidden) * element
}

const (
	// graphGiB is what the CUDA graphs of one layer take at all capture sizes,
	// and graphExpertGiB that of one with experts: fits the estimates that v0.19
	// logs (0.55 for 32 layers of phi-2, 0.84 for 32 of Llama, 1.7 for 80 of
	// Llama; 1.24 to 1.39 for experts, 24 to 48 layers).
	graphGiB       = 0.021
	graphExpertGiB = 0.035
	// largestGraph is the largest batch that is captured; below, vLLM captures
	// 1, 2, 4, every 8th up to 256 and every 16th.
	largestGraph = 512
	allGraphs    = 3 + 32 + 16
	// widerGraph is that of data-centre Blackwell since v0.28, and of gpt-oss
	// (GptOssForCausalLMConfig in vllm/model_executor/models/config.py at
	// 017e9f4448, 2026-08-17).
	widerGraph = 1024
)

// GraphsGiB is the estimate of the CUDA graphs that the release subtracts; 0
// where it does not.
func (e Engine) GraphsGiB() float64 {
	if e.EnforceEager || !e.Release.subtractsGraphs() {
		return 0
	}
	return e.capturedGiB()
}

// capturedGiB is what the graphs take, subtracted or not.
func (e Engine) capturedGiB() float64 {
	stages := float64(e.PipelineParallel)
	layers, experts := float64(e.Shape.Layers), float64(e.Shape.MoE.Layers)
	all := (math.Max(layers-experts, 0)*graphGiB + experts*graphExpertGiB) / stages
	largest := e.largestGraph()
	sizes := min(largest, 2) + min(largest, 256)/8 + max(largest-256, 0)/16 + 1
	return all * float64(sizes) / allGraphs
}

// largestGraph is the largest batch that is captured.
func (e Engine) largestGraph() int {
	switch {
	case e.LargestGraph > 0:
		return e.LargestGraph
	case e.Shape.ModelType == "gpt_oss" && e.Release.subtractsGraphs():
		return widerGraph
	case e.GPU.DataCentreBlackwell() && e.Release.Since(28):
		return min(2*e.MaxNumSeqs, widerGraph)
	}
	return min(2*e.MaxNumSeqs, largestGraph)
}

// runnerSlackGiB is by how much less than computed the second generation of
// vLLM's model runner may take, which runs every model since v0.29: it measures
// the CUDA graphs (0.10 GiB where the first reserved 0.21, issue 50159) and
// profiles the sampler with the logits alone, two bytes each. No start-up log of
// such a release tells by how much.
func (e Engine) runnerSlackGiB() float64 {
	if !e.Release.Since(29) {
		return 0
	}
	return e.GraphsGiB()/2 + e.ActivationGiB() - e.activationGiB(2)
}

// NonTorchGiB is what CUDA and the communication hold on one GPU.
func (e Engine) NonTorchGiB() float64 {
	return e.Release.contextGiB() + e.Release.peersGiB(e.GPU, e.TensorParallel)
}
