package sizing

import (
	"math"
	"testing"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// FuzzFit searches for panics and negative numbers. It also checks two orders: more
// memory never fits less, and a longer context never raises concurrency.
func FuzzFit(f *testing.F) {
	f.Add(3, 5, uint8(1), uint8(1), 0.92, 8192, 256, 2048, uint8(0), uint8(32))
	f.Add(120, 9, uint8(8), uint8(2), 0.5, 131072, 1024, 8192, uint8(1), uint8(19))
	f.Add(400, 0, uint8(0), uint8(0), 0.0, 0, 0, 0, uint8(2), uint8(0))
	names, gpus := catalogue.ShapeNames(), catalogue.GPUNames()
	f.Fuzz(func(t *testing.T, model, gpuIndex int, tensor, pipeline uint8, share float64, length, sequences, tokens int, flags, minor uint8) {
		shape, _ := catalogue.FindShape(names[abs(model)%len(names)])
		gpu, _ := catalogue.FindGPU(gpus[abs(gpuIndex)%len(gpus)])
		if math.IsNaN(share) || share < 0 || share > 1 {
			share = 0.9
		}
		e := Engine{
			// The orders hold since V1, whose batches do not grow with the context.
			Release: Release{Minor: 11 + int(minor)%40}, Shape: shape, GPU: gpu,
			TensorParallel: int(tensor) % 17, PipelineParallel: int(pipeline) % 9, Utilization: share,
			MaxModelLen: abs(length) % 2_000_000, MaxNumSeqs: 1 + abs(sequences)%4096, MaxBatchedTokens: 1 + abs(tokens)%65536,
			EnforceEager: flags&1 != 0, KVCacheDType: map[bool]string{true: "fp8", false: "auto"}[flags&2 != 0],
		}
		m := Fit(e)
		for name, x := range map[string]float64{
			"usable": m.Usable, "requested": m.Requested, "weights": m.Weights, "activation": m.Activation, "non-torch": m.NonTorch, "graphs": m.Graphs,
			"kv": m.KV, "short": m.Short, "error": m.Error, "more": m.More, "needed": m.Needed, "concurrency": m.Concurrency,
			"blocks": float64(m.Blocks), "tokens": float64(m.Tokens), "longest": float64(m.Longest),
		} {
			if !(x >= 0) || math.IsInf(x, 0) {
				t.Errorf("%s is %v: %+v", name, x, m)
			}
		}
		more := e
		more.GPU.UsableGiB *= 1.25
		if bigger := Fit(more); rank(bigger.Verdict) > rank(m.Verdict) || bigger.Blocks < m.Blocks {
			t.Errorf("with more memory %s (%d blocks), with less %s (%d)", bigger.Verdict, bigger.Blocks, m.Verdict, m.Blocks)
		}
		if e.MaxModelLen > 0 {
			longer := e
			longer.MaxModelLen += 1 + e.MaxModelLen/3
			further := Fit(longer)
			o := Objectives{InputTokens: 64, OutputTokens: 16}
			if e.MaxModelLen >= 80 && Serve(longer, further, o, 0, 0).ByKV > Serve(e, m, o, 0, 0).ByKV {
				t.Errorf("%d tokens hold more typical requests than %d", longer.MaxModelLen, e.MaxModelLen)
			}
			if further.Concurrency > m.Concurrency+1e-9 || rank(further.Verdict) < rank(m.Verdict) {
				t.Errorf("%d tokens %s (%v at once), %d tokens %s (%v)", longer.MaxModelLen, further.Verdict, further.Concurrency, e.MaxModelLen, m.Verdict, m.Concurrency)
			}
		}
	})
}

// FuzzSize searches for panics and for contradictory estimates.
func FuzzSize(f *testing.F) {
	f.Add(3, 5, 8192, 100, 1155, 211, uint8(1), uint8(10))
	f.Add(77, 40, 0, 1, 1, 1, uint8(0), uint8(0))
	names, types := catalogue.ShapeNames(), catalogue.Instances()
	f.Fuzz(func(t *testing.T, model, index, length, tpot, input, output int, minReplicas, maxReplicas uint8) {
		shape, _ := catalogue.FindShape(names[abs(model)%len(names)])
		instance := types[abs(index)%len(types)]
		e := Size(Workload{
			Engine:      Engine{Release: current, Shape: shape, GPU: instance.GPU, MaxModelLen: abs(length) % 300_000},
			Instance:    instance,
			Objectives:  Objectives{TPOTMilliseconds: float64(abs(tpot) % 10_000), InputTokens: abs(input) % 1_000_000, OutputTokens: abs(output) % 1_000_000},
			MinReplicas: int(minReplicas), MaxReplicas: int(maxReplicas),
		})
		s := e.Serving
		if s.Usable < 0 || s.Target < 0 || s.Target > max(s.Usable, 1) || s.MaxNumSeqs < 1 || s.Growth < 1 {
			t.Errorf("%+v", s)
		}
		if e.Cost.Min < 0 || e.Cost.Max < 0 || e.Cost.PerMillionTokens < 0 || e.ColdStart.Total() <= 0 {
			t.Errorf("%+v %+v", e.Cost, e.ColdStart)
		}
		if e.Memory.Verdict == DoesNotFit {
			e.Refusal()
		}
		if again := Size(e.Workload); again.Memory != e.Memory {
			t.Errorf("the derived workload gives %+v, not %+v", again.Memory, e.Memory)
		}
	})
}

func abs(n int) int {
	if n < 0 {
		n = -(n + 1)
	}
	return n
}
