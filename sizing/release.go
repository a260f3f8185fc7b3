package sizing

import (
	"cmp"
	"regexp"
	"strconv"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Release is a version of vLLM, as far as its memory depends on it.
type Release struct{ Major, Minor, Patch int }

var releaseForm = regexp.MustCompile(`^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?`)

// ParseRelease reads a version such as v0.32.0; what follows the numbers
// (.post1, .dev26, rc1) does not count.
func ParseRelease(text string) (Release, bool) {
	m := releaseForm.FindStringSubmatch(text)
	if m == nil {
		return Release{}, false
	}
	var r Release
	for i, to := range []*int{&r.Major, &r.Minor, &r.Patch} {
		*to, _ = strconv.Atoi(m[i+1]) // empty: 0
	}
	return r, true
}

// String is the version as vLLM's tags have it.
func (r Release) String() string {
	return "v" + strconv.Itoa(r.Major) + "." + strconv.Itoa(r.Minor) + "." + strconv.Itoa(r.Patch)
}

// Since tells whether the release is 0.minor or a later one.
func (r Release) Since(minor int) bool {
	return cmp.Or(cmp.Compare(r.Major, 0), cmp.Compare(r.Minor, minor)) >= 0
}

// Utilization is the default of --gpu-memory-utilization: 0.9, and 0.92 since
// v0.21 (vllm/config/cache.py).
func (r Release) Utilization() float64 {
	if r.Since(21) {
		return 0.92
	}
	return 0.9
}

// v1 tells whether the release runs its V1 engine on the card: V1 became the
// default in v0.8 where the card allows it, and the only one in v0.11.
func (r Release) v1(gpu catalogue.GPU) bool {
	return r.Since(11) || r.Since(8) && gpu.V1()
}

// Sequences is the default of --max-num-seqs, and Tokens that of
// --max-num-batched-tokens of a server (EngineArgs.get_batch_defaults in
// vllm/engine/arg_utils.py). V0 had no chunked prefill below 32k of context, so
// its batches held a whole context; above, 2048 tokens, and 512 before v0.6.5.
func (r Release) defaults(gpu catalogue.GPU, context int) (sequences, tokens int) {
	switch {
	case r.v1(gpu) && gpu.Large():
		return 1024, 8192
	case r.v1(gpu):
		return 256, 2048
	case context <= 32768:
		return 256, max(context, 2048)
	case r.Since(7) || r.Since(6) && r.Patch >= 5:
		return 256, 2048
	}
	return 256, 512
}

// samplerBytes is what the sampler needs for each sequence and entry of the
// vocabulary while it is profiled. From v0.17: the logits in 16 and in 32 bit,
// the probabilities and the random draws in 32 bit each, 14 in all, and 14.6
// measured (llm-d-planner's logs of v0.19, vocabularies of 49k to 262k). Before,
// top-k sorted all logits, which adds sorted values, indices in 64 bit and their
// softmax and sum: 37.9 measured (logs of v0.7 to v0.15).
func (r Release) samplerBytes() float64 {
	if r.Since(17) {
		return 14.6
	}
	return 37.9
}

// contextGiB is what CUDA, its libraries and the first kernels hold on one GPU
// beside PyTorch's memory ("non-torch" in the logs).
func (r Release) contextGiB() float64 {
	if r.Since(18) {
		return 0.25
	}
	return 0.13
}

// peersGiB is what is added where several GPUs hold one layer: buffers of NCCL
// and of the custom all-reduce. Measured: 1.85 on H100 with two GPUs, 0.1 more
// with four, up to 6.7 with eight, of which half is taken (v0.19); 1.25 on A100
// with four (v0.9); 0.08 without NVLink (L40S, v0.10). Since v0.18 Hopper cards also hold FlashInfer's all-reduce workspace,
// which is why they need more.
func (r Release) peersGiB(gpu catalogue.GPU, tensorParallel int) float64 {
	switch {
	case tensorParallel <= 1:
		return 0
	case !gpu.NVLink:
		return 0.08
	case gpu.Hopper() && r.Since(18) && tensorParallel >= 8:
		return 3.3
	case gpu.Hopper() && r.Since(18):
		return 1.75 + 0.05*float64(tensorParallel)
	}
	return 1.25
}

// subtractsGraphs tells whether the pool leaves room for the CUDA graphs.
func (r Release) subtractsGraphs() bool { return r.Since(21) }

// savesWindows tells whether layers with a sliding window keep less than the
// whole context: since the hybrid KV cache manager.
func (r Release) savesWindows() bool { return r.Since(10) }
