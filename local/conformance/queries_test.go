package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/local/conformance/promtest"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// missing is the value of an empty query, which is a failure for KEDA.
const missing = -1

// Series of the service.
const (
	service = `job="vllm",namespace="inference",service="chat"`
	running = `vllm:num_requests_running{` + service + `,pod="a"}`
	waiting = `vllm:num_requests_waiting{` + service + `,pod="a"}`
	steps   = `vllm:iteration_tokens_total_count{` + service + `,pod="a"}`
	up      = `up{` + service + `,pod="a"}`
	pending = `gateway_pending{pod="one"}`
)

// target is the target load of a replica.
const target = 20

// second returns a series of the service's second replica.
func second(series string) string { return strings.Replace(series, `pod="a"`, `pod="b"`, 1) }

// Prometheus' own engine evaluates the queries of KEDA.
func TestQueries(t *testing.T) {
	toZero := serving.Replicas{Min: new(0), Max: 4}
	for _, c := range []struct {
		name       string
		replicas   serving.Replicas
		series     map[string]float64
		load, wake float64
	}{
		{"nothing is scraped", serving.Replicas{Max: 4}, nil, missing, missing},
		{"a replica with requests", serving.Replicas{Max: 4}, map[string]float64{running: 3, waiting: 2, up: 1}, 5, missing},
		{"a replica with a second scraper", serving.Replicas{Max: 4}, map[string]float64{
			running: 3, waiting: 2, `vllm:num_requests_running{job="chat",namespace="inference",service="chat",pod="a"}`: 3,
			`vllm:num_requests_waiting{job="chat",namespace="inference",service="chat",pod="a"}`: 2,
		}, 5, missing},
		{"one of two replicas hangs, and adds a target load", serving.Replicas{Max: 4}, map[string]float64{
			running: 1, waiting: 0, steps: 0, second(running): 3, second(waiting): 0, second(steps): 10,
		}, 4 + target, missing},
		{"a hung replica adds at most the free capacity", serving.Replicas{Max: 4}, map[string]float64{
			running: target, waiting: 0, steps: 0, second(running): target - 1, second(waiting): 0, second(steps): 10,
		}, 2 * target, missing},
		{"a hung replica removes no load", serving.Replicas{Max: 4}, map[string]float64{
			running: target, waiting: 5, steps: 0, second(running): target, second(waiting): 0, second(steps): 10,
		}, 2*target + 5, missing},
		{"one long prompt", serving.Replicas{Max: 4}, map[string]float64{running: 1, waiting: 0, steps: 0}, target, missing},
		{"idle", serving.Replicas{Max: 4}, map[string]float64{running: 0, waiting: 0, steps: 0}, 0, missing},
		{"a replica with requests and steps", serving.Replicas{Max: 4}, map[string]float64{running: 1, waiting: 0, steps: 10}, 1, missing},
		{"another service", serving.Replicas{Max: 4}, map[string]float64{`vllm:num_requests_running{job="vllm",namespace="inference",service="b"}`: 1}, missing, missing},
		{"at zero, without requests", toZero, map[string]float64{pending: 0}, 0, 0},
		{"at zero, without metrics of the gateway", toZero, nil, 0, 0},
		{"at zero, with requests", toZero, map[string]float64{pending: 4}, missing, 1},
		{"at zero, with requests at one of two pods of the gateway", toZero, map[string]float64{pending: 0, `gateway_pending{pod="two"}`: 1}, missing, 1},
		{"a loading replica, without requests", toZero, map[string]float64{pending: 0, up: 0}, missing, 0},
		{"requests, without metrics of replicas", toZero, map[string]float64{pending: 4}, missing, 1},
		{"an idle replica of a service that scales to zero", toZero, map[string]float64{pending: 0, running: 0, waiting: 0, up: 1}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := smallest(func(s *serving.Spec) {
				s.Replicas, s.Monitoring.PrometheusURL = c.replicas, "http://kps-prometheus.monitoring.svc:9090"
				s.Scaling.TargetLoad = target
				if c.replicas.Min != nil {
					s.Scaling.Wake.Query = "gateway_pending"
				}
			}).WithDefaults()
			queries := queriesOf(t, spec)
			if got := valueOf(t, queries["load"], c.series); got != c.load {
				t.Errorf("load %v, want %v: %s", got, c.load, queries["load"])
			}
			if query := queries["wake"]; query != "" {
				if got := valueOf(t, query, c.series); got != c.wake {
					t.Errorf("wake %v, want %v: %s", got, c.wake, query)
				}
			}
		})
	}
}

func queriesOf(t *testing.T, s serving.Spec) map[string]string {
	t.Helper()
	queries := map[string]string{}
	var found findings
	for _, scaled := range decode(&found, manifest.Objects(s, "test")).scaled {
		triggers, _, _ := unstructured.NestedSlice(scaled.Object, "spec", "triggers")
		for _, t := range triggers {
			trigger := t.(map[string]any)
			name, _, _ := unstructured.NestedString(trigger, "name")
			queries[name], _, _ = unstructured.NestedString(trigger, "metadata", "query")
		}
	}
	return queries
}

// valueOf returns the value of a query. A gauge has a constant value; a counter rises by its value with
// each scrape.
func valueOf(t *testing.T, query string, series map[string]float64) float64 {
	t.Helper()
	now := time.Now()
	var list []promql.Series
	for text, value := range series {
		set, err := parser.ParseMetric(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		list = append(list, promql.Series{Metric: set, Floats: scraped(set.Get(model.MetricNameLabel), value, now)})
	}
	values, err := promtest.Evaluate(t.Context(), list, query, now)
	switch {
	case err != nil || len(values) > 1:
		t.Fatalf("%s: %v, %v", query, values, err)
	case len(values) == 0:
		return missing
	}
	return values[0].F
}

// scraped returns the points of a series until now.
func scraped(name string, value float64, now time.Time) []promql.FPoint {
	const scrapes, interval = 8, 15 * time.Second
	var points []promql.FPoint
	for i := range scrapes {
		point := promql.FPoint{T: now.Add(-interval * time.Duration(scrapes-1-i)).UnixMilli(), F: value}
		if strings.HasSuffix(name, "_count") {
			point.F *= float64(i)
		}
		points = append(points, point)
	}
	return points
}
