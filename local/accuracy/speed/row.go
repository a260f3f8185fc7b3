package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/accuracy/measure"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// row is one measurement of a serving engine: the configuration with the load, and the result. The two
// are separate, so that a prediction cannot use the result.
type row struct {
	id string
	configured
	measured
}

// configured holds the inputs of a prediction.
type configured struct {
	version, model, quantization, gpu, kvDType string
	billions, active                           float64 // of parameters
	tensorParallel, pipelineParallel           int
	expertParallel                             bool
	replicas                                   int
	lengths                                    sizing.Lengths
	load                                       load
	maxNumSeqs, maxModelLen                    int
	kvGiB                                      float64 // of one GPU; 0: not stated
	family                                     string
	pcie                                       bool
}

// load is the load of all replicas.
type load struct {
	// kind is concurrency, burst or rate; value is the number of requests at once or a second.
	kind  string
	value float64
	// fixed reports that all requests have the same length.
	fixed bool
}

// measured holds the result: output tokens a second, or the time per output token in milliseconds if
// only that is compared.
type measured struct {
	tokensPerSecond, millisecondsPerToken float64
	byToken                               bool
	suspect                               string
}

// columns are the columns that a file must have; others are not read.
var columns = []string{
	"id", "engine_version", "model", "params_b", "active_params_b", "quantisation", "gpu", "tensor_parallel", "expert_parallel", "pipeline_parallel", "data_parallel",
	"input_tokens_mean", "output_tokens_mean", "prefix_shared_tokens", "load_kind", "load_value", "output_tok_s_total", "tpot_ms", "max_num_seqs",
	"max_model_len", "kv_dtype", "kv_gib_per_gpu", "metric", "family", "suspect", "notes",
}

// readRows returns the rows of a file in the format of testdata/throughput.csv.
func readRows(source io.Reader) ([]row, error) { return measure.ReadRows(source, columns, readRow) }

func readRow(cell measure.Cell) row {
	number, count := cell.Number, cell.Count
	input := number("input_tokens_mean")
	return row{
		id: cell("id"),
		configured: configured{
			version: cell("engine_version"), model: cell("model"), quantization: cell("quantisation"), gpu: cell("gpu"), kvDType: cell("kv_dtype"),
			billions: number("params_b"), active: number("active_params_b"), tensorParallel: max(count("tensor_parallel"), 1), pipelineParallel: max(count("pipeline_parallel"), 1),
			expertParallel: cell("expert_parallel") == "yes", replicas: max(count("data_parallel"), 1),
			lengths:    sizing.Lengths{Input: input, Cached: number("prefix_shared_tokens"), Output: number("output_tokens_mean")},
			load:       load{kind: cell("load_kind"), value: number("load_value"), fixed: fixedLength(input)},
			maxNumSeqs: count("max_num_seqs"), maxModelLen: count("max_model_len"), kvGiB: number("kv_gib_per_gpu"),
			family: cell("family"), pcie: strings.Contains(cell("notes"), "PCIe"),
		},
		measured: measured{
			tokensPerSecond: number("output_tok_s_total"), millisecondsPerToken: number("tpot_ms"), byToken: cell("metric") == "tpot", suspect: cell("suspect"),
		},
	}
}

// fixedLength reports whether a mean length looks like that of a generator of random prompts: within
// 1 % of a multiple of 100 or of 1024. Recorded conversations vary.
func fixedLength(mean float64) bool {
	for _, unit := range []float64{100, 1024} {
		if n := math.Round(mean / unit); n > 0 && math.Abs(mean/(n*unit)-1) < 0.01 {
			return true
		}
	}
	return false
}

// newest is the release for a version that is not stated, or no release.
var newest = sizing.Release{Minor: 19}

// engine returns the configuration of one replica for sizing.
func (c configured) engine(find func(model string, billions float64) (catalogue.Shape, error)) (sizing.Engine, error) {
	billions := c.billions
	if c.active > 0 && c.active < 0.8*billions { // the size of a mixture of experts does not give its shape
		billions = 0
	}
	shape, err := find(c.model, billions)
	if err != nil {
		return sizing.Engine{}, err
	}
	name := c.gpu
	if name == "A100-80" && c.pcie {
		name = "A100-PCIE"
	}
	gpu, err := catalogue.FindGPU(name)
	if err != nil {
		return sizing.Engine{}, fmt.Errorf("GPU: %w", err)
	}
	if !gpu.HasSpeed() {
		return sizing.Engine{}, errors.New("GPU: its speed is not known")
	}
	if c.lengths.Input <= 0 || c.lengths.Output <= 0 || c.load.value <= 0 {
		return sizing.Engine{}, errors.New("load: not stated")
	}
	release, ok := sizing.ParseRelease(c.version)
	if !ok {
		release = newest
	}
	return sizing.Engine{
		Release: release, Shape: shape.WithQuantization(c.quantization), GPU: gpu,
		TensorParallel: c.tensorParallel, PipelineParallel: c.pipelineParallel, ExpertParallel: c.expertParallel,
		MaxNumSeqs: c.maxNumSeqs, MaxModelLen: c.maxModelLen, KVCacheDType: c.kvDType, KVCacheBytes: int64(c.kvGiB * (1 << 30)),
	}.WithDefaults(), nil
}
