package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/vllm-eks/vllm-eks/sizing"
)

// single prints one estimate.
func (o *options) single(out io.Writer, e sizing.Estimate) error {
	if o.json {
		if err := encode(out, o.numbers(e)); err != nil {
			return err
		}
	} else if err := o.report(out, e); err != nil {
		return err
	}
	if e.Memory.Verdict == sizing.DoesNotFit {
		return fmt.Errorf("%s %w %s", o.model, errDoesNotFit, e.Hardware())
	}
	return nil
}

func encode(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// numbers returns the estimate's numbers with the model, the warnings and, for a
// refusal, the changes.
func (o *options) numbers(e sizing.Estimate) map[string]any {
	n := e.Numbers()
	n["model"] = o.model
	n["warnings"] = append([]string{}, e.Warnings()...)
	if e.Memory.Verdict == sizing.DoesNotFit {
		changes := []string{}
		for _, c := range sizing.Changes(e.Requested) {
			changes = append(changes, c.String())
		}
		n["changes"] = changes
	}
	return n
}

func (o *options) report(out io.Writer, e sizing.Estimate) error {
	w, m, s, c := e.Workload, e.Memory, e.Serving, e.ColdStart
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, values ...any) {
		_, _ = fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, values...))
	}
	kind := ""
	if k := w.Engine.Shape.Kind; !k.Generates() {
		kind = ", " + k.String()
	}
	fmt.Fprintf(out, "%s%s on %s, vLLM %s: %s\n\n", o.model, kind, e.Hardware(), w.Engine.Release, m.Verdict)
	line("memory of one GPU", "%.2f GiB usable, of which vLLM takes %.2f", m.Usable, m.Requested)
	line("  weights", "%.2f GiB, %s", m.Weights, w.Engine.Shape.Quantization)
	if m.Drafter > 0 {
		line("  drafter", "%.2f GiB", m.Drafter)
	}
	if m.Adapters > 0 {
		line("  adapters", "%.2f GiB", m.Adapters)
	}
	line("  activations", "%.2f GiB", m.Activation)
	line("  CUDA, communication", "%.2f GiB", m.NonTorch)
	line("  CUDA graphs", "%.2f GiB", m.Graphs)
	line("  KV cache", "%.2f GiB, %.2f less to %.2f more", m.KV-m.Short, m.Error, m.More)
	if m.Tokens > 0 {
		line("KV cache", "%d tokens in all, %d in one context%s", m.Tokens, m.Longest, cacheType(w.Engine))
		line("concurrency", "%.1f at %d tokens, %d at typical lengths (%s)", m.Concurrency, m.MaxModelLen, s.ByKV, lengths(e))
	}
	if m.Verdict != sizing.DoesNotFit {
		speed(line, e)
		line("max_num_seqs", "%d", s.MaxNumSeqs)
		if s.Target > 0 {
			line("scaling target", "%s%d running and waiting requests a replica (growth %.2f until a new replica serves)", e.About(), s.Target, s.Growth)
		}
		floor := ""
		if c.WeightsFloor > 0 {
			floor = fmt.Sprintf(" (floor %s)", c.WeightsFloor.Round(time.Second))
		}
		line("cold start", "%s: node %s, image %s, weights %s%s, engine %s", c.Total().Round(time.Second), c.Node, c.Image, c.Weights.Round(time.Second), floor, c.Init)
		if e.Cost.Known {
			line("cost", "%s USD/h (%s)", e.Cost, e.Cost.Price)
		}
		if e.Cost.PerMillionTokens > 0 {
			line("", "%s%.2f USD a million %s tokens with all replicas at the target", e.About(), e.Cost.PerMillionTokens, side(e))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, warning := range e.Warnings() {
		fmt.Fprintln(out, "warning:", warning)
	}
	if m.Verdict == sizing.DoesNotFit {
		fmt.Fprintf(out, "\n%s\n", e.Refusal())
	}
	return nil
}

// cacheType returns the type of the KV cache if it differs from the model's type.
func cacheType(e sizing.Engine) string {
	switch kind := e.KVCacheType(); {
	case kind == "auto":
		return ""
	case e.KVCacheDType == "" || e.KVCacheDType == "auto":
		return fmt.Sprintf(", %s (checkpoint)", kind)
	default:
		return ", " + kind
	}
}

// list prints the instance types on which the model fits, the cheapest first.
func (o *options) list(out io.Writer, w sizing.Workload) error {
	types, err := o.types()
	if err != nil {
		return err
	}
	var rows []sizing.Row
	numbers := []map[string]any{}
	for _, e := range sizing.FitOn(w, types) {
		if e.Memory.Verdict == sizing.DoesNotFit {
			continue
		}
		rows = append(rows, sizing.Row{Name: o.model, Estimate: &e})
		numbers = append(numbers, o.numbers(e))
	}
	switch {
	case o.json:
		err = encode(out, numbers)
	case len(rows) > 0:
		_, err = fmt.Fprintf(out, "%s\nFits %d of %d instance types.\n", sizing.Table(rows, nil), len(rows), len(types))
		if s := w.Engine.Shape; s.Family {
			_, err = fmt.Fprintf(out, "warning: the shape of %s is used, because the model's name contains that name\n", s.Name)
		}
	}
	if err == nil && len(rows) == 0 {
		return fmt.Errorf("%s %w any of %d instance types", o.model, errDoesNotFit, len(types))
	}
	return err
}

// speed prints the rates of one replica, if they are known.
func speed(line func(name, format string, values ...any), e sizing.Estimate) {
	o, s := e.Workload.Objectives, e.Serving
	about, planned := e.About(), fmt.Sprintf("as planned with %g of the prediction", sizing.PlannedShare)
	switch {
	case !s.Speed.Known():
	case !e.Workload.Engine.Shape.Kind.Generates():
		line("", "%d answered within %g s; usable %d", s.ByTTFT, o.TTFTMilliseconds/1000, s.Usable)
		line("rate", "%s%.0f prompt tokens/s, %s", about, s.PrefillTokensPerSecond, planned)
	default:
		line("", "%d within %g ms a token; usable %d", s.ByTPOT, o.TPOTMilliseconds, s.Usable)
		if s.ByTTFT > 0 {
			line("", "%d with a first token within %g s", s.ByTTFT, o.TTFTMilliseconds/1000)
		}
		line("rates", "%s%.0f prompt tokens/s, %s%.0f output tokens/s at %d requests, %s", about, s.PrefillTokensPerSecond, about, s.DecodeTokensPerSecond, s.Usable, planned)
	}
}

// lengths returns the lengths of a typical request as text.
func lengths(e sizing.Estimate) string {
	o := e.Workload.Objectives
	if !e.Workload.Engine.Shape.Kind.Generates() {
		return fmt.Sprint(o.InputTokens)
	}
	return fmt.Sprintf("%d + %d", o.InputTokens, o.OutputTokens)
}

// side returns the kind of tokens by which the cost is counted.
func side(e sizing.Estimate) string {
	if e.Workload.Engine.Shape.Kind.Generates() {
		return "output"
	}
	return "input"
}
