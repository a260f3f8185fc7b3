package rules

import (
	"fmt"
	"maps"
	"slices"

	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// RunbooksURL is the folder of the runbooks: each alert has the page NAME.md.
const RunbooksURL = "https://github.com/vllm-eks/vllm-eks/blob/main/docs/runbooks/"

// Values of the label severity of alerts.
const (
	// Page is an alert on which somebody must act at once: requests fail or are late.
	Page = "page"
	// Ticket is an alert on which somebody must act within days.
	Ticket = "ticket"
)

// Values of the annotation dashboard of alerts: the identifiers of the dashboards.
const (
	stackDashboard   = "vllm-eks-stack"
	modelDashboard   = "vllm-eks-model"
	scalingDashboard = "vllm-eks-scaling"
	gpusDashboard    = "vllm-eks-gpus-and-nodes"
)

// alert holds the parts of an alert that differ.
type alert struct {
	name, severity string
	// duration is how long the query must have a result. Default: none.
	duration string
	query    string
	// summary is one line, and description says what to know before the runbook.
	summary, description string
	dashboard            string
	// labels are further labels. Default: none.
	labels map[string]string
}

// rule returns the alert as a rule.
func (a alert) rule() Rule {
	labels := map[string]string{"severity": a.severity}
	maps.Copy(labels, a.labels)
	return Rule{
		Alert: a.name, Expr: a.query, For: a.duration, Labels: labels,
		Annotations: map[string]string{
			"summary": a.summary, "description": a.description, "dashboard": a.dashboard, "runbook_url": RunbooksURL + a.name + ".md",
		},
	}
}

// alerts returns the groups of alerts.
func alerts(bounds monitoringspec.Bounds) []Group {
	return []Group{
		{Name: "vllm-eks-objective-alerts", Rules: rulesOf(objectiveAlerts())},
		{Name: "vllm-eks-replica-alerts", Rules: rulesOf(slices.Concat(replicaAlerts(), startAlerts()))},
		{Name: "vllm-eks-scaling-alerts", Rules: rulesOf(scalingAlerts())},
		{Name: "vllm-eks-stack-alerts", Rules: rulesOf(slices.Concat(platformAlerts(), boundAlerts(bounds)))},
	}
}

func rulesOf(list []alert) []Rule {
	var rules []Rule
	for _, a := range list {
		rules = append(rules, a.rule())
	}
	return rules
}

// limited returns a query limited to the models for which a condition has a result.
func limited(query, condition string) string {
	return fmt.Sprintf("%s and on (namespace, service) (%s)", query, condition)
}
