package sizing

import (
	"cmp"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// denseGain returns by which factor matrix products in a format are faster than those
// of 16 bit. The factors are measured at 8192 tokens (ai-dynamo/aiconfigurator 095f58a,
// gemm_perf of vLLM 0.24: FP8 1270 of 756 TFLOPS on H100, 2022 of 1488 on B200, 742 of
// 394 on RTX PRO 6000; NVFP4 3818 on B200), and rounded down to the results of whole
// replicas. Kernels that widen a format to 16 bit first gain nothing.
func denseGain(g catalogue.GPU, f catalogue.Format) float64 {
	switch {
	case f == catalogue.NVFP4 && g.Blackwell():
		return 2.3
	case f != catalogue.FP8 || !g.Ada():
		return 1
	case g.DataCentreBlackwell():
		return 1.4
	case g.Blackwell():
		return 1.85
	}
	return 1.5
}

// grouped is the measured speed of one GPU's grouped products, which experts need:
// TFLOPS at 8192 tokens, and the rate of reading weights as a share of the rate in 16
// bit; 0 means the rate of 16 bit (ai-dynamo/aiconfigurator 095f58a, moe_perf of vLLM
// 0.24, A100 0.14).
type grouped struct{ tflops, reads float64 }

// kernels holds measured speeds by the name of the measured GPU, in the order of the
// formats: 16 bit, FP8 in blocks, INT4, MXFP4, NVFP4.
var kernels = map[string][5]grouped{
	"A100-40":      {{tflops: 100}, {tflops: 100}, {tflops: 100}, {tflops: 100}, {tflops: 100}},
	"H100":         {{488, 0}, {540, .93}, {250, .87}, {556, .85}, {}},
	"H200":         {{546, 0}, {548, .85}, {247, .72}, {561, .65}, {}},
	"B200":         {{915, 0}, {801, .9}, {267, .52}, {541, .68}, {2786, 0}},
	"B300":         {{967, 0}, {848, .9}, {280, .52}, {564, .68}, {2997, 0}},
	"L40S":         {{184, 0}, {284, 0}, {181, 0}, {166, 0}, {}},
	"RTX-PRO-6000": {{179, 0}, {299, 0}, {281, 0}, {257, 0}, {754, .93}},
}

// groupedShare is the share of the 16-bit rate that grouped products reach on a GPU
// without measurement.
const groupedShare = 0.45

// groupedTFLOPS returns the rate of grouped products in TFLOPS.
func groupedTFLOPS(g catalogue.GPU, f catalogue.Format) float64 {
	if k := kernelOf(g, f); k.tflops > 0 {
		return k.tflops
	}
	return groupedShare * g.TFLOPS
}

// groupedReads returns the share of readExperts that a format reaches.
func groupedReads(g catalogue.GPU, f catalogue.Format) float64 {
	if k := kernelOf(g, f); k.reads > 0 {
		return k.reads
	}
	return 1
}

func kernelOf(g catalogue.GPU, f catalogue.Format) grouped {
	return kernels[cmp.Or(g.Chip, g.Name)][f]
}
