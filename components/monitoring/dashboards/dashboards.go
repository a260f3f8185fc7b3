// Package dashboards declares the dashboards of a stack: panels with their unit, description
// and queries. It is pure data: package grafana renders it for Grafana, and other packages
// render it as a page or in a terminal.
//
// Queries use recorded series, whose names are in package rules. They query metrics of
// exporters only where no rule records them: for each replica, GPU, pod or node.
package dashboards

import (
	"slices"
	"strings"
)

// Dashboard is a page of panels.
type Dashboard struct {
	// Name is unique: the name of the file, and a part of the address in Grafana.
	Name string
	// Title is shown to users.
	Title string
	// Description says in one sentence which questions the dashboard answers.
	Description string
	// OneModel reports whether the dashboard shows one model at a time. Default: it shows
	// any number of models.
	OneModel bool
	// Rows are in the order of the page.
	Rows []Row
}

// Row is a titled group of panels.
type Row struct {
	Title  string
	Panels []Panel
}

// Panel is a chart, a number or a table.
type Panel struct {
	// Title is unique in its dashboard.
	Title string
	// Description explains the values in one sentence.
	Description string
	// Unit is the unit of the values.
	Unit Unit
	// Kind is how the values are shown. Default: Chart.
	Kind Kind
	// Width is a number of columns, of which a page has 24.
	Width int
	// Queries have one or more entries. In a Table, each query is a column.
	Queries []Query
	// Stacked stacks the series of a Chart.
	Stacked bool
}

// Query is a query to Prometheus.
type Query struct {
	// Expr is the query. It contains the variables ${namespace} and ${service}, which are
	// regular expressions; Select replaces them.
	Expr string
	// Legend is the name of a series. {{label}} stands for the value of a label; Name
	// replaces it.
	Legend string
	// Reference marks values to compare with: a target, a maximum or a prediction.
	Reference bool
	// Unit is the unit of a column of a Table. Default: the unit of the panel.
	Unit Unit
}

// Kind is how a panel shows its values.
type Kind string

const (
	// Chart shows values over time.
	Chart Kind = ""
	// Number shows the latest value of each query.
	Number Kind = "number"
	// Table shows the latest values of each model, one column for each query.
	Table Kind = "table"
)

// Unit is a unit of values, in the notation of Grafana.
// https://github.com/grafana/grafana/blob/v12.0.0/packages/grafana-data/src/valueFormats/categories.ts
type Unit string

const (
	// Count is a number without a unit, shortened such as 1.2 K.
	Count Unit = "short"
	// Code is a number that is not shortened.
	Code Unit = "none"
	// Share is a share from 0 to 1, shown as a percentage.
	Share Unit = "percentunit"
	// Seconds is a duration in seconds.
	Seconds Unit = "s"
	// TokensPerSecond is a rate of tokens.
	TokensPerSecond Unit = "si:tok/s"
	// RequestsPerSecond is a rate of requests.
	RequestsPerSecond Unit = "reqps"
	// USD is an amount in US dollars.
	USD Unit = "currencyUSD"
	// Celsius is a temperature in degrees Celsius.
	Celsius Unit = "celsius"
	// Watts is an electrical power in watts.
	Watts Unit = "watt"
)

// List returns the dashboards, in the order in which users open them.
func List() []Dashboard { return []Dashboard{stack(), model(), scaling(), nodes()} }

// Placed is a panel with its place.
type Placed struct {
	// Dashboard is the name of the dashboard.
	Dashboard string
	// Row is the title of the row.
	Row string
	Panel
}

// Panels returns the panels of every dashboard, in the order of List.
func Panels() []Placed {
	var list []Placed
	for _, d := range List() {
		for _, row := range d.Rows {
			for _, p := range row.Panels {
				list = append(list, Placed{Dashboard: d.Name, Row: row.Title, Panel: p})
			}
		}
	}
	return list
}

// Select returns a query for the models that match regular expressions. It also replaces the
// variables in queries of Annotations and Variables.
func Select(expr, namespace, service string) string {
	return strings.NewReplacer(namespaceVariable, namespace, serviceVariable, service).Replace(expr)
}

// Name returns the name of a series with some labels. A label that is missing is empty.
func (q Query) Name(labels map[string]string) string {
	var name strings.Builder
	rest := q.Legend
	for {
		before, after, found := strings.Cut(rest, "{{")
		label, end, closed := strings.Cut(after, "}}")
		if !found || !closed {
			return name.String() + rest
		}
		name.WriteString(before + labels[strings.TrimSpace(label)])
		rest = end
	}
}

// Annotation marks times in every chart.
type Annotation struct {
	// Name is shown to users.
	Name string
	// Expr has a result at the times that are marked.
	Expr string
	// Legend is the text of a mark, as in Query.
	Legend string
	// Color is the name of a color.
	Color string
}

// window is the time in which an annotation looks for a change. It is longer than the
// interval of two scrapes of kube-state-metrics, which is 30 s.
const window = "2m"

// Annotations returns the annotations of every dashboard.
func Annotations() []Annotation {
	// Where kube-state-metrics restarted, there are two series of a Deployment for a while.
	changes := func(metric string) string {
		selector := state(metric, ofNamespace, `deployment=~"${service}"`)
		return "max by (namespace, deployment) (changes(" + selector + "[" + window + "]))"
	}
	return []Annotation{
		{
			// A change of the number of replicas changes the generation, too.
			Name: "Deployments", Legend: "{{deployment}}: new configuration", Color: "blue",
			Expr: changes("kube_deployment_status_observed_generation") + " > " + changes("kube_deployment_spec_replicas"),
		},
		{
			Name: "Scaling", Legend: "{{service}}: another number of replicas", Color: "orange",
			Expr: "changes(" + recorded(wantedReplicas) + "[" + window + "]) > 0",
		},
	}
}

// Variable is a choice that users make on a dashboard.
type Variable struct {
	// Name is the name in queries, and Title is shown to users.
	Name, Title string
	// Metric and Label are where the values come from.
	Metric, Label string
}

// Variables returns the variables of every dashboard: the namespace and the service of
// models.
func Variables() []Variable {
	return []Variable{
		{Name: "namespace", Title: "Namespace", Metric: info, Label: "namespace"},
		{Name: "service", Title: "Model", Metric: series(info, ofNamespace), Label: "service"},
	}
}

// row returns a row of panels.
func row(title string, panels ...Panel) Row { return Row{Title: title, Panels: slices.Clip(panels)} }
