package sizing

import (
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

const gib = 1 << 30

// WeightsGiB returns the memory of the weights on one GPU, in GiB. If pipeline stages
// are uneven, the largest stage counts.
func (e Engine) WeightsGiB() float64 {
	scale := 1.0
	if e.Shape.WeightsGiB > 0 {
		scale = e.Shape.WeightsGiB / e.filesGiB()
	}
	return scale * e.computedGiB(e.bytesPerElement())
}

// filesGiB returns the computed size of the weights' files, in GiB.
func (e Engine) filesGiB() float64 {
	element := 2.0
	if strings.HasPrefix(e.Shape.DType, "float32") {
		element = 4
	}
	common, experts, rest := e.Shape.Bytes(element)
	return max(common+experts+rest, 1) / gib
}

// computedGiB returns the memory of the weights on one GPU, computed from the shape, in
// GiB.
func (e Engine) computedGiB(element float64) float64 {
	w, q := e.Shape.Weights, e.Shape.Quantization
	attention, experts := q.Attention.Bytes(element), q.Experts.Bytes(element)
	if q.ExpertsOnly {
		experts *= e.expertPadding()
	}
	linear := w.Attention*attention + (w.Linear-w.Attention)*q.MLP.Bytes(element)
	table := (w.Embedding-w.Head)*element + w.Head*q.Head.Bytes(element)
	split := float64(e.GPUs())
	total := (linear + w.Experts*experts + table + w.Encoder*element) / split
	total += w.Other * element / float64(e.PipelineParallel)
	if heads := e.kvHeads(); heads > 0 && e.TensorParallel > heads {
		// Each GPU keeps a whole KV head, so some heads exist more than once.
		repeated := float64(e.TensorParallel)/float64(heads) - 1
		total += repeated * w.KVProjection * attention / split
	}
	if mla := e.Shape.MLA; mla != (catalogue.MLA{}) && q.Attention.Share > 0 {
		// Copies in 16 bit of the matrices that expand the latent.
		total += q.Attention.Share * element * float64(mla.Latent) * float64(mla.Expanded) * float64(e.Shape.Heads) * float64(e.Shape.Layers) / split
	}
	if e.PipelineParallel > 1 {
		// The first and the last stage hold the embedding and the output head.
		total += w.Embedding * element / float64(e.TensorParallel) * (0.5 - 1/float64(e.PipelineParallel))
	}
	return max(total, 0) / gib
}

// doubtGiB returns the uncertainty of the weights on one GPU, in GiB, if the model's
// name does not say in how many bits attention is stored.
func (e Engine) doubtGiB() float64 {
	if !e.Shape.Quantization.Doubtful || e.Shape.WeightsGiB > 0 {
		return 0
	}
	narrow, wide := e, e
	narrow.Shape.Quantization.Attention.Share, wide.Shape.Quantization.Attention.Share = 1, 0
	return (wide.WeightsGiB() - narrow.WeightsGiB()) / 2
}

// expertPadding returns by which factor the kernels of MXFP4 widen the experts. Marlin
// pads the hidden width to 256, and each GPU's share of the experts' width to 128;
// Blackwell's kernels pad both to 256
// (vllm/model_executor/layers/quantization/mxfp4.py).
func (e Engine) expertPadding() float64 {
	shares := 128
	if e.GPU.DataCentreBlackwell() {
		shares = 256
	}
	return padded(e.Shape.Hidden, 256) * padded(e.Shape.MoE.Intermediate/max(e.TensorParallel, 1), shares)
}

// padded returns the factor by which a width grows to the next multiple.
func padded(width, multiple int) float64 {
	if width <= 0 {
		return 1
	}
	return float64((width+multiple-1)/multiple*multiple) / float64(width)
}

// kvHeads returns the largest number of KV heads of a layer.
func (e Engine) kvHeads() int {
	heads := 0
	for _, k := range e.Shape.KV {
		if !k.Shared {
			heads = max(heads, k.Heads)
		}
	}
	return heads
}
