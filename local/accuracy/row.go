package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/accuracy/measure"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// row is one logged startup of vLLM: the configuration and the result. The two are separate, so that
// a prediction cannot use the result.
type row struct {
	id string
	configured
	measured
}

// configured holds the inputs of a prediction.
type configured struct {
	model, quantization, dtype, kvDType, gpu  string
	billions                                  float64 // of parameters
	tensorParallel, pipelineParallel          int
	utilization                               float64
	maxModelLen, maxNumSeqs, maxBatchedTokens int
	eager                                     bool
	version, date                             string
	statesGPUs, statesUtilization             bool
}

// measured holds the result in the log.
type measured struct {
	kvGiB    float64 // on one GPU; 0: not logged
	kvTokens float64 // over all GPUs; 0: not logged
	fits     bool
	stated   bool // the outcome is known
}

// columns are the columns that a file must have; others are not read.
var columns = []string{
	"id", "date", "vllm_version", "model", "params_b", "quant", "dtype", "kv_dtype", "gpu", "gpu_count_tp", "pp", "gpu_mem_util",
	"max_model_len", "max_num_seqs", "max_num_batched_tokens", "enforce_eager", "kv_gib", "kv_tokens", "outcome",
}

// readRows returns the rows of a file in the format of testdata/kv-cache-measured.csv.
func readRows(source io.Reader) ([]row, error) { return measure.ReadRows(source, columns, readRow) }

func readRow(cell measure.Cell) row {
	number, count := cell.Number, cell.Count
	return row{
		id: cell("id"),
		configured: configured{
			model: cell("model"), quantization: cell("quant"), dtype: cell("dtype"), kvDType: cell("kv_dtype"), gpu: cell("gpu"), billions: number("params_b"),
			tensorParallel: count("gpu_count_tp"), pipelineParallel: count("pp"), utilization: number("gpu_mem_util"),
			maxModelLen: count("max_model_len"), maxNumSeqs: count("max_num_seqs"), maxBatchedTokens: count("max_num_batched_tokens"),
			eager: strings.EqualFold(cell("enforce_eager"), "true"), version: cell("vllm_version"), date: cell("date"),
			statesGPUs: count("gpu_count_tp") > 0, statesUtilization: number("gpu_mem_util") > 0,
		},
		measured: measured{
			kvGiB: number("kv_gib"), kvTokens: number("kv_tokens"),
			fits: cell("outcome") == "ok", stated: cell("outcome") != "",
		},
	}
}

// complete reports whether a row states what its KV cache mainly depends on.
func (c configured) complete() bool {
	return c.gpu != "" && c.statesGPUs && c.statesUtilization && c.version != ""
}

// engine returns the configuration for sizing. The error says why there is none.
func (c configured) engine(shapes measure.Shapes) (sizing.Engine, error) {
	gpu, err := findGPU(c.gpu)
	if err != nil {
		return sizing.Engine{}, err
	}
	shape, err := shapes.Find(c.model, c.billions)
	if err != nil {
		return sizing.Engine{}, err
	}
	shape = shape.WithQuantization(c.quantization)
	release, ok := sizing.ParseRelease(c.version)
	if !ok {
		if c.utilization == 0 {
			return sizing.Engine{}, errors.New("utilisation: not stated, nor the version, which has a default")
		}
		release = releaseOn(c.date)
	}
	return sizing.Engine{
		Release: release, Shape: shape, GPU: gpu,
		TensorParallel: c.tensorParallel, PipelineParallel: c.pipelineParallel, Utilization: c.utilization,
		MaxModelLen: c.maxModelLen, MaxNumSeqs: c.maxNumSeqs, MaxBatchedTokens: c.maxBatchedTokens,
		KVCacheDType: kvDType(c.kvDType), DType: c.dtype, EnforceEager: c.eager,
	}, nil
}

func kvDType(text string) string {
	if text == "" {
		return "auto"
	}
	return strings.ToLower(text)
}

// releases holds the days of vLLM's releases, from GitHub; the days since v0.20 are rounded.
var releases = []struct {
	date    string
	version sizing.Release
}{
	{"2023-06-20", sizing.Release{Minor: 1}}, {"2023-09-28", sizing.Release{Minor: 2}}, {"2024-01-31", sizing.Release{Minor: 3}},
	{"2024-03-30", sizing.Release{Minor: 4}}, {"2024-06-11", sizing.Release{Minor: 5}}, {"2024-09-04", sizing.Release{Minor: 6}},
	{"2024-12-17", sizing.Release{Minor: 6, Patch: 5}}, {"2025-01-27", sizing.Release{Minor: 7}}, {"2025-03-18", sizing.Release{Minor: 8}},
	{"2025-05-28", sizing.Release{Minor: 9}}, {"2025-07-24", sizing.Release{Minor: 10}}, {"2025-10-02", sizing.Release{Minor: 11}},
	{"2025-12-03", sizing.Release{Minor: 12}}, {"2025-12-18", sizing.Release{Minor: 13}}, {"2026-01-20", sizing.Release{Minor: 14}},
	{"2026-01-29", sizing.Release{Minor: 15}}, {"2026-02-25", sizing.Release{Minor: 16}}, {"2026-03-07", sizing.Release{Minor: 17}},
	{"2026-03-20", sizing.Release{Minor: 18}}, {"2026-04-03", sizing.Release{Minor: 19}}, {"2026-05-01", sizing.Release{Minor: 20}},
	{"2026-05-20", sizing.Release{Minor: 21}}, {"2026-06-15", sizing.Release{Minor: 23}}, {"2026-07-15", sizing.Release{Minor: 26}},
	{"2026-08-20", sizing.Release{Minor: 28}}, {"2026-09-15", sizing.Release{Minor: 29}},
}

