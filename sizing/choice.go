package sizing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// rank returns the position of a verdict: Fits is 0, Marginal 1, DoesNotFit 2.
func rank(v Verdict) int { return slices.Index([]Verdict{Fits, Marginal, DoesNotFit}, v) }

// Compare orders estimates by verdict, then by the price of all replicas on whole
// nodes, then by the number of GPUs, then by the name of the instance type.
func Compare(a, b Estimate) int {
	return cmp.Or(
		cmp.Compare(rank(a.Memory.Verdict), rank(b.Memory.Verdict)),
		cmp.Compare(a.price(), b.price()),
		cmp.Compare(a.Workload.Engine.GPUs(), b.Workload.Engine.GPUs()),
		cmp.Compare(a.Workload.Instance.Type, b.Workload.Instance.Type),
	)
}

// Change is one change of the configuration that makes a model fit.
type Change struct {
	// Setting is the key with its new value, or another short description.
	Setting string
	// USDPerHour is the cost of all replicas after the change; +Inf if it is unknown.
	USDPerHour float64
}

// String returns the change with its cost.
func (c Change) String() string {
	if math.IsInf(c.USDPerHour, 0) {
		return c.Setting
	}
	return fmt.Sprintf("%s (%.2f USD/h)", c.Setting, c.USDPerHour)
}

// rank returns the cost by which changes are sorted. A node without a known price
// causes no purchase, so a change of the service alone comes first with 0.
func (c Change) rank() float64 {
	if math.IsInf(c.USDPerHour, 1) {
		return 0
	}
	return c.USDPerHour
}

// Changes returns up to three changes, the cheapest first. Each of them alone makes the
// workload fit. Of equal cost, the change with the smallest effect on the service comes
// first.
func Changes(w Workload) []Change {
	var changes []Change
	try := func(setting string, changed Workload) bool {
		e := changed.size()
		if e.Memory.Verdict != Fits {
			return false
		}
		changes = append(changes, Change{setting, e.price()})
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
		for _, q := range []struct{ mark, setting string }{{"fp8", "an FP8 copy of the model"}, {"awq", "a 4-bit copy of the model (AWQ or GPTQ)"}} {
			small := w
			small.Engine.Shape.Quantization = catalogue.QuantizationOf(q.mark)
			try(q.setting, small)
		}
	}
	for gpus := min(max(w.Engine.TensorParallel, 1), nodeLimit) * 2; gpus <= w.gpusOfNode(); gpus *= 2 {
		split := w
		split.Engine.TensorParallel = gpus
		if w.Engine.Splits(gpus) && try(fmt.Sprintf("gpu.count: %d", gpus), split) {
			break
		}
	}
	if change, ok := w.otherInstance(); ok {
		changes = append(changes, change)
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return cmp.Compare(a.rank(), b.rank()) })
	return changes[:min(len(changes), 3)]
}

// otherInstance returns the cheapest other instance type on which the workload fits.
func (w Workload) otherInstance() (Change, bool) {
	unsplit := w
	unsplit.Engine.TensorParallel = 0
	for _, e := range FitOn(unsplit, catalogue.Instances()) {
		if e.Memory.Verdict != Fits || !e.Cost.Known {
			break
		}
		if e.Workload.Instance.Type != w.Instance.Type {
			return Change{fmt.Sprintf("nodes of type %s with gpu.count: %d", e.Workload.Instance.Type, e.Workload.Engine.GPUs()), e.price()}, true
		}
	}
	return Change{}, false
}

// shortest is the shortest context that a change may propose, in tokens; a shorter one
// serves no useful request.
const shortest = 512

// longestThatFits returns the longest context below MaxModelLen with which the workload
// fits, in tokens, rounded down to a step; 0 if no context fits.
func (w Workload) longestThatFits() int {
	low, high := 0, w.size().Memory.MaxModelLen
	if trained := w.Engine.Shape.MaxLen; trained > 0 {
		high = min(high, trained)
	}
	for low < high {
		middle := high - (high-low)/2
		trial := w
		trial.Engine.MaxModelLen = middle
		if trial.size().Memory.Verdict == Fits {
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

// Refusal returns one line that says why a workload does not fit, with the numbers and
// the changes that make it fit.
func (e Estimate) Refusal() string {
	m, w := e.Memory, e.Workload
	if reason := w.Engine.cannotRun(); reason != "" {
		return fmt.Sprintf("%s does not run on %s: %s", w.Model, e.Hardware(), reason)
	}
	text := fmt.Sprintf("%s does not fit %s: vLLM takes %.1f of %.1f GiB usable on each GPU; weights %.1f, ",
		w.Model, e.Hardware(), m.Requested, m.Usable, m.Weights)
	if m.Drafter > 0 {
		text += fmt.Sprintf("the drafter %.1f, ", m.Drafter)
	}
	if m.Adapters > 0 {
		text += fmt.Sprintf("adapters %.1f, ", m.Adapters)
	}
	text += fmt.Sprintf("activations %.1f, CUDA and communication %.1f, CUDA graphs %.1f", m.Activation, m.NonTorch, m.Graphs)
	switch {
	case m.Short > 0:
		text += fmt.Sprintf(" need %.1f GiB more", m.Short)
	case m.Needed > m.KV:
		text += fmt.Sprintf(" leave %.1f GiB for the KV cache, and one request of %d tokens needs %.1f", m.KV, m.MaxModelLen, m.Needed)
	default:
		text += fmt.Sprintf(" leave %.1f GiB for the KV cache; %s", m.KV, m.Reason)
	}
	changes := Changes(e.Requested)
	if len(changes) == 0 {
		return text + "; no single change makes it fit an instance type of the catalogue"
	}
	parts := make([]string, len(changes))
	for i, c := range changes {
		parts[i] = c.String()
	}
	return text + "; one of these changes makes it fit: " + strings.Join(parts, " | ")
}

// Shortage returns a short reason why the workload does not fit for certain; "" if it
// fits.
func (e Estimate) Shortage() string {
	m := e.Memory
	if reason := e.Workload.Engine.cannotRun(); reason != "" {
		return "does not run on it: " + reason
	}
	switch {
	case m.Verdict == Fits:
		return ""
	case m.Verdict == Marginal:
		return "may not fit: " + m.Reason
	case m.Short > 0:
		return fmt.Sprintf("does not fit: %.1f GiB too little on each of %s", m.Short, e.Hardware())
	case m.Needed > m.KV:
		return fmt.Sprintf("does not fit: %.1f GiB left for the KV cache on each of %s, and a request of %d tokens needs %.1f", m.KV, e.Hardware(), m.MaxModelLen, m.Needed)
	}
	return "does not fit: " + m.Reason
}

// Hardware returns the GPUs and the instance type of one replica, such as "4 × A10G
// (g5.12xlarge)".
func (e Estimate) Hardware() string {
	w := e.Workload
	text := fmt.Sprintf("%d × %s", w.Engine.GPUs(), w.Engine.GPU.Name)
	if w.Instance.Type != "" {
		text += " (" + w.Instance.Type + ")"
	}
	return text
}
