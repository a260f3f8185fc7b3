// Package promtest evaluates queries on given series with Prometheus' own engine.
package promtest

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// Limits of a query.
const (
	maxSamples = 1_000_000
	timeout    = time.Minute
)

// Evaluate returns the result of a query on some series at a time. A result that is no vector
// is an error.
func Evaluate(ctx context.Context, series []promql.Series, query string, now time.Time) (promql.Vector, error) {
	selectSeries := func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
		found := &seriesList{}
		for _, s := range series {
			if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.Metric.Get(m.Name)) }) {
				found.series = append(found.series, promql.NewStorageSeries(s))
			}
		}
		return found
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: maxSamples, Timeout: timeout})
	defer func() { _ = engine.Close() }()
	q, err := engine.NewInstantQuery(ctx, &storage.MockQueryable{MockQuerier: &storage.MockQuerier{SelectMockFunction: selectSeries}}, nil, query, now)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	result, err := q.Exec(ctx).Vector()
	return slices.Clone(result), err // the engine uses the memory of a closed query again
}

// seriesList holds the selected series of a query.
type seriesList struct {
	series []storage.Series
	next   int
}

func (l *seriesList) Next() bool                        { l.next++; return l.next <= len(l.series) }
func (l *seriesList) At() storage.Series                { return l.series[l.next-1] }
func (l *seriesList) Err() error                        { return nil }
func (l *seriesList) Warnings() annotations.Annotations { return nil }
