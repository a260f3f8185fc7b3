// Package rules builds recording rules and alerts: token rates, latencies, objectives, scaling, cost and
// GPUs of each model. It is pure: it returns rules, and other packages register them.
//
// Every recorded series has the labels namespace and service of its model. Names follow
// Prometheus' convention level:metric:operation.
// https://prometheus.io/docs/practices/rules/
package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Group is a group of rules that Prometheus evaluates in order.
type Group struct {
	// Name is unique among the groups.
	Name string `json:"name"`
	// Rules are in the order of evaluation.
	Rules []Rule `json:"rules"`
}

// Rule is a recording rule, or an alert.
type Rule struct {
	// Record is the name of the recorded series. Default: the rule is an alert.
	Record string `json:"record,omitempty"`
	// Alert is the name of the alert. Default: the rule records a series.
	Alert string `json:"alert,omitempty"`
	// Expr is the query.
	Expr string `json:"expr"`
	// For is how long the query must have a result before the alert fires.
	For string `json:"for,omitempty"`
	// Labels are added to the series or the alert.
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations describe the alert to people.
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Groups returns the recording rules and the alerts of the models, or nothing without models.
func Groups(models []monitoringspec.Model, bounds monitoringspec.Bounds) []Group {
	if len(models) == 0 {
		return nil
	}
	// The order of the models in the configuration changes no rule.
	models = slices.SortedFunc(slices.Values(models), func(a, b monitoringspec.Model) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Service, b.Service))
	})
	groups := []Group{
		{Name: "vllm-eks-predicted", Rules: slices.Concat(predicted(models), constants(bounds))},
		{Name: "vllm-eks-load", Rules: slices.Concat(load(), latency(), objectives(models), burnRates())},
		{Name: "vllm-eks-scaling", Rules: slices.Concat(replicas(), triggers(), coldStart())},
		{Name: "vllm-eks-capacity", Rules: slices.Concat(memory(), gpus(), cost())},
	}
	return append(groups, alerts(bounds)...)
}

// by aggregates the series of a model.
const by = "by (namespace, service)"

// vllm returns the selector of a metric of vLLM, without those of other jobs that scrape the
// replicas too.
func vllm(metric string) string { return fmt.Sprintf("%s{job=%q}", metric, serving.ScrapeJob) }

// rate returns the rate of a counter of vLLM in five minutes, as a sum for each model.
func rate(counter string) string {
	return fmt.Sprintf("sum %s (rate(%s[5m]))", by, vllm(counter))
}

// record returns a recording rule.
func record(name, format string, values ...any) Rule {
	return Rule{Record: name, Expr: fmt.Sprintf(format, values...)}
}

// labelled returns the rule with one more label.
func (r Rule) labelled(label, value string) Rule {
	r.Labels = maps.Clone(r.Labels)
	if r.Labels == nil {
		r.Labels = map[string]string{}
	}
	r.Labels[label] = value
	return r
}

// constant returns a rule that records a number of a model.
func constant(name string, m monitoringspec.Model, value float64) Rule {
	return Rule{
		Record: name, Expr: "vector(" + strconv.FormatFloat(value, 'g', -1, 64) + ")",
		Labels: map[string]string{"namespace": m.Namespace, "service": m.Service},
	}
}

// predicted returns the constants of each model. A number that is not known has no rule.
func predicted(models []monitoringspec.Model) []Rule {
	var list []Rule
	for _, m := range models {
		list = append(list, constant(Info, m, 1).labelled("model", m.ID))
		add := func(name string, value float64, labels ...string) {
			if value == 0 {
				return
			}
			rule := constant(name, m, value)
			for i := 0; i < len(labels); i += 2 {
				rule = rule.labelled(labels[i], labels[i+1])
			}
			list = append(list, rule)
		}
		add(MinReplicas, float64(m.MinReplicas))
		add(MaxReplicas, float64(m.MaxReplicas))
		add(ObjectiveShare, m.Share)
		add(ReplicaUSDPerHour, m.Predicted.USDPerHour)
		add(PredictedUSDPerMillion, m.Predicted.USDPerMillionTokens)
		add(PredictedKVTokens, float64(m.Predicted.KVTokens))
		add(PredictedConcurrency, float64(m.Predicted.Concurrency))
		for _, phase := range []struct {
			name    string
			seconds float64
		}{{"node", m.Predicted.NodeSeconds}, {"image", m.Predicted.ImageSeconds}, {"load", m.Predicted.LoadSeconds}} {
			add(PredictedColdStart, phase.seconds, "phase", phase.name)
		}
		for _, trigger := range m.Triggers {
			add(TriggerTarget, trigger.Target, "trigger", trigger.Name)
		}
	}
	return list
}

// constants returns the limits of the whole stack. A limit that is not set has no rule.
func constants(bounds monitoringspec.Bounds) []Rule {
	var list []Rule
	if bounds.MaxUSDPerHour > 0 {
		list = append(list, record(MaxUSDPerHour, "vector(%g)", bounds.MaxUSDPerHour), record(SharedUSDPerHour, "vector(%g)", bounds.SharedUSDPerHour))
	}
	if !bounds.ExtendedSupport.IsZero() {
		list = append(list, record(ExtendedSupport, "vector(%d)", bounds.ExtendedSupport.Unix()).labelled("version", bounds.KubernetesVersion))
	}
	return list
}
