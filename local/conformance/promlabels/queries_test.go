package promlabels

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// exported returns the metrics of the exporters.
func exported(t *testing.T) Metrics {
	t.Helper()
	text, err := os.ReadFile("testdata/metrics.tsv")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := Read(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return metrics
}

// watched returns a model with every number that rules record.
func watched() []monitoringspec.Model {
	return []monitoringspec.Model{{
		Namespace: "inference", Service: "chat", ID: "Qwen/Qwen3-8B", MinReplicas: 1, MaxReplicas: 4,
		Triggers:    []monitoringspec.Trigger{{Name: "load", Target: 20}, {Name: "kv-cache", Target: .8}},
		TTFTSeconds: 2, TPOTSeconds: .1, Share: .95,
		Predicted: monitoringspec.Predicted{
			USDPerHour: 1, USDPerMillionTokens: 2, KVTokens: 30000, Concurrency: 40, NodeSeconds: 90, ImageSeconds: 60, LoadSeconds: 120,
		},
	}}
}

// bounds returns limits that each have an alert.
func bounds() monitoringspec.Bounds {
	return monitoringspec.Bounds{MaxUSDPerHour: 6, SharedUSDPerHour: 1, KubernetesVersion: "1.35", ExtendedSupport: time.Unix(1, 0)}
}

// recorded returns the metrics of the exporters and the recorded series, whose labels follow from
// the rules.
func recorded(t *testing.T) Metrics {
	t.Helper()
	metrics := exported(t)
	for _, group := range rules.Groups(watched(), bounds()) {
		for _, rule := range group.Rules {
			labels, problems := metrics.Check(rule.Expr)
			for _, problem := range problems {
				t.Errorf("%s %s%s: %s", group.Name, rule.Record, rule.Alert, problem)
			}
			if rule.Record == "" {
				continue
			}
			for label := range rule.Labels {
				labels = labels.union(LabelsOf(label))
			}
			if known := metrics[rule.Record]; known != nil {
				labels = labels.union(known)
			}
			metrics[rule.Record] = labels
		}
	}
	return metrics
}

// TestRules checks that rules query known metrics and labels, and that each recorded series has
// the labels of a model.
func TestRules(t *testing.T) {
	own, metrics := exported(t), recorded(t)
	count := 0
	for name, labels := range metrics {
		if own[name] != nil || name == "vllm_eks:digit" || strings.HasPrefix(name, "stack:") {
			continue
		}
		count++
		if !labels["namespace"] || !labels["service"] {
			t.Errorf("%s has the labels %s, want namespace and service among them", name, labels)
		}
	}
	if count < 30 {
		t.Errorf("%d series are recorded, want at least 30", count)
	}
}

// placeholder is a label in a legend.
var placeholder = regexp.MustCompile(`{{\s*([^}\s]+)\s*}}`)

// check reports the problems of a query of a dashboard, and the labels of its legend that its
// result does not have.
func check(t *testing.T, metrics Metrics, place, expr, legend string) {
	t.Helper()
	labels, problems := metrics.Check(dashboards.Select(expr, "inference", "chat|code"))
	for _, problem := range problems {
		t.Errorf("%s: %s", place, problem)
	}
	for _, match := range placeholder.FindAllStringSubmatch(legend, -1) {
		if !labels[match[1]] {
			t.Errorf("%s: the legend %q has a label that is not among the labels %s of %s", place, legend, labels, expr)
		}
	}
}

func TestPanels(t *testing.T) {
	metrics := recorded(t)
	for _, p := range dashboards.Panels() {
		for _, q := range p.Queries {
			check(t, metrics, p.Dashboard+", "+p.Title, q.Expr, q.Legend)
			labels, _ := metrics.Check(dashboards.Select(q.Expr, ".+", ".+"))
			if p.Kind == dashboards.Table && labels.String() != "[namespace service]" {
				t.Errorf("%s, %s: a column has the labels %s, want those of a model: %s", p.Dashboard, p.Title, labels, q.Expr)
			}
		}
	}
}

func TestAnnotationsAndVariables(t *testing.T) {
	metrics := recorded(t)
	for _, a := range dashboards.Annotations() {
		check(t, metrics, a.Name, a.Expr, a.Legend)
	}
	for _, v := range dashboards.Variables() {
		check(t, metrics, v.Name, v.Metric, "{{"+v.Label+"}}")
	}
}

// TestEveryRecordedSeriesIsShown names the recorded series that no panel shows, so that a new one
// is not forgotten.
func TestEveryRecordedSeriesIsShown(t *testing.T) {
	hidden := []string{
		"vllm_eks:digit", rules.ReplicaUSDPerHour, // a part of other rules
		rules.TTFTBuckets, rules.TPOTBuckets, rules.E2EBuckets, // shown as quantiles
		rules.Info, // the values of the variables
		// parts of alerts
		rules.MinReplicas, rules.Finished, rules.Missed, rules.MissedRatio, rules.MaxUSDPerHour, rules.SharedUSDPerHour, rules.ExtendedSupport,
	}
	shown := map[string]bool{}
	for _, p := range dashboards.Panels() {
		for _, q := range p.Queries {
			names, err := Names(dashboards.Select(q.Expr, ".+", ".+"))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				shown[name] = true
			}
		}
	}
	own := exported(t)
	for name := range recorded(t) {
		if own[name] == nil && !shown[name] && !slices.Contains(hidden, name) {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// TestEveryMetricIsUsed checks that the list of metrics has none that nothing queries.
func TestEveryMetricIsUsed(t *testing.T) {
	var queries []string
	for _, group := range rules.Groups(watched(), bounds()) {
		for _, rule := range group.Rules {
			queries = append(queries, rule.Expr)
		}
	}
	for _, p := range dashboards.Panels() {
		for _, q := range p.Queries {
			queries = append(queries, dashboards.Select(q.Expr, ".+", ".+"))
		}
	}
	for _, a := range dashboards.Annotations() {
		queries = append(queries, dashboards.Select(a.Expr, ".+", ".+"))
	}
	used := map[string]bool{}
	for _, query := range queries {
		names, err := Names(query)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			used[name] = true
		}
	}
	for name := range exported(t) {
		if name[0] != '@' && !used[name] {
			t.Errorf("testdata/metrics.tsv: nothing queries %s; remove the line", name)
		}
	}
}
