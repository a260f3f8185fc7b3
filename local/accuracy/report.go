package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/accuracy/measure"
)

// text returns the report, with a line for every row if verbose.
func (s score) text(verbose bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Rows: %d, predicted %d (%.0f %%)\n", s.rows, len(s.predictions), measure.Percent(len(s.predictions), s.rows))
	for _, p := range s.predictions {
		if p.engine.Shape.Name == "" {
			fmt.Fprintf(&b, "  shape guessed from the number of parameters: %-6s %s\n", p.id, p.model)
		}
	}
	for _, l := range s.unpredicted {
		fmt.Fprintf(&b, "  left out: %-6s %s\n", l.ID, l.Reason)
	}
	d := s.decisions
	fmt.Fprintf(&b, "\nFit decisions: %d, of which marginal %d (%.1f %%)\n", d.total, d.marginal, measure.Percent(d.marginal, d.total))
	fmt.Fprintf(&b, "  right %d of %d (%.1f %%), false \"fits\" %d, false \"does not fit\" %d\n", d.right, d.decided(), d.rightPercent(), d.falseFits, d.falseNot)
	s.writeErrors(&b)
	if verbose {
		s.writeRows(&b)
	}
	return b.String()
}

// writeErrors writes the errors of the KV cache: of the rows that state GPU, parallelism, utilisation
// and version and have 2 GiB or more, then of all rows.
func (s score) writeErrors(b *strings.Builder) {
	cells := func(x measure.Summary) string {
		if x.Rows == 0 {
			return fmt.Sprintf("%4d %8s %8s", 0, "-", "-")
		}
		return fmt.Sprintf("%4d %6.1f %% %6.1f %%", x.Rows, 100*x.Median, 100*x.P90)
	}
	line := func(name string, g grouped) {
		fmt.Fprintf(b, "  %-32s %s   %s\n", name, cells(g.strict), cells(g.every))
	}
	fmt.Fprintf(b, "\nKV cache, |error|                  stated, ≥ 2 GiB          all rows\n")
	fmt.Fprintf(b, "  %-32s %4s %8s %8s   %4s %8s %8s\n", "", "rows", "median", "90th", "rows", "median", "90th")
	line(overall, s.overall)
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		line(name, s.groups[name])
	}
	fmt.Fprintf(b, "Stated: rows that state GPU, parallelism, utilisation and version.\n")
	fmt.Fprintf(b, "The other %d rows: %.1f %% within 1 GiB a GPU\n", s.loose, s.withinGiB)
	fmt.Fprintf(b, "All: %.1f %% within the error that is stated with each\n", s.withinError)
}

func (s score) writeRows(b *strings.Builder) {
	fmt.Fprintf(b, "\n%-6s %-44s %-12s %-8s %8s %8s %8s  %-12s %s\n", "row", "model", "GPU", "vLLM", "KV GiB", "measured", "error", "verdict", "outcome")
	for _, p := range s.predictions {
		measured, deviation := "-", "-"
		if p.hasKV() {
			measured, deviation = fmt.Sprintf("%.2f", p.inGiB()), fmt.Sprintf("%+.1f%%", 100*p.relativeError())
		}
		remarks := map[bool]string{true: "ok", false: "fail"}[p.fits]
		if !p.strict() {
			remarks += " (other)"
		}
		if p.hasKV() && !p.withinItsError() {
			remarks += fmt.Sprintf(" beyond the stated error of %.2f", p.memory.Error)
		}
		fmt.Fprintf(b, "%-6s %-44.44s %-12s %-8s %8.2f %8s %8s  %-12s %s\n", p.id, cmp.Or(p.engine.Shape.Name, p.model),
			fmt.Sprintf("%d×%s", p.engine.GPUs(), p.engine.GPU.Name), p.engine.Release, p.predicted(), measured, deviation, p.memory.Verdict, remarks)
	}
}
