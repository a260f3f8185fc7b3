package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// options holds the values of the command line. Zero means "not set".
type options struct {
	model, config, revision, shapes string
	fetch                           bool
	instance, gpu                   string
	gpuMemory, capability           float64
	link                            string
	bandwidth, tflops               float64
	fitOn                           []string
	gpus, maxModelLen, maxNumSeqs   int
	maxBatchedTokens                int
	utilization, tpot, ttft         float64
	weights                         float64
	kvCacheDType, quantization      string
	eager, experts, compiled, json  bool
	vllm, storage, region           string
	inputTokens, outputTokens       int
	minReplicas, maxReplicas        int
}

func (o *options) define(f *pflag.FlagSet) {
	f.StringVar(&o.config, "config", "", "the `config.json` of a model that the catalogue does not have")
	f.BoolVar(&o.fetch, "fetch", false, "download the model's config.json and the size of its weights from the Hugging Face Hub into the file of --config "+
		"(default: shapes/ORG--NAME.json); uses HF_TOKEN and HF_ENDPOINT")
	f.StringVar(&o.revision, "revision", "main", "`revision` that --fetch reads")
	f.StringVar(&o.shapes, "shapes", "", "print the shape of each config.json file of a `folder`; takes no MODEL")
	f.StringVar(&o.instance, "instance", "", "EC2 instance `type`, such as g5.2xlarge")
	f.StringVar(&o.gpu, "gpu", "", "GPU `name` instead of an instance type: "+strings.Join(catalogue.GPUNames(), ", "))
	f.Float64Var(&o.gpuMemory, "gpu-memory-gib", 0, "memory in `GiB`, as nvidia-smi shows it, of a --gpu that the catalogue does not have")
	f.Float64Var(&o.capability, "compute-capability", 0, "compute `capability` of such a GPU, such as 9.0")
	f.StringVar(&o.link, "link", "", "`class` of the link between such GPUs, such as NVLink4 (default "+catalogue.DefaultLink+")")
	f.Float64Var(&o.bandwidth, "gpu-memory-gbps", 0, "bandwidth of such a GPU's memory in `GB/s`; its speed is estimated if this and --gpu-tflops are known")
	f.Float64Var(&o.tflops, "gpu-tflops", 0, "`rate` of such a GPU's dense 16-bit matrix products in TFLOPS")
	f.StringSliceVar(&o.fitOn, "fit-on", nil, "list the instance types on which the model fits, the cheapest first: `families` or types, such as g5,p4d")
	f.IntVar(&o.gpus, "gpus", 0, "GPUs of one replica (default: the fewest on which it fits)")
	f.IntVar(&o.maxModelLen, "max-model-len", 0, "longest context in `tokens` (default: the model's trained length)")
	f.IntVar(&o.maxNumSeqs, "max-num-seqs", 0, "sequences in one step (default: derived)")
	f.IntVar(&o.maxBatchedTokens, "max-num-batched-tokens", 0, "`tokens` in one step (default: vLLM's)")
	f.Float64Var(&o.utilization, "gpu-memory-utilization", 0, "`share` of the GPU's memory (default: the release's)")
	f.StringVar(&o.kvCacheDType, "kv-cache-dtype", "auto", "`type` of the KV cache, such as fp8")
	f.StringVar(&o.quantization, "quantization", "", "`method`, if neither the model's name nor its configuration states one: awq, gptq, fp8, …")
	f.Float64Var(&o.weights, "weights-gib", 0, "size of the weights' files in `GiB` (default: computed, or the size in --config)")
	f.BoolVar(&o.experts, "enable-expert-parallel", false, "each GPU has whole experts, not a part of every one")
	f.BoolVar(&o.eager, "enforce-eager", false, "disable CUDA graphs")
	f.StringVar(&o.vllm, "vllm-version", versions.VLLM, "`version` of vLLM")
	f.Float64Var(&o.tpot, "tpot-ms", 0, "longest time per output token in `ms` (default 100)")
	f.Float64Var(&o.ttft, "ttft-ms", 0, "longest time to the first token in `ms` (default 2000)")
	f.IntVar(&o.inputTokens, "input-tokens", 0, "mean `tokens` of a prompt (default 1155)")
	f.IntVar(&o.outputTokens, "output-tokens", 0, "mean `tokens` of an answer (default 211)")
	f.IntVar(&o.minReplicas, "min-replicas", 1, "smallest `number` of replicas")
	f.IntVar(&o.maxReplicas, "max-replicas", 0, "largest `number` of replicas (default: that of --min-replicas)")
	f.StringVar(&o.storage, "storage", string(sizing.Hub), "source of the weights: hub, s3, ebs, nvme")
	f.BoolVar(&o.compiled, "compile-cache", false, "compiled code is kept from an earlier start")
	f.StringVar(&o.region, "region", catalogue.DefaultRegion, "AWS `region` of the prices")
	f.BoolVar(&o.json, "json", false, "print JSON")
}

