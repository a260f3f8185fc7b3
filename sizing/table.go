package sizing

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Row is one line of a stack's table, which describes one service.
type Row struct {
	// Name is the service's name.
	Name string
	// Group names the node groups on which the service may run, in order of preference.
	// Default: none.
	Group string
	// Estimate is nil if the shape or the GPU is unknown.
	Estimate *Estimate
}

// Table returns the table of a stack. Its last line is the cost of the stack.
func Table(rows []Row, bill *Bill) string {
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	grouped := slices.ContainsFunc(rows, func(r Row) bool { return r.Group != "" })
	line := func(name, group string, cells ...string) {
		if grouped {
			cells = slices.Concat([]string{group}, cells)
		}
		_, _ = fmt.Fprintln(t, strings.Join(slices.Concat([]string{name}, cells), "\t"))
	}
	line("model", "group", "GPU", "fit", "weights", "KV tokens", "concurrency", "target", "cold start", "USD/h min–max", "USD/M tokens")
	for _, r := range rows {
		if r.Estimate == nil {
			line(r.Name, orDash(r.Group), "?", "unknown", "–", "–", "–", "–", "–", "–", "–")
			continue
		}
		line(r.Name, orDash(r.Group), r.Estimate.cells()...)
	}
	if bill != nil && len(bill.Items) > 0 {
		line("stack", "", "", "", "", "", "", "", "", atMost(bill.Spot, span(bill.Min, bill.Max)), "")
	}
	_ = t.Flush()
	return trimRight(text.String())
}

// cells returns the estimate's columns of the table.
func (e Estimate) cells() []string {
	return []string{
		e.Hardware(), string(e.Memory.Verdict), fmt.Sprintf("%.1f GiB", e.Memory.Weights*float64(e.Workload.Engine.GPUs())), thousands(e.Memory.Tokens),
		e.concurrency(), e.target(), e.ColdStart.Total().Round(time.Second).String(), e.Cost.String(), e.perMillion(),
	}
}

// Summary returns the estimate's columns of the table as one line, without those
// that are not known: "1 × A10G, fits, 13.5 GiB of weights, …".
func (e Estimate) Summary() string {
	formats := []string{"%s", "%s", "%s of weights", "%s KV tokens", "concurrency %s", "target %s", "cold start %s", "%s USD/h", "%s USD/M tokens"}
	var parts []string
	for i, cell := range e.cells() {
		if cell != orDash("") {
			parts = append(parts, fmt.Sprintf(formats[i], cell))
		}
	}
	return strings.Join(parts, ", ")
}

