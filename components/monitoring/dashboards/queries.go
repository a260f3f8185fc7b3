package dashboards

import (
	"fmt"
	"strings"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

const (
	namespaceVariable = "${namespace}"
	serviceVariable   = "${service}"

	info           = rules.Info
	wantedReplicas = rules.Wanted

	// ofNamespace and ofService are the matchers of the chosen models.
	ofNamespace = `namespace=~"` + namespaceVariable + `"`
	ofService   = `service=~"` + serviceVariable + `"`

	// by aggregates the series of a model.
	by = "by (namespace, service)"
)

// series returns the selector of a metric.
func series(metric string, matchers ...string) string {
	if len(matchers) == 0 {
		return metric
	}
	return metric + "{" + strings.Join(matchers, ",") + "}"
}

// recorded returns the selector of a recorded series of the chosen models.
func recorded(name string, matchers ...string) string {
	return series(name, append([]string{ofNamespace, ofService}, matchers...)...)
}

// vllm returns the selector of a metric of vLLM of the chosen models, without those of other
// jobs that scrape the replicas too.
func vllm(metric string) string {
	return series(metric, fmt.Sprintf("job=%q", serving.ScrapeJob), ofNamespace, ofService)
}

// mean returns the mean of a histogram of vLLM in five minutes, for each of the labels. Without
// requests there is no mean.
func mean(histogram string) string {
	rate := func(suffix string) string { return fmt.Sprintf("sum %s (rate(%s[5m]))", by, vllm(histogram+suffix)) }
	return fmt.Sprintf("%s / (%s > 0)", rate("_sum"), rate("_count"))
}

// state returns the selector of a metric of kube-state-metrics.
func state(metric string, matchers ...string) string {
	return series(metric, append([]string{`job="kube-state-metrics"`}, matchers...)...)
}

// ofPods returns the matchers of the pods of the chosen models.
func ofPods(matchers ...string) []string {
	return append([]string{ofNamespace, `pod=~"${service}` + rules.PodSuffix + `"`}, matchers...)
}

// gpu returns a query for a metric of the GPUs that the chosen models use. The exporter of
// NVIDIA labels a GPU with the pod that uses it.
func gpu(metric string) string { return rules.ServiceOf(series(metric, ofPods()...)) }

// chart returns a chart of half the width of a page.
func chart(title string, unit Unit, description string, queries ...Query) Panel {
	return Panel{Title: title, Unit: unit, Description: description, Width: 12, Queries: queries}
}

// third returns a chart of a third of the width of a page.
func third(title string, unit Unit, description string, queries ...Query) Panel {
	p := chart(title, unit, description, queries...)
	p.Width = 8
	return p
}

// number returns a panel with the latest values.
func number(title string, unit Unit, description string, queries ...Query) Panel {
	return Panel{Title: title, Unit: unit, Description: description, Kind: Number, Width: 4, Queries: queries}
}

// stacked returns a chart with its series stacked.
func stacked(p Panel) Panel {
	p.Stacked = true
	return p
}

// query returns a query.
func query(expr, legend string) Query { return Query{Expr: expr, Legend: legend} }

// reference returns a query for values to compare with.
func reference(expr, legend string) Query { return Query{Expr: expr, Legend: legend, Reference: true} }

// column returns a column of a table.
func column(expr, title string, unit Unit) Query {
	return Query{Expr: expr, Legend: title, Unit: unit}
}

const (
	// p95 selects the 95th percentile of a recorded latency.
	p95 = `quantile="0.95"`
	// everyObjective selects the share of requests that met all objectives.
	everyObjective = `objective="all"`
)
