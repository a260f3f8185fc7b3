package sizing

import (
	"fmt"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// breaksSplit checks the number of GPUs over which the model is split.
func (e Engine) breaksSplit() (reason, fix string) {
	gpus := max(e.TensorParallel, 1)
	reason = e.splitProblem(gpus)
	if reason == "" {
		return "", ""
	}
	var counts []string
	for n := 1; n <= maxGPUs; n++ {
		if e.splitProblem(n) == "" {
			counts = append(counts, fmt.Sprint(n))
		}
	}
	fix = "it can be " + strings.Join(counts, ", ")
	if e.ExpertParallel = true; e.splitProblem(gpus) == "" {
		fix += fmt.Sprintf(", or %d with --enable-expert-parallel", gpus)
	}
	return fmt.Sprintf("gpu.count is %d, %s", gpus, reason), fix
}

// Splits reports whether tensor parallelism can split the model over a number of GPUs.
func (e Engine) Splits(gpus int) bool { return gpus >= 1 && e.splitProblem(gpus) == "" }

// splitProblem returns why the model cannot be split over a number of GPUs, as text
// that begins with "which"; "" if it can. The number must divide the attention heads
// and the KV heads (QKVParallelLinear in vllm/model_executor/layers/linear.py), and
// each GPU's part of an MLP must be whole FP8 blocks (quantization/fp8.py and
// utils/fp8_utils.py).
func (e Engine) splitProblem(gpus int) string {
	s := e.Shape
	if s.Heads > 0 && s.Heads%gpus != 0 {
		return fmt.Sprintf("which does not divide the %d attention heads of %s", s.Heads, s.Name)
	}
	for _, k := range s.KV {
		if k.Kind == catalogue.State || k.Shared || k.Heads == 0 {
			continue
		}
		if many, few := max(gpus, k.Heads), min(gpus, k.Heads); many%few != 0 {
			return fmt.Sprintf("which neither divides the %d KV heads nor is a multiple of them", k.Heads)
		}
	}
	block := s.Quantization.Block
	if block == 0 || gpus == 1 {
		return ""
	}
	if width := s.MoE.Intermediate; s.MoE.Experts > 0 && !e.ExpertParallel && width%gpus+width/gpus%block != 0 {
		return fmt.Sprintf("which leaves each GPU %d / %d = %g of an expert's width, no multiple of the FP8 blocks of %d", width, gpus, float64(width)/float64(gpus), block)
	}
	if width := s.Intermediate; width > 0 && s.Layers > s.MoE.Layers && width%gpus+width/gpus%block != 0 {
		return fmt.Sprintf("which leaves each GPU %d / %d = %g of the MLP's width, no multiple of the FP8 blocks of %d", width, gpus, float64(width)/float64(gpus), block)
	}
	return ""
}
