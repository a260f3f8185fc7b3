package report

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// column of a table of the page.
type column struct {
	Head, Unit string
	About      string // in a line
	Words      bool   // aligned to the left, as numbers are not
	cell       func(row) cell
}

// cell has a second line for an interval.
type cell struct{ Text, Below string }

func plain(of func(row) string) func(row) cell {
	return func(r row) cell { return cell{Text: of(r)} }
}

// mainColumns are what policies are compared by.
func mainColumns(ours string) []column {
	return []column{
		{Head: "Policy", About: "The rule that decides the number of engines; * is " + ours + ", which the others are compared with.", Words: true, cell: plain(named)},
		{Head: "SLO kept", Unit: "%", About: "Share of all offered requests that kept both limits; a request that was refused, dropped or cut did not. Below it the 95 % interval.",
			cell: func(r row) cell {
				return cell{percent(r.Attained.Estimate), compared(r, percentRange(r.Attained))}
			}},
		{Head: "GPU-hours", Unit: "a run", About: "From the creation of each pod to its exit while the load lasted, one GPU each: loading and leaving count. Below it the 95 % interval.",
			cell: func(r row) cell { return cell{hours(r.GPUHours.Estimate), compared(r, hoursRange(r.GPUHours))} }},
		{Head: "To the frontier", About: "By how much more GPU-hours than a clairvoyant scaler that keeps the SLO as often; “≥” where its cheapest point keeps it more often; beyond its ends there is none to compare with.",
			cell: plain(func(r row) string { return gap(r.Gap) })},
		{Head: "Misses minus ours", Unit: "points", About: "Share of requests that missed the SLO less that of " + ours + ", in percentage points; the interval is of the difference, from the same stretches of time of both.",
			cell: func(r row) cell {
				return difference(r, func(d result.Difference) result.Interval { return d.Misses }, 100, 1)
			}},
		{Head: "GPU-hours minus ours", About: "GPU-hours less those of " + ours + ", with the interval of the difference.",
			cell: func(r row) cell {
				return difference(r, func(d result.Difference) result.Interval { return d.GPUHours }, 1, 2)
			}},
		{Head: "Ours compared with it", About: "What " + ours + " is, where the whole interval of a difference is on one side of 0. Better and worse are on both axes.", Words: true,
			cell: plain(func(r row) string {
				if r.Verdict == "" {
					return none
				}
				return string(r.Verdict)
			})},
	}
}

func named(r row) string {
	if r.Ours {
		return r.Policy + " *"
	}
	return r.Policy
}

// compared is what holds only where there are intervals.
func compared(r row, text string) string {
	if !r.Compared {
		return ""
	}
	return text
}

func difference(r row, of func(result.Difference) result.Interval, times float64, digits int) cell {
	if r.Difference == nil {
		return cell{Text: none}
	}
	i := of(*r.Difference)
	return cell{signed(times*i.Estimate, digits), signed(times*i.Low, digits) + " to " + signed(times*i.High, digits)}
}

// detailColumns say why a policy does as it does.
func detailColumns() []column {
	three := func(q result.Quantiles, format func(float64) string) string {
		if q.N == 0 {
			return none
		}
		return fmt.Sprintf("%s / %s / %s", format(q.P50), format(q.P95), format(q.P99))
	}
	return []column{
		{Head: "Policy", Words: true, cell: plain(named)},
		{Head: "TTFT 50/95/99", Unit: "s", About: "Time to the first token, queueing included: median, 95th and 99th percentile, of answers that began.",
			cell: plain(func(r row) string { return three(r.TTFT, shortly) })},
		{Head: "TPOT 50/95/99", Unit: "ms", About: "Time per output token after the first: the same percentiles, of answers with two tokens or more.",
			cell: plain(func(r row) string { return three(r.TPOT, milliseconds) })},
		{Head: "Ready mean/peak", About: "Engines that took requests: over time, and at most.",
			cell: plain(func(r row) string { return fmt.Sprintf("%.1f / %s", r.MeanReady, counted(r.PeakReady)) })},
		{Head: "First decision", Unit: "s", About: "When it first asked for more engines, since the load began; – if it never did.",
			cell: plain(func(r row) string { return orNone(r.Decision, shortly) })},
		{Head: "Ready after", Unit: "s", About: "From that decision until more engines were ready.",
			cell: plain(func(r row) string { return orNone(r.Ready, shortly) })},
		{Head: "Overshoot", Unit: "engines", About: "The most engines that it asked for less what the clairvoyant needed at that moment; below 0, it never asked for as many.",
			cell: plain(func(r row) string {
				return orNone(r.Overshoot, func(v float64) string { return signed(v, digitsOf(v)) })
			})},
		{Head: "Reversals", About: "How often it turned from asking for more to asking for fewer, or back.",
			cell: plain(func(r row) string { return counted(r.Reversals) })},
		{Head: "Preempted", About: "Requests that an engine put back for lack of KV cache and computed again.",
			cell: plain(func(r row) string { return counted(r.Preemptions) })},
		{Head: "Cut", About: "Answers that began and did not end.", cell: plain(func(r row) string { return counted(r.Truncated) })},
		{Head: "Refused", About: "Requests of which no token came.", cell: plain(func(r row) string { return counted(r.Refused) })},
		{Head: "Sent late", Unit: "ms", About: fmt.Sprintf("99th percentile of how late the generator sent, in its worst run; beyond %.0f ms a run is invalid.", 1000*result.MaxLateness),
			cell: plain(func(r row) string { return milliseconds(r.Late) })},
		{Head: "Steps late", Unit: "ms", About: "99th percentile of how late simulated engines ended their steps, in its worst run; the same limit.",
			cell: plain(func(r row) string { return milliseconds(r.StepLateness) })},
	}
}

// digitsOf is none for a whole number.
func digitsOf(v float64) int {
	if v == float64(int(v)) {
		return 0
	}
	return 1
}
