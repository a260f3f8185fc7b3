package report

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

//go:embed page.html
var page string

//go:embed page.css
var style string

// WriteHTML writes one page that needs nothing else.
func (r Report) WriteHTML(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{"table": newTable}).Parse(page)
	if err != nil {
		return err
	}
	view, err := r.view()
	if err != nil {
		return err
	}
	return t.Execute(w, view)
}

// table is what the template of that name takes.
type table struct {
	Columns []column
	Rows    [][]cell
	Ours    []bool
	Dense   bool
}

func newTable(columns []column, rows [][]cell, ours []bool, dense bool) table {
	return table{columns, rows, ours, dense}
}

// view is what the page is filled with.
type view struct {
	Report
	Style     template.CSS
	Sentence  string
	Caveats   []string
	Invalid   []Run
	Late      string // the worst lateness of all runs
	StepLate  string
	Limit     string
	Compared  string
	Facts     []fact
	Main      []column
	Detail    []column
	Legend    []swatch
	LoadViews []loadView
}

type fact struct{ Name, Value string }

// swatch is a line of the legend of the plots over time.
type swatch struct {
	Name   string
	Colour template.CSS
	Dashed bool
}

// loadView is the part of the page about one load.
type loadView struct {
	Name     string
	Sentence string
	Seeds    string
	Blocks   string
	Main     [][]cell
	Detail   [][]cell
	Ours     []bool // of the rows
	Scatter  template.HTML
	ByClock  []seedView
}

// seedView has the plots over time of one seed.
type seedView struct {
	Seed    int64
	Open    bool
	Figures []figure
}

type figure struct {
	Policy string
	Key    string
	Plot   template.HTML
	Events []string
}

func (r Report) view() (view, error) {
	v := view{Report: r, Style: template.CSS(style), Sentence: r.Verdict(), Caveats: r.caveats(), Invalid: r.invalid(),
		Compared: r.compared(), Facts: r.facts(), Main: mainColumns(r.Settings.Ours), Detail: detailColumns(), Legend: legend()}
	late, steps := 0.0, 0.0
	for _, run := range r.Runs {
		late, steps = max(late, run.Late), max(steps, run.StepLateness)
	}
	v.Late, v.StepLate, v.Limit = milliseconds(late), milliseconds(steps), milliseconds(result.MaxLateness)
	for _, c := range r.Comparisons {
		load, err := r.loadView(c, v)
		if err != nil {
			return view{}, err
		}
		v.LoadViews = append(v.LoadViews, load)
	}
	return v, nil
}

func (r Report) loadView(c result.Comparison, v view) (loadView, error) {
	rows := r.rows(c)
	l := loadView{Name: c.Load, Sentence: unbeaten(c), Seeds: enumerate(texts(r.seeds(c.Load))), Blocks: shortly(c.BlockSeconds)}
	for _, x := range rows {
		l.Main, l.Detail, l.Ours = append(l.Main, cells(v.Main, x)), append(l.Detail, cells(v.Detail, x)), append(l.Ours, x.Ours)
	}
	var err error
	if l.Scatter, err = r.scatter(c, rows); err != nil {
		return loadView{}, fmt.Errorf("load %q: %w", c.Load, err)
	}
	peers := slices.DeleteFunc(slices.Clone(r.Runs), func(run Run) bool { return run.Load != c.Load })
	for i, seed := range r.seeds(c.Load) {
		one := seedView{Seed: seed, Open: i == 0}
		for _, run := range peers {
			if run.Seed != seed {
				continue
			}
			drawn, err := overTime(run, peers, r.Settings.TTFTSeconds)
			if err != nil {
				return loadView{}, err
			}
			key := fmt.Sprintf("SLO %s %%, %s GPU-hours", percent(run.Attained), hours(run.GPUHours))
			one.Figures = append(one.Figures, figure{run.Policy, key, drawn, run.Events})
		}
		l.ByClock = append(l.ByClock, one)
	}
	return l, nil
}

func cells(columns []column, x row) []cell {
	out := make([]cell, len(columns))
	for i, c := range columns {
		out[i] = c.cell(x)
	}
	return out
}

func texts(seeds []int64) []string {
	out := make([]string, len(seeds))
	for i, s := range seeds {
		out[i] = fmt.Sprint(s)
	}
	return out
}

// legend is of the one panel that has several curves, and of the limit.
func legend() []swatch {
	var swatches []swatch
	for _, p := range panels() {
		for _, c := range p.curves {
			if c.name != "" {
				swatches = append(swatches, swatch{c.name, template.CSS(hex(c.colour)), c.dashes != nil})
			}
		}
	}
	return append(swatches, swatch{"TTFT of the SLO", template.CSS(hex(red)), true})
}
