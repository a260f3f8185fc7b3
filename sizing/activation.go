package sizing

import (
	"math"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

const (
	// forwardHidden is the number of buffers of the hidden width that a forward pass
	// holds in addition to those of the MLP: residual, input, and the input and output
	// of attention. It fits logs of V0 without chunked prefill, whose peak is the
	// forward pass (Qwen2.5 at 8k and 32k tokens: 4.0 to 4.1).
	forwardHidden = 4
	// samplerHidden is the number of these buffers that remain while the sampler runs.
	samplerHidden = 2
	// mlaWorkspaceTokens is the largest size, in tokens, of the buffer into which MLA
	// gathers a chunk of context (MLACommonMetadataBuilder in
	// vllm/v1/attention/backends/mla/common.py).
	mlaWorkspaceTokens = 64 << 10
	// expertChunk is the number of tokens that the fused experts compute at a time.
	expertChunk = 32 << 10
)

// ActivationGiB returns the peak memory of the profiling run on one GPU, in GiB. The
// largest of three needs counts: the forward pass over a full batch, the sampler over
// all sequences, and the encoder over the largest image.
func (e Engine) ActivationGiB() float64 { return e.activationGiB(e.Release.samplerBytes()) }

// activationGiB returns the peak of the profiling run, in GiB, for a sampler that needs
// samplerBytes for each sequence and vocabulary entry.
func (e Engine) activationGiB(samplerBytes float64) float64 {
	element := e.bytesPerElement()
	tokens, hidden := float64(e.MaxBatchedTokens), float64(e.Shape.Hidden)
	split := float64(e.TensorParallel)

	sampler := samplerBytes*e.profiledSequences()*float64(e.Shape.Vocab) + samplerHidden*tokens*hidden*element
	forward := tokens * (3*float64(e.Shape.Intermediate)/split + forwardHidden*hidden) * element

	experts := e.expertWorkspace()
	persistent := 0.0 // from step to step
	if e.Release.sharesWorkspaces() {
		persistent += experts
	} else {
		forward = math.Max(forward, experts+forwardHidden*tokens*hidden*element)
	}
	if mla := e.Shape.MLA; mla != (catalogue.MLA{}) && e.v1() {
		persistent += mlaWorkspaceTokens * float64(mla.Cached) * element
		forward += mlaWorkspaceTokens * float64(mla.Expanded) * float64(e.Shape.Heads) / split * element
	}
	image, embedded := e.encoder()
	return math.Max(image, math.Max(sampler, forward)+persistent+embedded) / gib
}

// profiledSequences returns the number of sequences in the profiling run of the
// sampler. It is MaxNumSeqs. V0 limits it to the number of the largest images that a
// batch holds (profile_run in vllm/worker/model_runner.py).
func (e Engine) profiledSequences() float64 {
	sequences := float64(e.MaxNumSeqs)
	if v := e.Shape.Vision; v.Tokens > 0 && !e.v1() {
		return math.Max(1, math.Min(sequences, float64(e.MaxBatchedTokens/v.Tokens)))
	}
	return sequences
}

// sharesWorkspaces reports whether all experts share one workspace that stays allocated
// between steps. Releases since v0.13 do.
func (r Release) sharesWorkspaces() bool { return r.Since(13) }

// expertWorkspace returns the memory that the fused experts need, in bytes: for each
// pair of a token and its expert the gated product, the activated product and the
// output. A shared workspace reuses the memory of the gated product for the output.
func (e Engine) expertWorkspace() float64 {
	moe, q := e.Shape.MoE, e.Shape.Quantization
	if moe.Experts == 0 || q.ExpertsOnly { // MXFP4's kernels work in place
		return 0
	}
	width, hidden := float64(moe.Intermediate)/float64(e.TensorParallel), float64(e.Shape.Hidden)
	visits := math.Min(float64(e.MaxBatchedTokens), expertChunk) * float64(moe.PerToken)
	perVisit := 3*width + hidden
	if e.Release.sharesWorkspaces() {
		perVisit = math.Max(2*width, hidden) + width
	}
	return visits * perVisit * e.bytesPerElement()
}

// encoder returns the peak of the image encoder, in bytes, for as many of the largest
// images as one batch holds, at least one. result holds the size of their embeddings,
// which stay allocated while vLLM profiles the language model (MultiModalBudget in
// vllm/v1/worker/utils.py).
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
	capacity := float64(e.MaxBatchedTokens) / tokens
	if !v.Scaled { // scaled images fill any batch
		capacity = math.Floor(capacity)
	}
	limit := float64(e.MaxNumSeqs)
	if e.Images > 0 {
		limit *= float64(e.Images)
	}
	images := math.Max(1, math.Min(capacity, limit))
	element := e.bytesPerElement()
	peak = images * patches * (float64(v.Matrices*v.Intermediate) + forwardHidden*float64(v.Hidden)) * element
	return peak, images * tokens * float64(e.Shape.Hidden) * element
}

const (
	// graphGiB is the memory of the CUDA graphs of one layer at all capture sizes, and
	// graphExpertGiB that of one layer with experts. Both fit the estimates in logs of
	// v0.19 (0.55 for 32 layers of phi-2, 0.84 for 32 of Llama, 1.7 for 80 of Llama;
	// 1.24 to 1.39 for experts, 24 to 48 layers).
	graphGiB       = 0.021
	graphExpertGiB = 0.035
	// largestGraph is the largest captured batch. vLLM also captures 1, 2, 4, every 8th
	// size up to 256 and every 16th size above. captureSizes is their number.
	largestGraph = 512
	captureSizes = 3 + 32 + 16
	// widerGraph is the largest captured batch on data-centre Blackwell since v0.28,
	// and of gpt-oss (GptOssForCausalLMConfig in vllm/model_executor/models/config.py
	// at 017e9f4448, 2026-08-17).
	widerGraph = 1024
)

// GraphsGiB returns the estimate of the CUDA graphs that the release subtracts, in GiB
// on one GPU. It returns 0 for a release that does not subtract them.
func (e Engine) GraphsGiB() float64 {
	if e.EnforceEager || !e.Release.subtractsGraphs() {
		return 0
	}
	return e.capturedGiB()
}

// capturedGiB returns the memory of the CUDA graphs, in GiB on one GPU, whether the
// release subtracts it or not.
func (e Engine) capturedGiB() float64 {
	stages := float64(e.PipelineParallel)
	layers, experts := float64(e.Shape.Layers), float64(e.Shape.MoE.Layers)
	total := (math.Max(layers-experts, 0)*graphGiB + experts*graphExpertGiB) / stages
	largest := e.largestGraph()
	sizes := min(largest, 2) + min(largest, 256)/8 + max(largest-256, 0)/16 + 1
	return total * float64(sizes) / captureSizes
}

// largestGraph returns the largest batch that vLLM captures.
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

// runnerSlackGiB returns by how much the second generation of vLLM's model runner may
// need less memory than computed, in GiB. Every model uses this runner since v0.29. It
// measures the CUDA graphs (0.10 GiB instead of 0.21 reserved by the first generation,
// issue 50159), and profiles the sampler with only the logits, two bytes each. No
// start-up log of such a release shows the exact difference.
func (e Engine) runnerSlackGiB() float64 {
	if !e.Release.Since(29) {
		return 0
	}
	return e.GraphsGiB()/2 + e.ActivationGiB() - e.activationGiB(2)
}

// NonTorchGiB returns the memory of CUDA and of communication between GPUs, in GiB on
// one GPU.
func (e Engine) NonTorchGiB() float64 {
	return e.Release.contextGiB() + e.Release.peersGiB(e.GPU, e.TensorParallel)
}
