package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// WriteText writes the caveats, a table of each load and the verdict.
func (r Report) WriteText(w io.Writer) error {
	if r.Incomplete != "" {
		fmt.Fprintln(w, "INCOMPLETE: "+r.Incomplete)
	}
	for i, load := range r.Loads {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s, seeds %v\n", load.Name, load.Seeds)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "SLO %\t95 %\tGPU-h\t95 %\tfrontier\tTTFT p95\tTPOT p95\tcut\trefused\t  policy: the default compared with it")
		for _, row := range load.Rows {
			name, attained := row.Policy+" *", row.Attained()
			if row.Verdict != "" {
				name = row.Policy + ": " + string(row.Verdict)
			}
			fmt.Fprintf(table, "%.1f\t%.1f to %.1f\t%.2f\t%.2f to %.2f\t%s\t%s s\t%.0f ms\t%.3g\t%.3g\t  %s\n",
				100*attained.Estimate, 100*attained.Low, 100*attained.High, row.GPUHours.Estimate, row.GPUHours.Low, row.GPUHours.High,
				gap(row.Gap), seconds(row.TTFT95), 1000*row.TPOT95, row.Truncated, row.Refused, name)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintln(w)
	for _, run := range r.Invalid {
		fmt.Fprintln(w, "INVALID: "+run)
	}
	_, err := fmt.Fprintf(w, "%s\n%s\n", r.Verdict(), r.Simulated)
	return err
}

// Verdict returns the result of the comparison for the default policy.
func (r Report) Verdict() string {
	var better, worse []string
	few := false
	for _, load := range r.Loads {
		few = few || len(load.Seeds) < 3 && r.Settings.RequestsPerSecond > 0 // a recorded load has no seeds
		for _, row := range load.Rows {
			switch row.Verdict {
			case result.Better:
				better = append(better, row.Policy+" under "+load.Name)
			case result.Worse:
				worse = append(worse, row.Policy+" under "+load.Name)
			}
		}
	}
	text := "No policy is better than the default (*) on both SLO and GPU-hours."
	if len(worse) > 0 {
		text = "Better than the default (*) on both SLO and GPU-hours: " + strings.Join(worse, ", ") + "."
	}
	if len(better) > 0 {
		text += " The default is better on both than " + strings.Join(better, ", ") + "."
	}
	if few {
		text += " With fewer than three seeds the intervals say little about other draws of the load."
	}
	if n := len(r.Invalid); n > 0 {
		return fmt.Sprintf("INVALID (%d of %d runs), so this does not count: %s", n, r.Runs, text)
	}
	return text
}

// seconds returns a time with as many digits as matter.
func seconds(s float64) string {
	switch {
	case s >= 100:
		return fmt.Sprintf("%.0f", s)
	case s >= 10:
		return fmt.Sprintf("%.1f", s)
	}
	return fmt.Sprintf("%.2f", s)
}

func gap(g result.Gap) string {
	text := fmt.Sprintf("%+.0f %%", g.Percent)
	switch {
	case g.Outside != "":
		return g.Outside
	case text == "+0 %" || text == "-0 %":
		text = "0 %"
	case g.AtLeast:
		text = "≥ " + text
	}
	return strings.Replace(text, "-", "−", 1)
}
