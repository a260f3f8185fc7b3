package sizing

const gib = 1 << 30

// WeightsGiB is what the weights take on one GPU: the one that holds most,
// where pipeline stages are uneven.
func (e Engine) WeightsGiB() float64 {
	w, q := e.Shape.Weights, e.Shape.Quantization
	element := e.bytesPerElement()
	linear, experts := element, element
	if q.Method != "" {
		experts = q.Bits / 8
		if q.Padding > 0 {
			experts *= q.Padding
		}
		if !q.ExpertsOnly {
			linear = experts
		}
	}
	split := float64(e.GPUs())
	total := (w.Linear*linear + w.Experts*experts + (w.Embedding+w.Encoder)*element) / split
	total += w.Other * element / float64(e.PipelineParallel)
	if heads := e.kvHeads(); heads > 0 && e.TensorParallel > heads {
		// Each GPU keeps a whole KV head, so heads are repeated.
		repeated := float64(e.TensorParallel)/float64(heads) - 1
		total += repeated * w.KVProjection * linear / split
	}
	if e.PipelineParallel > 1 {
		// The first and the last stage hold the embedding and the output head.
		total += w.Embedding * element / float64(e.TensorParallel) * (0.5 - 1/float64(e.PipelineParallel))
	}
	return max(total, 0) / gib
}

// kvHeads is the largest number of KV heads of any layer.
func (e Engine) kvHeads() int {
	heads := 0
	for _, k := range e.Shape.KV {
		if !k.Shared {
			heads = max(heads, k.Heads)
		}
	}
	return heads
}
