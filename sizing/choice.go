package sizing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// rank orders verdicts: what fits first.
func rank(v Verdict) int { return slices.Index([]Verdict{Fits, Marginal, DoesNotFit}, v) }

// Compare orders estimates: what fits first, and the cheapest of that, all
// replicas on whole nodes counted; of equal cost the one with fewer GPUs.
func Compare(a, b Estimate) int {
	return cmp.Or(
		cmp.Compare(rank(a.Memory.Verdict), rank(b.Memory.Verdict)),
		cmp.Compare(a.price(), b.price()),
		cmp.Compare(a.Workload.Engine.GPUs(), b.Workload.Engine.GPUs()),
		cmp.Compare(a.Workload.On.Type, b.Workload.On.Type),
	)
}

// Change is one change that would make a model fit.
type Change struct {
	// What is changed, as the configuration says it.
	What string
	// USDPerHour is the cost of all replicas after it; +Inf where it is not known.
	USDPerHour float64
}

// String is the change with its cost.
func (c Change) String() string {
	if math.IsInf(c.USDPerHour, 0) {
		return c.What
	}
	return fmt.Sprintf("%s (%.2f USD/h)", c.What, c.USDPerHour)
}

// rank orders changes by cost. On nodes whose price is not known nothing is
// bought, so what changes only the service comes first.
func (c Change) rank() float64 {
	if math.IsInf(c.USDPerHour, 1) {
		return 0
	}
	return c.USDPerHour
}

// Changes computes up to three changes, each of which alone makes the workload
// fit, cheapest first, and of equal cost what changes least of the service
// first.
func Changes(w Workload) []Change {
	var all []Change
	try := func(what string, changed Workload) bool {
		e := changed.size()
		if e.Memory.Verdict != Fits {
			return false
		}
		all = append(all, Change{what, e.price()})
		return true
	}
	w.Engine.TensorParallel = Size(w).Workload.Engine.TensorParallel
	if length := w.longestThatFits(); length > 0 {
		shorter := w
		shorter.Engine.MaxModelLen = length
		try(fmt.Sprintf("maxModelLen: %d", length), shorter)
	}
	if m := w.size().Memory; m.key == "maxNumSeqs" && m.Blocks > 0 {
		fewer := w
		fewer.Engine.MaxNumSeqs = m.Blocks
		try(fmt.Sprintf("maxNumSeqs: %d", m.Blocks), fewer)
	}
	if !w.Engine.narrowCache() {
		narrow := w
		narrow.Engine.KVCacheDType = "fp8"
		try("kvCacheDtype: fp8", narrow)
	}
	if w.Engine.Shape.Quantization.Method == "" {
		for _, q := range []struct{ mark, what string }{{"fp8", "an FP8 copy of the model"}, {"awq", "a 4-bit copy of the model (AWQ or GPTQ)"}} {
			small := w
			small.Engine.Shape.Quantization = catalogue.QuantizationOf(q.mark)
			try(q.what, small)
		}
	}
	for gpus := min(max(w.Engine.TensorParallel, 1), noNodeHasMore) * 2; gpus <= w.gpusOfNode(); gpus *= 2 {
		more := w
		more.Engine.TensorParallel = gpus
		if w.Engine.Splits(gpus) && try(fmt.Sprintf("gpu.count: %d", gpus), more) {
			break
		}
	}
	if other, ok := w.otherInstance(); ok {
		all = append(all, other)
	}
	slices.SortStableFunc(all, func(a, b Change) int { return cmp.Compare(a.rank(), b.rank()) })
	return all[:min(len(all), 3)]
}

// otherInstance is the cheapest other instance type on which the workload fits.
func (w Workload) otherInstance() (Change, bool) {
	anywhere := w
	anywhere.Engine.TensorParallel = 0
	for _, e := range FitOn(anywhere, catalogue.Instances()) {
		if e.Memory.Verdict != Fits || !e.Cost.Known {
			break
		}
		if e.Workload.On.Type != w.On.Type {
			return Change{fmt.Sprintf("nodes of type %s with gpu.count: %d", e.Workload.On.Type, e.Workload.Engine.GPUs()), e.price()}, true
		}
	}
	return Change{}, false
}

