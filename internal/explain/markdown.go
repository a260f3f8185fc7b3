package explain

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/plans"
)

const (
	// hoursPerMonth is the mean of a year: 365 × 24 ÷ 12.
	hoursPerMonth = 730
	// mostCharacters is the length of a comment. GitHub answers "body is too long (maximum is
	// 65536 characters)": https://github.com/googleapis/release-please/issues/1034 (read
	// 2026-11-30)
	mostCharacters = 60_000
)

// Marker returns the first line of the comment about a stack, by which a workflow finds the
// comment that it updates.
func Marker(stack string) string { return fmt.Sprintf("<!-- vllm-eks: %s -->", stack) }

// Markdown returns the comment about the preview.
func (r Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s", Marker(r.Stack), cut(r.Summary(), mostCharacters+len(Marker(r.Stack))))
	if r.Failed || r.Unchanged() {
		return b.String()
	}
	if len(r.Warnings) > 0 {
		fmt.Fprintf(&b, "\n%s", folded(fmt.Sprintf("Warnings (%d)", len(r.Warnings)), fenced("", cut(strings.Join(r.Warnings, "\n"), mostCharacters-b.Len()))))
	}
	if r.Diff != "" {
		b.WriteString("\n" + folded("Changed properties, without secrets", fenced("diff", cut(r.Diff, mostCharacters-b.Len()))))
	}
	return b.String()
}

// Summary returns the consequences, the fit and the cost: the comment without warnings and
// properties. Of a failed preview, it returns the problems.
func (r Report) Summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**: %s\n", cmp.Or(r.Stack, "stack"), r.headline())
	switch {
	case r.Failed:
		fmt.Fprintf(&b, "\n%s", fenced("", cut(strings.Join(r.Problems, "\n"), mostCharacters-1000)))
	case !r.Unchanged():
		r.writeConsequences(&b)
		r.writeSizes(&b)
	}
	return b.String()
}

// headline returns what the update does in some words.
func (r Report) headline() string {
	if r.Failed {
		return fmt.Sprintf("the preview failed, and nothing can be deployed: %s", number(len(r.Problems), "problem"))
	}
	if r.Unchanged() {
		return "nothing changes."
	}
	counts := map[Kind]int{}
	for _, c := range r.Consequences {
		counts[c.Kind]++
	}
	var parts []string
	for _, k := range kinds {
		if counts[k] > 0 {
			parts = append(parts, number(counts[k], string(k)))
		}
	}
	text := strings.Join(parts, ", ")
	if money := r.Costs.headline(); money != "" {
		text += "; " + money
	}
	return text
}

func (r Report) writeConsequences(b *strings.Builder) {
	heading := ""
	for _, c := range r.Consequences {
		section := "Other changes"
		if c.Kind.Risky() {
			section = "Check before you merge"
		}
		if section != heading {
			heading = section
			fmt.Fprintf(b, "\n%s:\n\n", heading)
		}
		fmt.Fprintf(b, "- **%s**: %s", c.Subject, c.Text)
		if c.Needs != "" {
			fmt.Fprintf(b, "; needs %s", c.Needs)
		}
		b.WriteString(".")
		if c.Safer != "" {
			fmt.Fprintf(b, " Safer: %s.", c.Safer)
		}
		b.WriteString("\n")
	}
}

// writeSizes writes the fit and the cost before and after.
func (r Report) writeSizes(b *strings.Builder) {
	if len(r.Models) > 0 {
		b.WriteString("\n| model | GPU | fit | longest context | KV tokens | requests at once | replicas | USD/h |\n|---|---|---|---|---|---|---|---|\n")
		for _, m := range r.Models {
			fmt.Fprintf(b, "| %s |\n", strings.Join(m.row(), " | "))
		}
	}
	before, after := r.Costs.Before, r.Costs.After
	switch {
	case after == nil:
	case before == nil:
		fmt.Fprintf(b, "\nThe stack costs %s USD/h on demand.\n", span(after))
	case *before == *after:
		fmt.Fprintf(b, "\nThe stack costs %s USD/h on demand, as before.\n", span(after))
	default:
		fmt.Fprintf(b, "\nThe stack costs %s USD/h on demand: %s USD in a month with the fewest replicas, %s with the most.\n",
			arrow(span(before), span(after)), signed((after.Min-before.Min)*hoursPerMonth), signed((after.Max-before.Max)*hoursPerMonth))
	}
}

// row returns the columns of a model, before and after the update.
func (m ModelChange) row() []string {
	name, columns := m.Name, cells(cmp.Or(m.After, m.Before))
	switch {
	case m.Before == nil:
		name += " (new)"
	case m.After == nil:
		name += " (deleted)"
	default:
		for i, before := range cells(m.Before) {
			columns[i] = arrow(before, columns[i])
		}
	}
	row := []string{cell(name)}
	for _, column := range columns {
		row = append(row, cell(column))
	}
	return row
}

// headline returns the difference of the largest cost in a month; "" if it is not known, or 0.
func (c CostChange) headline() string {
	if c.Before == nil || c.After == nil || c.Before.Max == c.After.Max {
		return ""
	}
	return signed((c.After.Max-c.Before.Max)*hoursPerMonth) + " USD a month at most"
}

// cells returns the columns of a model's record.
func cells(m *plans.Model) []string {
	count := func(n int) string {
		if n == 0 {
			return "–"
		}
		return thousands(n)
	}
	replicas := fmt.Sprint(m.Max)
	if m.Min != m.Max {
		replicas = fmt.Sprintf("%d–%d", m.Min, m.Max)
	}
	return []string{cmp.Or(m.Hardware, "–"), cmp.Or(m.Fit, "–"), count(m.MaxModelLen), count(m.KVTokens), count(m.Concurrency), replicas, span(m.Cost)}
}

// cell returns a text that Markdown shows literally in a table: a name of a GPU cannot end the
// cell, mention a person or add markup.
func cell(text string) string { return cellEscaper.Replace(text) }

var cellEscaper = strings.NewReplacer("\n", " ", `\`, `\\`, "|", `\|`, "<", "&lt;", "&", "&amp;", "@", "&#64;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`)

// arrow returns a value before and after; once if both are the same.
func arrow(before, after string) string {
	if before == after {
		return after
	}
	return before + " → " + after
}

// span returns a cost in USD an hour.
func span(c *plans.Costs) string {
	if c == nil {
		return "–"
	}
	text := fmt.Sprintf("%.2f–%.2f", c.Min, c.Max)
	if c.Min == c.Max {
		text = fmt.Sprintf("%.2f", c.Max)
	}
	if c.Spot {
		return "≤ " + text
	}
	return text
}

// signed returns a difference in whole dollars with its sign.
func signed(usd float64) string {
	switch n := int(math.Round(usd)); {
	case n > 0:
		return "+" + thousands(n)
	case n < 0:
		return "−" + thousands(-n)
	}
	return "±0"
}

// fenced returns a block of code that shows a text literally.
func fenced(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fmt.Sprintf("%s%s\n%s\n%[1]s\n", fence, language, strings.TrimRight(text, "\n"))
}

func folded(title, content string) string {
	return fmt.Sprintf("<details><summary>%s</summary>\n\n%s\n</details>\n", title, content)
}

// cut shortens a text to whole lines, and says so.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	kept := text[:max(most, 0)]
	kept = kept[:strings.LastIndex(kept, "\n")+1]
	return fmt.Sprintf("%s… and %d lines more: see the workflow's log\n", kept, strings.Count(text[len(kept):], "\n"))
}