// target returns the target load of a replica as text, "–" if it is unknown.
func (e Estimate) target() string {
	if e.Serving.Target == 0 {
		return orDash("")
	}
	return e.About() + fmt.Sprint(e.Serving.Target)
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// trimRight removes the spaces of empty cells at the end of each line.
func trimRight(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return strings.Join(lines, "\n")
}

// String returns the smallest and the largest cost, "–" if they are unknown.
func (c Cost) String() string {
	if !c.Known {
		return "–"
	}
	return atMost(c.Spot, span(c.Min, c.Max))
}

// atMost marks the on-demand price of spot instances, which cost at most that price.
func atMost(spot bool, price string) string {
	if spot {
		return "≤ " + price
	}
	return price
}

func (e Estimate) perMillion() string {
	if e.Cost.PerMillionTokens == 0 {
		return "–"
	}
	price := atMost(e.Cost.Spot, fmt.Sprintf("%s%.2f", e.About(), e.Cost.PerMillionTokens))
	if !e.Workload.Engine.Shape.Kind.Generates() {
		price += " input"
	}
	return price
}

// About returns "about " as the prefix of numbers that follow from an extrapolated
// speed, and "" for other numbers.
func (e Estimate) About() string {
	if e.Serving.Speed.Known() && e.Workload.Engine.extrapolated() {
		return "about "
	}
	return ""
}

func span(low, high float64) string {
	if low == high {
		return fmt.Sprintf("%.2f", low)
	}
	return fmt.Sprintf("%.2f–%.2f", low, high)
}

// thousands returns a number with commas: 66,368 for 66368.
func thousands(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Warnings returns the warnings for an estimate that is not refused.
func (e Estimate) Warnings() []string {
	var found []string
	add := func(format string, values ...any) { found = append(found, fmt.Sprintf(format, values...)) }
	w := e.Workload
	if e.Memory.Verdict == Marginal {
		add("may not fit %s: %s", e.Hardware(), e.Memory.Reason)
	}
	if !e.Serving.Speed.Known() {
		add("the memory bandwidth and TFLOPS of %s are not known, so its speed is not estimated and scaling.targetLoad is not derived", w.Engine.GPU.Name)
	} else if w.Engine.Shape.Kind.Generates() && e.Serving.ByTPOT < 1 && e.Memory.Verdict != DoesNotFit {
		add("no request decodes within %g ms a token on %s; raise objectives.tpotMilliseconds, or use more or faster GPUs", w.Objectives.TPOTMilliseconds, e.Hardware())
	}
	if g := w.Engine.GPU; w.Engine.TensorParallel > 2 && !g.Link.NVLink {
		add("%d %s exchange data over PCIe, which takes %.0f %% of a step; an FP8 or 4-bit copy on fewer GPUs, or NVLink, may cost less",
			w.Engine.TensorParallel, g.Name, 100*e.exchanging())
	}
	if q := w.Engine.Shape.Quantization; w.Engine.GPU.DataCentreBlackwell() && w.Engine.Shape.MoE.Experts > 0 && q.Format(q.Experts) == catalogue.Int4 {
		add("%s computes experts in %s at a tenth of the rate of NVFP4; use an NVFP4 copy of the model", w.Engine.GPU.Name, q.Method)
	}
	if w.Instance.Type != "" {
		if need := 2 * (2 + w.Engine.GPUs()); w.Instance.VCPU < need {
			add("%s has %d vCPU, and vLLM needs %d for %d GPU: two cores, and one more for each GPU", w.Instance.Type, w.Instance.VCPU, need, w.Engine.GPUs())
		}
		if !e.Cost.Known {
			add("%s has no price in the catalogue, so its cost is not counted; set its price with costs.usdPerHour", w.Instance.Type)
		}
	}
	if doubt := w.Engine.doubtGiB(); doubt > 0 {
		add("the weights may take %.1f GiB more or less on each GPU; get its config.json with go run ./cmd/size %s --fetch, and set shape to it", doubt, w.Model)
	}
	if w.Engine.Shape.Family {
		add("the shape of %s is used, because the name contains it; if the model differs, set shape to its config.json", w.Engine.Shape.Name)
	}
	return found
}

// Numbers returns the estimate as data: a stack exports it, and cmd/size prints it as
// JSON. Unknown numbers are absent.
func (e Estimate) Numbers() map[string]any {
	w, m, s := e.Workload, e.Memory, e.Serving
	n := map[string]any{
		"hardware": e.Hardware(), "usableGiBPerGPU": round(m.Usable, 2), "requestedGiBPerGPU": round(m.Requested, 2), "neededGiBPerGPU": round(m.Needed, 2),
		"inputTokens": w.Objectives.InputTokens, "outputTokens": w.Objectives.OutputTokens, "tpotMilliseconds": w.Objectives.TPOTMilliseconds, "ttftMilliseconds": w.Objectives.TTFTMilliseconds,
		"gpus": w.Engine.GPUs(), "kind": w.Engine.Shape.Kind.String(), "verdict": string(m.Verdict), "vllm": w.Engine.Release.String(),
		"weightsGiBPerGPU": round(m.Weights, 2), "activationGiBPerGPU": round(m.Activation, 2), "nonTorchGiBPerGPU": round(m.NonTorch, 2),
		"drafterGiBPerGPU": round(m.Drafter, 2), "adaptersGiBPerGPU": round(m.Adapters, 2), "cudaGraphsGiBPerGPU": round(m.Graphs, 2), "kvCacheGiBPerGPU": round(m.KV, 2), "shortGiBPerGPU": round(m.Short, 2), "errorGiBPerGPU": round(m.Error, 2), "moreGiBPerGPU": round(m.More, 2),
		"kvCacheTokens": m.Tokens, "maxModelLen": m.MaxModelLen, "longestContextTokens": m.Longest,
		"concurrencyAtMaxModelLen": round(m.Concurrency, 2), "concurrencyAtTypicalLength": s.ByKV, "usableConcurrency": s.Usable,
		"maxNumSeqs": s.MaxNumSeqs, "targetKVUsage": TargetKVUsage, "targetWaiting": TargetWaiting, "growthMargin": round(s.Growth, 3),
		"coldStartSeconds": seconds(e.ColdStart.Total()), "nodeSeconds": seconds(e.ColdStart.Node), "imageSeconds": seconds(e.ColdStart.Image),
		"weightsSeconds": seconds(e.ColdStart.Weights), "initSeconds": seconds(e.ColdStart.Init),
	}
	if s.Target > 0 {
		n["targetLoad"] = s.Target
	}
	if floor := e.ColdStart.WeightsFloor; floor > 0 {
		n["weightsFloorSeconds"] = round(floor.Seconds(), 1)
	}
	if s.Speed.Known() && w.Engine.Shape.Kind.Generates() {
		n["concurrencyWithinTPOT"] = s.ByTPOT
		n["decodeTokensPerSecond"] = round(s.DecodeTokensPerSecond, 0)
	}
	if s.Speed.Known() {
		if s.ByTTFT > 0 {
			n["concurrencyWithinTTFT"] = s.ByTTFT
		}
		n["prefillTokensPerSecond"] = round(s.PrefillTokensPerSecond, 0)
		n["targetTokensPerSecond"] = round(s.TargetTokensPerSecond, 0)
	}
	if e.Cost.Known {
		n["usdPerHourMin"], n["usdPerHourMax"] = round(e.Cost.Min, 4), round(e.Cost.Max, 4)
		if e.Cost.PerMillionTokens > 0 {
			tokens := map[bool]string{true: "Output", false: "Input"}[w.Engine.Shape.Kind.Generates()]
			n["usdPerMillion"+tokens+"Tokens"] = round(e.Cost.PerMillionTokens, 2)
		}
	}
	return n
}

func seconds(d time.Duration) int { return int(d.Round(time.Second).Seconds()) }

func round(x float64, digits int) float64 {
	scale := math.Pow(10, float64(digits))
	return math.Round(x*scale) / scale
}

// concurrency returns the number of requests that meet the objectives and, if the model
// has a cache, the number of requests with the longest context that the cache holds.
func (e Estimate) concurrency() string {
	if e.Memory.Tokens == 0 {
		return fmt.Sprint(e.Serving.Usable)
	}
	return fmt.Sprintf("%d (%.1f at %s)", e.Serving.Usable, e.Memory.Concurrency, thousands(e.Memory.MaxModelLen))
}