// shortest is the shortest context that is offered: less serves nobody.
const shortest = 512

// longestThatFits is the longest context, shorter than the workload's, for
// which it fits, rounded down; 0 if there is none.
func (w Workload) longestThatFits() int {
	low, high := 0, w.size().Memory.MaxModelLen
	if trained := w.Engine.Shape.MaxLen; trained > 0 {
		high = min(high, trained)
	}
	for low < high {
		middle := high - (high-low)/2
		at := w
		at.Engine.MaxModelLen = middle
		if at.size().Memory.Verdict == Fits {
			low = middle
		} else {
			high = middle - 1
		}
	}
	step := 1024
	if low < 8192 {
		step = 256
	}
	if low = low / step * step; low < shortest {
		return 0
	}
	return low
}

// Refusal says why a workload does not fit, with the numbers and the changes
// that would help, in one line.
func (e Estimate) Refusal() string {
	m, w := e.Memory, e.Workload
	if why := w.Engine.cannotRun(); why != "" {
		return fmt.Sprintf("%s does not run on %s: %s", w.Model, e.Hardware(), why)
	}
	text := fmt.Sprintf("%s does not fit %s: of %.1f GiB usable on each GPU vLLM takes %.1f; weights %.1f, ",
		w.Model, e.Hardware(), m.Usable, m.Requested, m.Weights)
	if m.Drafter > 0 {
		text += fmt.Sprintf("the drafter %.1f, ", m.Drafter)
	}
	if m.Adapters > 0 {
		text += fmt.Sprintf("adapters %.1f, ", m.Adapters)
	}
	text += fmt.Sprintf("activations %.1f, CUDA and communication %.1f, CUDA graphs %.1f", m.Activation, m.NonTorch, m.Graphs)
	switch {
	case m.Short > 0:
		text += fmt.Sprintf(" are %.1f GiB more than that", m.Short)
	case m.Needed > m.KV:
		text += fmt.Sprintf(" leave %.1f GiB for the KV cache, and one request of %d tokens needs %.1f", m.KV, m.MaxModelLen, m.Needed)
	default:
		text += fmt.Sprintf(" leave %.1f GiB for the KV cache; %s", m.KV, m.Why)
	}
	changes := Changes(e.Asked)
	if len(changes) == 0 {
		return text + "; no single change makes it fit an instance type of the catalogue"
	}
	parts := make([]string, len(changes))
	for i, c := range changes {
		parts[i] = c.String()
	}
	return text + "; any one of these makes it fit: " + strings.Join(parts, " | ")
}

// Shortage says in a few words why the workload does not fit for certain; "" if
// it fits.
func (e Estimate) Shortage() string {
	m := e.Memory
	if why := e.Workload.Engine.cannotRun(); why != "" {
		return "does not run on it: " + why
	}
	switch {
	case m.Verdict == Fits:
		return ""
	case m.Verdict == Marginal:
		return "may not fit: " + m.Why
	case m.Short > 0:
		return fmt.Sprintf("does not fit: %.1f GiB too little on each of %s", m.Short, e.Hardware())
	case m.Needed > m.KV:
		return fmt.Sprintf("does not fit: %.1f GiB left for the KV cache on each of %s, and a request of %d tokens needs %.1f", m.KV, e.Hardware(), m.MaxModelLen, m.Needed)
	}
	return "does not fit: " + m.Why
}

// Hardware is what one replica runs on, such as "4 × A10G (g5.12xlarge)".
func (e Estimate) Hardware() string {
	w := e.Workload
	text := fmt.Sprintf("%d × %s", w.Engine.GPUs(), w.Engine.GPU.Name)
	if w.On.Type != "" {
		text += " (" + w.On.Type + ")"
	}
	return text
}
