package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func written(t *testing.T, r Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// visit calls f for every element of a page.
func visit(t *testing.T, page string, f func(*html.Node)) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			f(n)
		}
	}
}

func TestPageNeedsNothingElse(t *testing.T) {
	page := written(t, build(t, settings(), twoLoads, frontiers))
	visit(t, page, func(n *html.Node) {
		switch n.Data {
		case "script", "link", "img", "iframe", "image", "object", "embed", "base":
			t.Errorf("an element %s", n.Data)
		}
		for _, a := range n.Attr {
			switch a.Key {
			case "src", "srcset", "href", "xlink:href", "action", "data":
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	})
	for _, bad := range []string{`url\s*\(`, `@import`, `https?://`, `ZgotmplZ`, `NaN`, `%!`} {
		if found := regexp.MustCompile(bad).FindString(page); found != "" {
			t.Errorf("%q in the page", found)
		}
	}
}

// TestPageHasAll counts what two loads, two seeds and two policies come to.
func TestPageHasAll(t *testing.T) {
	page := written(t, build(t, settings(), twoLoads, frontiers))
	got := map[string]int{}
	visit(t, page, func(n *html.Node) { got[n.Data]++ })
	// A plot of each run, and one of each load.
	for element, want := range map[string]int{"svg": 8 + 2, "figure": 8, "section": 2, "table": 4, "tbody": 4, "h1": 1} {
		if got[element] != want {
			t.Errorf("%d elements %s, want %d", got[element], element, want)
		}
	}
	for _, part := range []string{"SIMULATED", "Load: diurnal", "Load: burst", "All 8 runs are valid", "Llama-3.1-8B", "2.20.0", "1.35.4",
		"&lt;ScaledObject&gt; is ready", "clairvoyant frontier", "only 2 of the three seeds"} {
		if !strings.Contains(page, part) {
			t.Errorf("no %q in the page", part)
		}
	}
}

// TestSameReportSamePage: a page in Git changes with its report alone.
func TestSameReportSamePage(t *testing.T) {
	first := written(t, build(t, settings(), twoLoads, frontiers))
	if second := written(t, build(t, settings(), twoLoads, frontiers)); first != second {
		t.Error("two pages of the same trials differ")
	}
}

// TestEveryColumnIsExplained but the name of the policy where it comes again.
func TestEveryColumnIsExplained(t *testing.T) {
	for _, c := range append(mainColumns("ours"), detailColumns()[1:]...) {
		if c.About == "" {
			t.Errorf("%s is not explained", c.Head)
		}
	}
}

func TestInvalidAndIncompleteAreDeclared(t *testing.T) {
	late := twoLoads[3]
	late.StepLateness = .2
	r := build(t, settings(), append([]trialOf{late}, without(twoLoads, 3)...), frontiers)
	r.Incomplete = "stopped by Ctrl-C"
	page := written(t, r)
	for _, part := range []string{"INVALID (1 of 8 runs), so this does not count", "Invalid runs, 1 of 8", "p99 200 ms", "INCOMPLETE: stopped by Ctrl-C"} {
		if !strings.Contains(page, part) {
			t.Errorf("no %q in the page", part)
		}
	}
	if strings.Contains(page, "runs are valid") {
		t.Error("the page calls all runs valid")
	}
	var table bytes.Buffer
	if err := r.PrintTable(&table); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"INVALID: ", "INCOMPLETE: stopped by Ctrl-C", "SIMULATED"} {
		if !strings.Contains(table.String(), part) {
			t.Errorf("no %q in\n%s", part, &table)
		}
	}
}
