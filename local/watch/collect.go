package main

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/local/watch/page"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
	"github.com/vllm-eks/vllm-eks/local/watch/view"
)

const (
	// shown is the time of the charts, and step the time between two of their values.
	shown = time.Hour
	step  = 30 * time.Second
	// parallel is the number of queries at a time.
	parallel = 4
	// pagePatience is the time for all queries of a page together.
	pagePatience = 30 * time.Second
)

// source reads the models of a stack from Prometheus.
type source struct {
	client prometheus.Client
	// patience is the time for all queries of a page. Default: pagePatience.
	patience time.Duration
}

// text returns the numbers of a model, or of every model if the name is empty.
func (s source) text(ctx context.Context, model string) (string, error) {
	samples, err := s.client.Instant(ctx, view.Query())
	if err != nil {
		return "", err
	}
	if names := view.Models(samples); model != "" && len(names) > 0 {
		name, err := find(names, model)
		if err != nil {
			return "", err
		}
		samples = slices.DeleteFunc(samples, func(s prometheus.Sample) bool { return s.Labels["namespace"]+"/"+s.Labels["service"] != name })
	}
	return view.Render(samples)
}

// find returns the name of a model. The user may leave out its namespace if no other namespace
// has a model of this name.
func find(names []string, model string) (string, error) {
	var found []string
	for _, name := range names {
		if _, service, _ := strings.Cut(name, "/"); model == name || model == service {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("MODEL: got %q, want one of: %s", model, strings.Join(names, ", "))
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("MODEL: got %q, which several namespaces have, want one of: %s", model, strings.Join(found, ", "))
}

// page returns the page of the dashboards. Those that show one model show the given one, or the
// first one if the name is empty. Of a query that fails, or that has no answer when the time of
// the page ends, the page shows the error.
func (s source) page(ctx context.Context, model string, now time.Time) (page.Page, error) {
	p := page.Page{Title: "vLLM models", Window: prometheus.Window{Start: now.Add(-shown), End: now, Step: step}}
	samples, err := s.client.Instant(ctx, view.Query())
	if err != nil {
		return p, err
	}
	if p.Models = view.Models(samples); len(p.Models) == 0 {
		return p, view.ErrNoRules
	}
	if model == "" {
		model = p.Models[0]
	}
	if model, err = find(p.Models, model); err != nil {
		return p, err
	}
	limited, cancel := context.WithTimeout(ctx, cmp.Or(s.patience, pagePatience))
	defer cancel()
	var group errgroup.Group
	group.SetLimit(parallel)
	for _, d := range dashboards.List() {
		section := page.Section{ID: d.Name, Title: d.Title, Description: d.Description}
		selected := p.Models
		if d.OneModel {
			section.Model, selected = model, []string{model}
		}
		for _, row := range d.Rows {
			panels := make([]page.Panel, len(row.Panels))
			for i, panel := range row.Panels {
				panels[i].Panel = panel
				group.Go(func() error { s.fill(limited, &panels[i], selected, p.Window); return ctx.Err() })
			}
			section.Rows = append(section.Rows, page.Row{Title: row.Title, Panels: panels})
		}
		p.Sections = append(p.Sections, section)
	}
	group.Go(func() error {
		events, err := s.events(limited, p.Models, p.Window)
		if p.Events = events; err != nil {
			p.EventsProblem = err.Error()
		}
		return ctx.Err()
	})
	err = group.Wait()
	return p, err
}

// fill queries the values of a panel.
func (s source) fill(ctx context.Context, p *page.Panel, models []string, w prometheus.Window) {
	if p.Kind != dashboards.Chart {
		w.Start = w.End
	}
	for _, q := range p.Queries {
		series, err := s.client.Range(ctx, choose(q.Expr, models), w)
		if err != nil {
			p.Problem = err.Error()
			return
		}
		p.Results = append(p.Results, series)
	}
}

// events returns the annotations of the dashboards, in the order of their times.
func (s source) events(ctx context.Context, models []string, w prometheus.Window) ([]page.Event, error) {
	var events []page.Event
	for _, a := range dashboards.Annotations() {
		list, err := s.client.Range(ctx, choose(a.Expr, models), w)
		if err != nil {
			return nil, err
		}
		for _, series := range list {
			text := dashboards.Query{Legend: a.Legend}.Name(series.Labels)
			for _, seconds := range series.Begins(w) {
				events = append(events, page.Event{Seconds: seconds, Text: text})
			}
		}
	}
	slices.SortFunc(events, func(a, b page.Event) int {
		return cmp.Or(cmp.Compare(a.Seconds, b.Seconds), strings.Compare(a.Text, b.Text))
	})
	return events, nil
}

// choose returns a query for some models.
func choose(expr string, models []string) string {
	var namespaces, services []string
	for _, model := range models {
		namespace, service, _ := strings.Cut(model, "/")
		namespaces, services = append(namespaces, pattern(namespace)), append(services, pattern(service))
	}
	return dashboards.Select(expr, alternatives(namespaces), alternatives(services))
}

// alternatives returns a regular expression for one of several names.
func alternatives(names []string) string {
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 1 {
		return names[0]
	}
	return "(" + strings.Join(names, "|") + ")"
}

// pattern returns a regular expression for a name, inside a string of a query.
func pattern(name string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(regexp.QuoteMeta(name))
}
