package report

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// PrintTable writes what a terminal has room for: the verdict, a table per load,
// and what to know before believing it.
func (r Report) PrintTable(w io.Writer) error {
	for _, caveat := range r.caveats() {
		fmt.Fprintln(w, caveat)
	}
	for _, c := range r.Comparisons {
		fmt.Fprintf(w, "\n%s, seeds %v\n", c.Load, c.Seeds)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight|tabwriter.StripEscape)
		fmt.Fprintln(table, "SLO %\t95 %\tGPU-h\t95 %\tfrontier\tTTFT p95\tp99\tTPOT p95\treversals\tcut\trefused\t  policy: ours compared with it")
		for _, x := range r.rows(c) {
			name := named(x)
			if x.Verdict != "" {
				name += ": " + string(x.Verdict)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s s\t%s s\t%s ms\t%s\t%s\t%s\t  %s\n",
				percent(x.Attained.Estimate), compared(x, percentRange(x.Attained)), hours(x.GPUHours.Estimate), compared(x, hoursRange(x.GPUHours)),
				gap(x.Gap), shortly(x.TTFT.P95), shortly(x.TTFT.P99), milliseconds(x.TPOT.P95),
				counted(x.Reversals), counted(x.Truncated), counted(x.Refused), name)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintln(w)
	for _, run := range r.invalid() {
		fmt.Fprintf(w, "INVALID: %s under %s, seed %d: %s\n", run.Policy, run.Load, run.Seed, run.Invalid)
	}
	fmt.Fprintln(w, r.Verdict())
	_, err := fmt.Fprintln(w, r.Simulated)
	return err
}
