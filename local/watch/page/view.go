package page

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
)

// pageView holds the strings of a page.
type pageView struct {
	Page
	Style    template.CSS
	Policy   string
	Seconds  int // between two loads; 0: never
	From, To string
	Latest   []string // events, the latest first
	Groups   []sectionView
}

type sectionView struct {
	Section
	Rows []rowView
}

type rowView struct {
	Title  string
	Panels []panelView
}

// panelView holds one of a problem, numbers, a table and a chart, or none if there is no data.
type panelView struct {
	Title, Description, Class, Problem string
	Numbers                            []entry
	Table                              *table
	Chart                              *chart
}

// entry is a value with its name. Class has its color.
type entry struct{ Name, Value, Class string }

type chart struct {
	Y, X   []string // labels of the axes
	Shapes []shape
	Marks  []mark
	Legend []entry
}

// mark is a vertical line of a chart.
type mark struct{ X, Text string }

type table struct {
	Columns []string
	Rows    []tableRow
}

type tableRow struct {
	Model string
	Link  bool // the model is one of the page's
	Cells []string
}

// latestEvents is the number of events that a page lists.
const latestEvents = 12

func (p Page) view() pageView {
	v := pageView{
		Page: p, Style: template.CSS(style), Policy: Policy(), Seconds: int(p.Refresh / time.Second),
		From: p.clock(unix(p.Window.Start)), To: p.Window.End.Format("2006-01-02 15:04:05 MST"),
	}
	for _, e := range slices.Backward(p.Events) {
		if len(v.Latest) == latestEvents {
			break
		}
		v.Latest = append(v.Latest, p.clock(e.Seconds)+"  "+e.Text)
	}
	for _, s := range p.Sections {
		group := sectionView{Section: s}
		for _, r := range s.Rows {
			row := rowView{Title: r.Title}
			for _, panel := range r.Panels {
				row.Panels = append(row.Panels, p.panel(panel))
			}
			group.Rows = append(group.Rows, row)
		}
		v.Groups = append(v.Groups, group)
	}
	return v
}

// clock returns a time of day in the zone of the page.
func (p Page) clock(seconds float64) string {
	return time.UnixMilli(int64(1000 * seconds)).In(p.Window.End.Location()).Format("15:04:05")
}

func (p Page) panel(panel Panel) panelView {
	v := panelView{Title: panel.Title, Description: panel.Description, Class: fmt.Sprintf("w%d", panel.Width), Problem: panel.Problem}
	if panel.Problem != "" || !panel.hasValues() {
		return v
	}
	switch panel.Kind {
	case dashboards.Number:
		v.Numbers = panel.latest(p.Window)
	case dashboards.Table:
		v.Table = panel.table(p.Window, p.Models)
	case dashboards.Chart:
		v.Chart = p.chart(panel)
	}
	return v
}

func (p Panel) hasValues() bool {
	for _, result := range p.Results {
		for _, s := range result {
			if len(s.Points) > 0 {
				return true
			}
		}
	}
	return false
}

// colors is the number of colors of series.
const colors = 8

// lines returns the series of a panel, in the order of its queries, with their colors. A
// reference has the color of the series with the same labels, if there is one.
func (p Panel) lines() []line {
	var list []line
	class := map[string]string{} // of the series with some labels
	used := 0
	for i, result := range p.Results {
		q := p.Queries[i]
		var named []line
		for _, s := range result {
			if len(s.Points) > 0 {
				name := strings.Trim(q.Name(s.Labels), " ,") // a label can be missing
				named = append(named, line{name: cmp.Or(name, unknown), reference: q.Reference, series: s})
			}
		}
		slices.SortStableFunc(named, func(a, b line) int {
			return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(key(a.series), key(b.series)))
		})
		for _, l := range named {
			color, known := class[key(l.series)]
			if !l.reference || !known {
				color = fmt.Sprintf("c%d", used%colors)
				class[key(l.series)] = color
				used++
			}
			if l.class = color; l.reference {
				l.class += " reference"
			}
			list = append(list, l)
		}
	}
	return list
}

// key returns the labels of a series without its name.
func key(s prometheus.Series) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		if name != "__name__" {
			fmt.Fprintf(&text, "%s=%q ", name, s.Labels[name])
		}
	}
	return text.String()
}

// latest returns the latest values, with their names.
func (p Panel) latest(w prometheus.Window) []entry {
	var entries []entry
	for _, l := range p.lines() {
		e := entry{Name: l.name, Value: unknown, Class: l.class}
		if value, ok := l.series.Last(unix(w.End), w.Step.Seconds()/2); ok {
			e.Value = Format(p.Unit, value)
		}
		entries = append(entries, e)
	}
	return entries
}

func (p Page) chart(panel Panel) *chart {
	lines := panel.lines()
	axis, shapes := draw(panel, lines, p.Window)
	c := &chart{Y: axis.labels(panel.Unit), X: times(p.Window), Shapes: shapes, Legend: panel.latest(p.Window)}
	d := drawing{window: p.Window, axis: axis}
	for _, e := range p.Events {
		c.Marks = append(c.Marks, mark{X: fmt.Sprintf("%.1f", d.x(e.Seconds)), Text: p.clock(e.Seconds) + " " + e.Text})
	}
	return c
}

// table returns the latest values of each model.
func (p Panel) table(w prometheus.Window, models []string) *table {
	t := &table{}
	rows := map[string][]string{}
	for i, q := range p.Queries {
		t.Columns = append(t.Columns, q.Legend)
		unit := cmp.Or(q.Unit, p.Unit)
		for _, s := range p.Results[i] {
			model := s.Labels["namespace"] + "/" + s.Labels["service"]
			if rows[model] == nil {
				rows[model] = slices.Repeat([]string{unknown}, len(p.Queries))
			}
			if value, ok := s.Last(unix(w.End), w.Step.Seconds()/2); ok {
				rows[model][i] = Format(unit, value)
			}
		}
	}
	for _, model := range slices.Sorted(maps.Keys(rows)) {
		t.Rows = append(t.Rows, tableRow{Model: model, Link: slices.Contains(models, model), Cells: rows[model]})
	}
	return t
}
