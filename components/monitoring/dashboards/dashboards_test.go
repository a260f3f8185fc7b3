package dashboards

import (
	"regexp"
	"strings"
	"testing"
)

// columns is the number of columns of a page.
const columns = 24

// sentence is one sentence: no full stop or colon with a second sentence behind it.
var sentence = regexp.MustCompile(`^[A-Z][^.;!?]+\.$`)

func TestPanelsAreComplete(t *testing.T) {
	panels := Panels()
	if len(panels) < 50 {
		t.Fatalf("there are %d panels, want at least 50", len(panels))
	}
	titles := map[string]bool{}
	for _, p := range panels {
		place := p.Dashboard + ", " + p.Title
		if titles[place] {
			t.Errorf("%s: two panels have this title", place)
		}
		titles[place] = true
		if p.Title == "" || p.Unit == "" || p.Width == 0 {
			t.Errorf("%s: the panel lacks a title, a unit or a width: %+v", place, p.Panel)
		}
		if !sentence.MatchString(p.Description) {
			t.Errorf("%s: the description %q is not one sentence", place, p.Description)
		}
		if len(p.Queries) == 0 {
			t.Errorf("%s: the panel has no query", place)
		}
		legends := map[string]bool{}
		for _, q := range p.Queries {
			if q.Expr == "" || q.Legend == "" || legends[q.Legend] {
				t.Errorf("%s: the query %q has the legend %q, want one of its own", place, q.Expr, q.Legend)
			}
			legends[q.Legend] = true
		}
	}
}

func TestRowsFillThePage(t *testing.T) {
	names := map[string]bool{}
	for _, d := range List() {
		if names[d.Name] || !sentence.MatchString(d.Description) {
			t.Errorf("%s: the name is not unique, or the description %q is not one sentence", d.Name, d.Description)
		}
		names[d.Name] = true
		for _, row := range d.Rows {
			width := 0
			for _, p := range row.Panels {
				if width += p.Width; width == columns {
					width = 0
				}
			}
			if width != 0 {
				t.Errorf("%s, %s: the last line has %d columns, want %d", d.Name, row.Title, width, columns)
			}
		}
	}
	for _, want := range []string{"stack", "model", "scaling", "gpus-and-nodes"} {
		if !names[want] {
			t.Errorf("the dashboard %s is missing", want)
		}
	}
}

// TestQueriesSelectModels checks that queries of series with the labels of a model use both
// variables, and that Select replaces them.
func TestQueriesSelectModels(t *testing.T) {
	for _, p := range Panels() {
		for _, q := range p.Queries {
			isOfModel := strings.Contains(q.Expr, "service:") || strings.Contains(q.Expr, `job="vllm"`) || strings.Contains(q.Expr, "kube_pod") || strings.Contains(q.Expr, "DCGM_")
			if got := strings.Contains(q.Expr, namespaceVariable) && strings.Contains(q.Expr, serviceVariable); got != isOfModel {
				t.Errorf("%s, %s: the query selects models: %t, want %t: %s", p.Dashboard, p.Title, got, isOfModel, q.Expr)
			}
			if selected := Select(q.Expr, "inference", "chat"); strings.ContainsAny(strings.ReplaceAll(selected, `"$1"`, ""), "$") {
				t.Errorf("%s, %s: a variable remains in %s", p.Dashboard, p.Title, selected)
			}
		}
	}
}

func TestSelect(t *testing.T) {
	const want = `up{job="vllm",namespace=~"inference",service=~"chat|code"}`
	if got := Select(vllm("up"), "inference", "chat|code"); got != want {
		t.Errorf("the query is %s, want %s", got, want)
	}
}

func TestName(t *testing.T) {
	labels := map[string]string{"service": "chat", "trigger": "load"}
	for legend, want := range map[string]string{
		"wanted": "wanted", "{{service}}": "chat", "{{ service }}, {{trigger}} wants": "chat, load wants", "{{pod}}!": "!", "{{service": "{{service", "": "",
	} {
		if got := (Query{Legend: legend}).Name(labels); got != want {
			t.Errorf("%q is %q, want %q", legend, got, want)
		}
	}
}