// undated is a release in the middle of vLLM's history, for a log without a version and a day.
var undated = sizing.Release{Minor: 8, Patch: 5}

// releaseOn returns the newest release on a day. The last day of a year or a month counts if only that
// is known.
func releaseOn(date string) sizing.Release {
	if date == "" {
		return undated
	}
	date += "-12-31"[min(max(len(date)-4, 0), 6):]
	found := releases[0].version
	for _, r := range releases {
		if r.date <= date {
			found = r.version
		}
	}
	return found
}

// gpuPatterns holds how people write the catalogue's GPUs, more particular ones first.
var gpuPatterns = []struct{ pattern, name string }{
	{`h100 ?(nvl|pcie 94)`, "H100-NVL"}, {`gh200`, "GH200"}, {`h200`, "H200"}, {`h100`, "H100"}, {`h20\b`, "H20"}, {`b200`, "B200"},
	{`a100.*80`, "A100-80"}, {`a100.*40`, "A100-40"}, {`a10g?\b`, "A10G"}, {`l40s`, "L40S"}, {`l40\b`, "L40"}, {`l4\b`, "L4"}, {`t4\b`, "T4"},
	{`v100.*32`, "V100-32"}, {`v100.*16`, "V100-16"}, {`p100`, "P100"}, {`a30\b`, "A30"}, {`a40\b`, "A40"}, {`a2\b`, "A2"},
	{`6000 ada`, "RTX-6000-ADA"}, {`pro 6000`, "RTX-PRO-6000"}, {`a6000`, "A6000"}, {`a5000`, "A5000"}, {`a4000`, "A4000"},
	{`5090`, "RTX-5090"}, {`5080`, "RTX-5080"}, {`4090`, "RTX-4090"}, {`3090`, "RTX-3090"}, {`4080`, "RTX-4080"}, {`4070`, "RTX-4070"},
	{`4060 ?ti`, "RTX-4060-TI"}, {`3080`, "RTX-3080"}, {`3060`, "RTX-3060"}, {`2080 ?ti`, "RTX-2080-TI"},
}

var (
	// measuredTotal matches a measurement in the GPU's column: a result of CUDA, not an input.
	measuredTotal = regexp.MustCompile(`total [\d.]+ ?gib`)
	slice         = regexp.MustCompile(`slice|\bmig\b|vgpu`)
	size          = regexp.MustCompile(`(\d+) ?gb`)
)

// findGPU returns the GPU of a column that holds its name or its nominal memory. For a memory it
// returns the GPU of that size with the most usual usable memory.
func findGPU(text string) (catalogue.GPU, error) {
	text = measuredTotal.ReplaceAllString(strings.ToLower(text), "")
	switch {
	case text == "":
		return catalogue.GPU{}, errors.New("GPU: not stated")
	case slice.MatchString(text):
		return catalogue.GPU{}, errors.New("GPU: a slice, which has a part of the memory only")
	case strings.Contains(text, "not stated") && strings.Contains(text, " or "):
		return catalogue.GPU{}, errors.New("GPU: its memory is not stated")
	}
	for _, gpu := range gpuPatterns {
		if regexp.MustCompile(gpu.pattern).MatchString(text) {
			return catalogue.FindGPU(gpu.name)
		}
	}
	m := size.FindStringSubmatch(text)
	if m == nil {
		return catalogue.GPU{}, fmt.Errorf("GPU: %q is not in the catalogue", text)
	}
	var same []catalogue.GPU
	mean := 0.0
	for _, name := range catalogue.GPUNames() {
		if g, err := catalogue.FindGPU(name); err == nil && strconv.Itoa(g.NominalGB) == m[1] {
			same = append(same, g)
			mean += g.UsableGiB
		}
	}
	if len(same) == 0 {
		return catalogue.GPU{}, fmt.Errorf("GPU: the catalogue has none of %s GB", m[1])
	}
	mean /= float64(len(same))
	distance := func(g catalogue.GPU) float64 { return math.Round(10 * math.Abs(g.UsableGiB-mean)) }
	return slices.MinFunc(same, func(a, b catalogue.GPU) int { return cmp.Compare(distance(a), distance(b)) }), nil
}
