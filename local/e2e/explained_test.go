//go:build cluster || engine

package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/explain"
)

// replaced returns a text with replacements: old, new, …
func replaced(t testing.TB, text string, oldNew ...string) string {
	t.Helper()
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(text, oldNew[i]) {
			t.Fatalf("the stack has no %q", oldNew[i])
		}
		text = strings.Replace(text, oldNew[i], oldNew[i+1], 1)
	}
	return text
}

// told returns the consequences as "kind subject: text", in order.
func told(r explain.Report) []string {
	var lines []string
	for _, c := range r.Consequences {
		lines = append(lines, string(c.Kind)+" "+c.Subject+": "+c.Text)
	}
	return lines
}

// expectTold fails unless each consequence matches one of the patterns and each pattern one of
// the consequences.
func expectTold(t testing.TB, r explain.Report, patterns ...string) {
	t.Helper()
	lines := told(r)
	matches := func(pattern, line string) bool { return regexp.MustCompile("^(?:" + pattern + ")$").MatchString(line) }
	for _, line := range lines {
		if !slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, line) }) {
			t.Errorf("not expected: %s", line)
		}
	}
	for _, pattern := range patterns {
		if !slices.ContainsFunc(lines, func(line string) bool { return matches(pattern, line) }) {
			t.Errorf("nothing says %q in:\n%s", pattern, strings.Join(lines, "\n"))
		}
	}
}
