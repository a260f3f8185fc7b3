package promlabels

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	"github.com/vllm-eks/vllm-eks/local/conformance/promtest"
)

// scrapes is the number of points of a series, one each 30 s, of which the last is now.
const scrapes = 180

// examples holds a value of each label that no entity decides.
var examples = map[string][]string{
	"le": {"0.1", "1", "+Inf"}, "node": {"a", "b"}, "gpu": {"0", "1"}, "kv_cache_size_tokens": {"31232"}, "kv_cache_max_concurrency": {"7.5"},
	"finished_reason": {"stop", "error"}, "quantile": {"0.5", "0.95"}, "objective": {"ttft", "tpot", "all"}, "trigger": {"load", "kv-cache"}, "digit": {"0", "1", "2", "3"},
}

// ofEntity returns the values of the labels that name one of two replicas of a service.
func ofEntity(service, suffix string) map[string]string {
	return map[string]string{
		"namespace": "inference", "exported_namespace": "inference", "service": service, "deployment": service, "scaledObject": service, "scaler": "load",
		"horizontalpodautoscaler": "keda-hpa-" + service, "pod": service + "-7f9c4d8b6d-" + suffix,
	}
}

// constants holds the metrics of a constant value; others rise by 1 with each scrape.
var constants = map[string]float64{"kube_pod_container_status_restarts_total": 0, "kube_pod_status_scheduled": 1}

// values returns the values of a label of an entity's series: those of the matchers of a selector
// that are equal to a string, or examples.
func values(label string, entity map[string]string, selector *parser.VectorSelector) []string {
	for _, m := range selector.LabelMatchers {
		if m.Type == labels.MatchEqual && m.Name == label {
			return []string{m.Value}
		}
	}
	if value, found := entity[label]; found {
		return []string{value}
	}
	if example, found := examples[label]; found {
		return example
	}
	return []string{"x"}
}

// generate adds the series that a selector of a query expects, for two replicas of two services.
func generate(known Labels, selector *parser.VectorSelector, into map[string]promql.Series, now time.Time) {
	for _, service := range []string{"chat", "code"} {
		for _, suffix := range []string{"aaaaa", "bbbbb"} {
			sets := []map[string]string{{labels.MetricName: selector.Name}}
			for _, label := range slices.Sorted(maps.Keys(known)) {
				var longer []map[string]string
				for _, set := range sets {
					for _, value := range values(label, ofEntity(service, suffix), selector) {
						next := maps.Clone(set)
						next[label] = value
						longer = append(longer, next)
					}
				}
				sets = longer
			}
			for _, set := range sets {
				metric := labels.FromMap(set)
				into[metric.String()] = promql.Series{Metric: metric, Floats: points(now, func(scrape int) float64 {
					if value, constant := constants[selector.Name]; constant {
						return value
					}
					return float64(scrape)
				})}
			}
		}
	}
}

// points returns the points of a series until now.
func points(now time.Time, value func(scrape int) float64) []promql.FPoint {
	var list []promql.FPoint
	for i := range scrapes {
		list = append(list, promql.FPoint{T: now.Add(-30 * time.Second * time.Duration(scrapes-1-i)).UnixMilli(), F: value(i)})
	}
	return list
}

// selectors returns the selectors of a query.
func selectors(t *testing.T, query string) []*parser.VectorSelector {
	t.Helper()
	expr, err := parser.ParseExpr(query)
	if err != nil {
		t.Fatal(err)
	}
	var list []*parser.VectorSelector
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			list = append(list, selector)
		}
		return nil
	})
	return list
}

// TestQueriesHaveResults evaluates every recording rule and every query of a panel where its metrics exist,
// for two models of two replicas each: Prometheus reports labels that do not match one to one only
// then.
func TestQueriesHaveResults(t *testing.T) {
	metrics := recorded(t)
	places := map[string]string{}
	for _, group := range rules.Groups(watched(), bounds()) {
		for _, rule := range group.Rules {
			if rule.Alert != "" {
				continue // its result is a problem
			}
			places[rule.Expr] = group.Name + " " + rule.Record + rule.Alert
		}
	}
	for _, p := range dashboards.Panels() {
		for _, q := range p.Queries {
			places[dashboards.Select(q.Expr, "inference", "chat|code")] = p.Dashboard + ", " + p.Title
		}
	}
	now, generated := time.Now(), map[string]promql.Series{}
	for query := range places {
		for _, selector := range selectors(t, query) {
			generate(metrics[selector.Name], selector, generated, now)
		}
	}
	series := slices.Collect(maps.Values(generated))
	for query, place := range places {
		result, err := promtest.Evaluate(t.Context(), series, query, now)
		if err != nil || len(result) == 0 {
			t.Errorf("%s: the result has %d series, %v: %s", place, len(result), err, query)
		}
	}
}

// TestAnnotations checks that another number of replicas is no new configuration, though it changes
// the generation of the Deployment.
func TestAnnotations(t *testing.T) {
	now := time.Now()
	// history returns a series that is before, and has other values at the last two scrapes.
	history := func(metric string, before, last, latest float64) promql.Series {
		set := map[string]string{labels.MetricName: metric, "job": "kube-state-metrics", "namespace": "inference", "deployment": "chat", "service": "chat"}
		return promql.Series{Metric: labels.FromMap(set), Floats: points(now, func(scrape int) float64 {
			switch scrape {
			case scrapes - 1:
				return latest
			case scrapes - 2:
				return last
			}
			return before
		})}
	}
	for name, test := range map[string]struct {
		generation, replicas [3]float64
		deployments, scaling int
	}{
		"nothing":                    {[3]float64{1, 1, 1}, [3]float64{2, 2, 2}, 0, 0},
		"a new configuration":        {[3]float64{1, 2, 2}, [3]float64{2, 2, 2}, 1, 0},
		"another number of replicas": {[3]float64{1, 2, 2}, [3]float64{2, 3, 3}, 0, 1},
		"both, one after the other":  {[3]float64{1, 2, 3}, [3]float64{2, 3, 3}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			generation, replicas := test.generation, test.replicas
			series := []promql.Series{
				history("kube_deployment_status_observed_generation", generation[0], generation[1], generation[2]),
				history("kube_deployment_spec_replicas", replicas[0], replicas[1], replicas[2]),
				history(rules.Wanted, replicas[0], replicas[1], replicas[2]),
			}
			want := map[string]int{"Deployments": test.deployments, "Scaling": test.scaling}
			for _, a := range dashboards.Annotations() {
				result, err := promtest.Evaluate(t.Context(), series, dashboards.Select(a.Expr, "inference", "chat"), now)
				if err != nil || len(result) != want[a.Name] {
					t.Errorf("%s marks %d models, want %d (%v)", a.Name, len(result), want[a.Name], err)
				}
			}
		})
	}
}
