package sizing

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Release is a version of vLLM. Memory and speed depend on it.
type Release struct{ Major, Minor, Patch int }

var releaseForm = regexp.MustCompile(`^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?`)

// ParseRelease reads a version such as v0.33.0. It ignores a suffix after the numbers
// (.post1, .dev26, rc1).
func ParseRelease(text string) (Release, bool) {
	m := releaseForm.FindStringSubmatch(text)
	if m == nil {
		return Release{}, false
	}
	var r Release
	for i, field := range []*int{&r.Major, &r.Minor, &r.Patch} {
		*field, _ = strconv.Atoi(m[i+1]) // empty: 0
	}
	return r, true
}

// String returns the version in the form of vLLM's tags.
func (r Release) String() string {
	return "v" + strconv.Itoa(r.Major) + "." + strconv.Itoa(r.Minor) + "." + strconv.Itoa(r.Patch)
}

// Since reports whether the release is 0.minor or later.
func (r Release) Since(minor int) bool { return !r.before(minor, 0) }

// Utilization returns the default of --gpu-memory-utilization: 0.9, and 0.92 since
// v0.21 (vllm/config/cache.py).
func (r Release) Utilization() float64 {
	if r.Since(21) {
		return 0.92
	}
	return 0.9
}

// before reports whether the release is older than 0.minor.patch.
func (r Release) before(minor, patch int) bool {
	return cmp.Or(cmp.Compare(r.Major, 0), cmp.Compare(r.Minor, minor), cmp.Compare(r.Patch, patch)) < 0
}

// v1 reports whether vLLM runs its generation V1: the default since v0.8 for the
// features that V1 supported then (EngineArgs._is_v1_supported_oracle in
// vllm/engine/arg_utils.py), and for all features since v0.10.2.
func (e Engine) v1() bool {
	switch r := e.Release; {
	case !r.Since(8):
		return false
	case !r.before(10, 2):
		return true
	case !e.GPU.Ampere() || e.hasState() || !r.Since(9) && e.PipelineParallel > 1:
		return false
	}
	return e.Release.Since(9) || !e.narrowCache() || e.GPU.Hopper()
}

// hugeGiB is the smallest GPU memory with the largest batches (B200), since v0.28.
const hugeGiB = 160

// large reports whether the release uses its larger defaults on the GPU: by name before
// v0.8.5, then by memory, and since v0.9 not on A100.
func (r Release) large(gpu catalogue.GPU) bool {
	switch {
	case r.before(8, 5):
		return slices.Contains([]string{"H100", "H100-NVL", "H200", "GH200"}, gpu.Name)
	case !r.Since(9):
		return gpu.UsableGiB >= 70
	}
	return gpu.Large()
}

// defaults returns the server's defaults of --max-num-seqs and --max-num-batched-tokens
// (EngineArgs in vllm/engine/arg_utils.py).
func (e Engine) defaults() (sequences, tokens int) {
	switch r := e.Release; {
	case !e.v1():
		return 256, e.wholeContexts()
	case r.Since(28) && e.GPU.UsableGiB >= hugeGiB:
		return 1024, 16384
	case r.large(e.GPU):
		return 1024, 8192
	}
	return 256, 2048
}

// wholeContexts returns the default batch of V0 in tokens. V0 had no chunked prefill
// below 32k of context, and none for MLA, windows and images (at least 5120 tokens);
// then the batch holds a whole context. Otherwise it is 2048 tokens, and 512 before
// v0.6.5.
func (e Engine) wholeContexts() int {
	r, context := e.Release, max(e.MaxModelLen, 2048)
	hasVision := e.Shape.Vision != (catalogue.Vision{})
	switch {
	case hasVision && !r.before(6, 2):
		return max(context, 5120)
	case hasVision, e.MaxModelLen <= 32768, r.before(5, 4), e.Shape.MLA != (catalogue.MLA{}), e.hasWindow():
		return context
	case !r.before(6, 5):
		return 2048
	}
	return 512
}

// samplerBytes returns the bytes that the sampler needs for each sequence and
// vocabulary entry in the profiling run. Since v0.17, it needs the logits in 16 and in
// 32 bit, and the probabilities and the random draws in 32 bit each: 14 bytes in total,
// 14.6 measured (llm-d-planner's logs of v0.19, vocabularies of 49k to 262k). Earlier,
// top-k sorted all logits, which adds sorted values, indices in 64 bit, and their
// softmax and sum: 37.9 measured (logs of v0.7 to v0.15).
func (r Release) samplerBytes() float64 {
	if r.Since(17) {
		return 14.6
	}
	return 37.9
}

// contextGiB returns the memory of CUDA, its libraries and the first kernels on one
// GPU, outside of PyTorch's memory ("non-torch" in the logs), in GiB.
func (r Release) contextGiB() float64 {
	if r.Since(18) {
		return 0.25
	}
	return 0.13
}

// peersGiB returns the additional memory on each GPU if several GPUs hold one layer, in
// GiB: buffers of NCCL and of the custom all-reduce. Measured: 1.85 on H100 with two
// GPUs, 0.1 more with four, up to 6.7 with eight, of which the estimate takes half
// (v0.19); 1.25 on A100 with four (v0.9); 0.08 without NVLink (L40S, v0.10).
func (r Release) peersGiB(gpu catalogue.GPU, tensorParallel int) float64 {
	switch {
	case tensorParallel <= 1:
		return 0
	case !gpu.Link.NVLink:
		return 0.08
	case gpu.Hopper() && r.Since(18) && tensorParallel >= 8:
		return 3.3
	case gpu.Hopper() && r.Since(18):
		return 1.75 + 0.05*float64(tensorParallel)
	}
	return 1.25
}

// subtractsGraphs reports whether the release reserves memory for the CUDA graphs.
func (r Release) subtractsGraphs() bool { return r.Since(21) }

// savesWindows reports whether layers with a sliding window cache less than the whole
// context. The hybrid KV cache manager does so since v0.9.1, and for chunked attention
// since v0.14.
func (e Engine) savesWindows(chunked bool) bool {
	if e.WholeWindows {
		return false
	}
	if chunked {
		return e.Release.Since(14)
	}
	return e.v1() && !e.Release.before(9, 1)
}

// inFlight returns the number of batches that are scheduled before the first one ends:
// two since v0.26, with asynchronous scheduling.
func (r Release) inFlight() int {
	if r.Since(26) {
		return 2
	}
	return 1
}

// statesPerRequest returns the number of state blocks of one request. Prefix caching
// needs a second block; it is the default since v0.28.
func (e Engine) statesPerRequest() int {
	if e.Release.Since(28) && !e.NoPrefixCaching {
		return 2 + e.Drafter.Tokens
	}
	return 1 + e.Drafter.Tokens
}

// groupsLikeLargest returns the largest ratio of the commonest to the rarest kind of
// layer at which a group has the size of the commonest (get_kv_cache_groups in
// vllm/v1/core/kv_cache_utils.py); 0 means never.
func (r Release) groupsLikeLargest() float64 {
	switch {
	case r.Since(18):
		return 1.5
	case r.Since(12):
		return 1.25
	}
	return 0
}
