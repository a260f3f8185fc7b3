package sizing

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Release is a version of vLLM, as far as its memory depends on it.
type Release struct{ Major, Minor, Patch int }

var releaseForm = regexp.MustCompile(`^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?`)

// ParseRelease reads a version such as v0.33.0; what follows the numbers
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
func (r Release) Since(minor int) bool { return !r.before(minor, 0) }

// Utilization is the default of --gpu-memory-utilization: 0.9, and 0.92 since
// v0.21 (vllm/config/cache.py).
func (r Release) Utilization() float64 {
	if r.Since(21) {
		return 0.92
	}
	return 0.9
}

// before tells whether the release is older than 0.minor.patch.
func (r Release) before(minor, patch int) bool {
	return cmp.Or(cmp.Compare(r.Major, 0), cmp.Compare(r.Minor, minor), cmp.Compare(r.Patch, patch)) < 0
}

// v1 tells whether the engine is of the generation V1: the default since v0.8
// for what it could do then (EngineArgs._is_v1_supported_oracle in
// vllm/engine/arg_utils.py), and for everything since v0.10.2.
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

// hugeGiB is from where on the largest batches begin (B200), since v0.28.
const hugeGiB = 160

// large tells whether the release takes its larger defaults on the card: by
// name before v0.8.5, then by memory, and since v0.9 not on A100.
func (r Release) large(gpu catalogue.GPU) bool {
	switch {
	case r.before(8, 5):
		return slices.Contains([]string{"H100", "H100-NVL", "H200", "GH200"}, gpu.Name)
	case !r.Since(9):
		return gpu.UsableGiB >= 70
	}
	return gpu.Large()
}

// defaults are those of --max-num-seqs and --max-num-batched-tokens of a server
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

// wholeContexts is the batch of V0, which had no chunked prefill below 32k of
// context, nor at all for MLA, windows and images (5120 tokens at least): it
// holds a whole context, else 2048 tokens, and 512 before v0.6.5.
func (e Engine) wholeContexts() int {
	r, context := e.Release, max(e.MaxModelLen, 2048)
	sees := e.Shape.Vision != (catalogue.Vision{})
	switch {
	case sees && !r.before(6, 2):
		return max(context, 5120)
	case sees, e.MaxModelLen <= 32768, r.before(5, 4), e.Shape.MLA != (catalogue.MLA{}), e.hasWindow():
		return context
	case !r.before(6, 5):
		return 2048
	}
	return 512
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
// with four (v0.9); 0.08 without NVLink (L40S, v0.10).
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

// subtractsGraphs tells whether the pool leaves room for the CUDA graphs.
func (r Release) subtractsGraphs() bool { return r.Since(21) }

// savesWindows tells whether layers with a sliding window keep less than the
// whole context: since the hybrid KV cache manager of v0.9.1; it left chunked
// attention out until v0.14.
func (e Engine) savesWindows(chunked bool) bool {
	if e.WholeWindows {
		return false
	}
	if chunked {
		return e.Release.Since(14)
	}
	return e.v1() && !e.Release.before(9, 1)
}

// inFlight is how many batches are scheduled before the first is done: two since
// v0.26, with asynchronous scheduling.
func (r Release) inFlight() int {
	if r.Since(26) {
		return 2
	}
	return 1
}

// statesPerRequest is how many blocks of a state one request has: a second one
// for the prefix that is cached, which is the default since v0.28.
func (e Engine) statesPerRequest() int {
	if e.Release.Since(28) && !e.NoPrefixCaching {
		return 2 + e.Drafter.Tokens
	}
	return 1 + e.Drafter.Tokens
}

// groupsLikeLargest is up to which ratio of the commonest to the rarest kind of
// layer a group is as large as the commonest (get_kv_cache_groups in
// vllm/v1/core/kv_cache_utils.py); 0: never.
func (r Release) groupsLikeLargest() float64 {
	switch {
	case r.Since(18):
		return 1.5
	case r.Since(12):
		return 1.25
	}
	return 0
}
