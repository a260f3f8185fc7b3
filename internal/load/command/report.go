package command

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// Report is what the command prints.
type Report struct {
	URL   string `json:"url"`
	Model string `json:"model"`
	Form  string `json:"form"` // API, prompts and answers
	Load  string `json:"load"`
	// Interrupted reports that Ctrl-C ended the load.
	Interrupted bool `json:"interrupted"`
	Summary
	// Prediction is of sizing; nil without --instance or --gpu.
	Prediction *Prediction `json:"prediction,omitempty"`
}

func (r Report) write(out io.Writer, asJSON bool) error {
	if !asJSON {
		return r.text(out)
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

func (r Report) text(out io.Writer) error {
	s := r.Summary
	if s.Invalid != "" {
		fmt.Fprintf(out, "INVALID: %s\n", s.Invalid)
	}
	if r.Interrupted {
		fmt.Fprintf(out, "INTERRUPTED after %s: %d requests were open and do not count\n", seconds(s.Seconds), s.Open)
	}
	fmt.Fprintf(out, "%s at %s: %s\n%s\n\n", r.Model, r.URL, r.Form, r.Load)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "requests\t%d: %d answered, %d cut, %d refused\n", s.Requests, s.Answered, s.Cut, s.Refused)
	fmt.Fprintf(t, "objectives\t%.1f %% of these requests had TTFT ≤ %s and TPOT ≤ %s\n", 100*s.Objectives.Share, seconds(s.Objectives.TTFTSeconds), seconds(s.Objectives.TPOTSeconds))
	fmt.Fprintf(t, "input\t%d tokens, %.0f/s\n", s.InputTokens, s.InputTokensPerSecond)
	fmt.Fprintf(t, "output\t%d tokens, %.0f/s\n", s.OutputTokens, s.OutputTokensPerSecond)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%-10s", "")
	for _, name := range []string{"mean", "p50", "p90", "p95", "p99", "max"} {
		fmt.Fprintf(out, "%9s", name)
	}
	for _, row := range []struct {
		name string
		Distribution
	}{{"TTFT", s.TTFT}, {"TPOT", s.TPOT}, {"end to end", s.EndToEnd}} {
		fmt.Fprintf(out, "\n%-10s", row.name)
		for _, value := range []float64{row.Mean, row.P50, row.P90, row.P95, row.P99, row.Max} {
			text := "–"
			if row.Count > 0 {
				text = seconds(value)
			}
			fmt.Fprintf(out, "%9s", text)
		}
	}
	fmt.Fprintln(out)
	for i, f := range s.Failures {
		if i == 0 {
			fmt.Fprintln(out, "\nfailures")
		}
		fmt.Fprintf(out, "%6d  %s, such as %q\n", f.Count, f.Kind, shortened(f.Example))
	}
	if r.Prediction != nil {
		return r.Prediction.text(out)
	}
	return nil
}

// longestExample is the longest message in the text, in characters.
const longestExample = 160

func shortened(text string) string {
	if runes := []rune(text); len(runes) > longestExample {
		return string(runes[:longestExample]) + "…"
	}
	return text
}

// seconds returns a time with as many digits as matter.
func seconds(s float64) string {
	switch {
	case s < .9995: // else it would be 1e+03 ms
		return fmt.Sprintf("%.3g ms", 1000*s)
	case s < 9.995:
		return fmt.Sprintf("%.3g s", s)
	default:
		return fmt.Sprintf("%.1f s", s)
	}
}
