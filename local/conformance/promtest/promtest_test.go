package promtest

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
)

func TestEvaluate(t *testing.T) {
	now := time.Now()
	up := func(pod string, value float64) promql.Series {
		return promql.Series{Metric: labels.FromStrings("__name__", "up", "pod", pod), Floats: []promql.FPoint{{T: now.UnixMilli(), F: value}}}
	}
	series := []promql.Series{up("a", 1), up("b", 0), up("c", 1)}
	for query, want := range map[string]int{"up": 3, "up == 1": 2, `up{pod!="a"}`: 2, `up{pod="a",job=""}`: 1, `up{pod="d"}`: 0, "down": 0} {
		if got, err := Evaluate(t.Context(), series, query, now); err != nil || len(got) != want {
			t.Errorf("%s: got %v, %v, want %d series", query, got, err, want)
		}
	}
	for _, query := range []string{"up{", "1", "up * on () up"} {
		if got, err := Evaluate(t.Context(), series, query, now); err == nil {
			t.Errorf("%s: got %v, want an error", query, got)
		}
	}
}