// workload returns the workload to size, without an instance type or GPU. The error
// holds all problems.
func (o *options) workload() (sizing.Workload, error) {
	shape, errShape := o.shape()
	release, ok := sizing.ParseRelease(o.vllm)
	var errs []error
	if !ok {
		errs = append(errs, fmt.Errorf("--vllm-version: is %q, want a version such as %s", o.vllm, versions.VLLM))
	}
	if !slices.Contains(sizing.Storages(), sizing.Storage(o.storage)) {
		errs = append(errs, fmt.Errorf("--storage: is %q, want one of hub, s3, ebs, nvme", o.storage))
	}
	for name, value := range map[string]int{
		"--gpus": o.gpus, "--max-model-len": o.maxModelLen, "--max-num-seqs": o.maxNumSeqs, "--max-num-batched-tokens": o.maxBatchedTokens,
		"--input-tokens": o.inputTokens, "--output-tokens": o.outputTokens, "--min-replicas": o.minReplicas, "--max-replicas": o.maxReplicas,
	} {
		if value < 0 || value > 100_000_000 {
			errs = append(errs, fmt.Errorf("%s: is %d, want a positive number", name, value))
		}
	}
	if o.weights < 0 {
		errs = append(errs, fmt.Errorf("--weights-gib: is %g, want more than 0", o.weights))
	}
	if o.weights > 0 {
		shape.WeightsGiB = o.weights
	}
	if o.tpot < 0 {
		errs = append(errs, fmt.Errorf("--tpot-ms: is %g, want more than 0", o.tpot))
	}
	if o.ttft < 0 {
		errs = append(errs, fmt.Errorf("--ttft-ms: is %g, want more than 0", o.ttft))
	}
	if problem := vllmflags.NameProblem("--kv-cache-dtype", o.kvCacheDType); problem != "" {
		errs = append(errs, fmt.Errorf("--kv-cache-dtype: %s", problem))
	}
	if o.maxReplicas > 0 && o.maxReplicas < o.minReplicas {
		errs = append(errs, fmt.Errorf("--max-replicas: is %d, want at least --min-replicas, which is %d", o.maxReplicas, o.minReplicas))
	}
	if trained := shape.MaxLen; errShape == nil && trained > 0 && o.maxModelLen > trained {
		errs = append(errs, fmt.Errorf("--max-model-len: is %d, and %s was trained for %d; vLLM does not start with more", o.maxModelLen, o.model, trained))
	}
	if o.utilization < 0 || o.utilization > 1 {
		errs = append(errs, fmt.Errorf("--gpu-memory-utilization: is %g, want more than 0 and at most 1", o.utilization))
	}
	engine := sizing.Engine{
		Release: release, Shape: shape, TensorParallel: o.gpus, Utilization: o.utilization, MaxModelLen: o.maxModelLen,
		MaxNumSeqs: o.maxNumSeqs, MaxBatchedTokens: o.maxBatchedTokens, KVCacheDType: o.kvCacheDType, EnforceEager: o.eager, ExpertParallel: o.experts,
	}
	if errShape == nil && o.gpus > 0 {
		for _, obstacle := range engine.Obstacles() { // the engine has no GPU yet, and the other rules need one
			if obstacle.Rule == sizing.RuleSplit {
				errs = append(errs, fmt.Errorf("--gpus: %s", strings.TrimPrefix(obstacle.String(), "gpu.count ")))
			}
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return sizing.Workload{
		Model: o.model, Engine: engine,
		Objectives:  sizing.Objectives{TPOTMilliseconds: o.tpot, TTFTMilliseconds: o.ttft, InputTokens: o.inputTokens, OutputTokens: o.outputTokens},
		MinReplicas: o.minReplicas, MaxReplicas: max(o.maxReplicas, o.minReplicas),
		Storage: sizing.Storage(o.storage), Compiled: o.compiled, Prices: catalogue.Prices{Region: o.region},
	}, errors.Join(append(errs, errShape)...)
}

// shape returns the shape of the model: from the --config file, else from the
// catalogue.
func (o *options) shape() (catalogue.Shape, error) {
	shape, ok := catalogue.FindShape(o.model)
	if o.config != "" {
		text, err := os.ReadFile(o.config)
		if err != nil {
			return shape, fmt.Errorf("--config: %w", err)
		}
		if shape, err = catalogue.ShapeOf(o.model, text); err != nil {
			return shape, fmt.Errorf("--config: %s: %s", o.config, strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	} else if !ok {
		return shape, fmt.Errorf("the shape of %s is not in the catalogue, and none is guessed; download it with --fetch, or give the model's config.json with --config", o.model)
	}
	if o.quantization != "" {
		shape.Quantization = catalogue.QuantizationOf(o.quantization)
		if shape.Quantization.Method == "" {
			return shape, fmt.Errorf("--quantization: is %q, which is no method of the catalogue", o.quantization)
		}
	}
	return shape, nil
}

// errDoesNotFit sets the exit status for a model that does not fit. The report states
// the reason.
var errDoesNotFit = errors.New("does not fit")

func (o *options) run(ctx context.Context, out io.Writer) error {
	if o.fetch {
		if err := o.save(ctx, out); err != nil {
			return err
		}
	}
	w, err := o.workload()
	if err != nil {
		return err
	}
	switch {
	case o.instance != "" && (o.gpu != "" || len(o.fitOn) > 0), o.gpu != "" && len(o.fitOn) > 0:
		return errors.New("--instance, --gpu and --fit-on cannot be combined; give one of them")
	case o.gpu == "" && o.describesGPU():
		return errors.New("--gpu: is missing; name the GPU that --gpu-memory-gib and --compute-capability describe")
	case o.instance != "":
		if w.Instance, err = catalogue.FindInstance(o.instance); err != nil {
			return fmt.Errorf("--instance: %w", err)
		}
		if o.gpus > w.Instance.GPUs {
			return fmt.Errorf("--gpus: is %d, and %s has %d", o.gpus, w.Instance.Type, w.Instance.GPUs)
		}
		w.Engine.GPU = w.Instance.GPU
	case o.gpu != "":
		if w.Engine.GPU, err = o.findGPU(); err != nil {
			return err
		}
	default:
		return o.list(out, w)
	}
	return o.single(out, sizing.Size(w))
}

// describesGPU reports whether flags describe a GPU.
func (o *options) describesGPU() bool {
	return o.gpuMemory != 0 || o.capability != 0 || o.link != "" || o.bandwidth != 0 || o.tflops != 0
}

// findGPU returns the GPU of the catalogue, or the GPU that the flags describe.
func (o *options) findGPU() (catalogue.GPU, error) {
	gpu, err := catalogue.FindGPU(o.gpu)
	switch {
	case err == nil && o.describesGPU():
		return gpu, fmt.Errorf("--gpu: is %s, which the catalogue has; remove the flags that describe a GPU, such as --gpu-memory-gib, or give the GPU another name", gpu.Name)
	case err == nil:
		return gpu, nil
	case !o.describesGPU():
		return gpu, fmt.Errorf("--gpu: %w, or describe it with --gpu-memory-gib and --compute-capability", err)
	case o.gpuMemory <= 0:
		return gpu, fmt.Errorf("--gpu-memory-gib: is %g, want the memory of one GPU that nvidia-smi shows", o.gpuMemory)
	case o.bandwidth < 0 || o.tflops < 0 || o.bandwidth > 0 != (o.tflops > 0):
		return gpu, fmt.Errorf("--gpu-tflops: is %g, and --gpu-memory-gbps is %g; give both, or neither, for a GPU whose speed is not estimated", o.tflops, o.bandwidth)
	}
	gpu = catalogue.GPU{Name: o.gpu, NominalGB: int(math.Round(o.gpuMemory)), UsableGiB: o.gpuMemory, MemoryGBps: o.bandwidth, TFLOPS: o.tflops}
	if gpu.Capability, err = catalogue.CapabilityOf(o.capability); err != nil {
		return gpu, fmt.Errorf("--compute-capability: %w", err)
	}
	if gpu.Link, err = catalogue.FindLink(cmp.Or(o.link, catalogue.DefaultLink)); err != nil {
		return gpu, fmt.Errorf("--link: %w", err)
	}
	return gpu, nil
}

// types returns the instance types of --fit-on. Default: all.
func (o *options) types() ([]catalogue.Instance, error) {
	if len(o.fitOn) == 0 {
		return catalogue.Instances(), nil
	}
	var found []catalogue.Instance
	seen := map[string]bool{}
	for _, name := range o.fitOn {
		name = strings.ToLower(strings.TrimSpace(name))
		matches := false
		for _, i := range catalogue.Instances() {
			if i.Type != name && !strings.HasPrefix(i.Type, name+".") {
				continue
			}
			matches = true
			if !seen[i.Type] {
				seen[i.Type] = true
				found = append(found, i)
			}
		}
		if !matches {
			return nil, fmt.Errorf("--fit-on: %q is neither a GPU instance type nor a family of the catalogue", name)
		}
	}
	return found, nil
}
