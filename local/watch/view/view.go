package view

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
)

// ErrNoRules is the error of an answer without the series of any model.
var ErrNoRules = errors.New("rules: Prometheus has no series " + rules.Info + ", want one for each model; " +
	"set monitoring.rules to true and deploy the stack, which creates a PrometheusRule in monitoring.namespace; " +
	"its series appear within three minutes")

// Models returns the names NAMESPACE/SERVICE of the models that the samples describe, sorted.
func Models(samples []prometheus.Sample) []string {
	var names []string
	for _, m := range models(samples) {
		names = append(names, m.namespace+"/"+m.service)
	}
	return names
}

// Render returns the numbers of each model, at most 80 columns wide, with – for a number that is
// not known. Models are in the order of their namespaces and services. It returns an error if the
// recording rules are missing.
func Render(samples []prometheus.Sample) (string, error) {
	var blocks []string
	for _, m := range models(samples) {
		blocks = append(blocks, m.render())
	}
	if len(blocks) == 0 {
		return "", ErrNoRules
	}
	return strings.Join(blocks, "\n"), nil
}

// model holds the samples of one model.
type model struct {
	namespace, service, id string
	samples                []prometheus.Sample
}

// models returns the models of the samples, sorted.
func models(samples []prometheus.Sample) []model {
	type key struct{ namespace, service string }
	byKey := map[key]*model{}
	for _, s := range samples {
		if s.Labels[nameLabel] == rules.Info {
			k := key{s.Labels["namespace"], s.Labels["service"]}
			byKey[k] = &model{namespace: k.namespace, service: k.service, id: s.Labels["model"]}
		}
	}
	for _, s := range samples {
		if m := byKey[key{s.Labels["namespace"], s.Labels["service"]}]; m != nil {
			m.samples = append(m.samples, s)
		}
	}
	var list []model
	for _, m := range byKey {
		list = append(list, *m)
	}
	slices.SortFunc(list, func(a, b model) int {
		return cmp.Or(strings.Compare(a.namespace, b.namespace), strings.Compare(a.service, b.service))
	})
	return list
}

// number is a number that may be unknown.
type number struct {
	value float64
	known bool
}

// get returns the value of a series with the given labels: name, value, name, value, …
func (m model) get(name string, labels ...string) number {
	for _, s := range m.samples {
		if s.Labels[nameLabel] != name {
			continue
		}
		matches := true
		for i := 0; i+1 < len(labels); i += 2 {
			matches = matches && s.Labels[labels[i]] == labels[i+1]
		}
		if matches {
			return number{s.Value, true}
		}
	}
	return number{}
}

// values returns the values of the series of a name, by one label.
func (m model) values(name, label string) map[string]float64 {
	values := map[string]float64{}
	for _, s := range m.samples {
		if s.Labels[nameLabel] == name {
			values[s.Labels[label]] = s.Value
		}
	}
	return values
}

// failed returns the rate of all finished requests, and the share of them that failed.
func (m model) failed() (rate, share number) {
	reasons := m.values(rules.Requests, "finished_reason")
	if len(reasons) == 0 {
		return number{}, number{}
	}
	total := 0.0
	for _, r := range slices.Sorted(maps.Keys(reasons)) {
		total += reasons[r]
	}
	if total == 0 {
		return number{0, true}, number{}
	}
	return number{total, true}, number{reasons["error"] / total, true}
}

// row is a line of the view: a label and cells.
type row struct {
	label string
	cells []string
}

// render returns the block of one model.
func (m model) render() string {
	rate, failed := m.failed()
	quantile := func(name, q string) number { return m.get(name, "quantile", q) }
	met := func(objective string) number { return m.get(rules.Attained, "objective", objective) }
	rows := []row{
		{"tokens", []string{"input " + perSecond(m.get(rules.InputTokens)), "output " + perSecond(m.get(rules.OutputTokens)), "prefix hits " + share(m.get(rules.PrefixHits))}},
		{"requests", []string{"done " + perSecond(rate), "failed " + share(failed), "running " + count(m.get(rules.Running)), "waiting " + count(m.get(rules.Waiting))}},
		{"TTFT", []string{"p50 " + seconds(quantile(rules.TTFT, "0.5")), "p95 " + seconds(quantile(rules.TTFT, "0.95")), "met " + share(met("ttft"))}},
		{"TPOT", []string{"p50 " + seconds(quantile(rules.TPOT, "0.5")), "p95 " + seconds(quantile(rules.TPOT, "0.95")), "met " + share(met("tpot"))}},
		{"objectives", []string{"met " + share(met("all")), "want " + share(m.get(rules.ObjectiveShare))}},
		{"KV cache", []string{"fullest " + share(m.get(rules.KVUsage)), "mean " + share(m.get(rules.KVUsageMean)), "preempted " + perSecond(m.get(rules.Preemptions))}},
		{"replicas", []string{"wanted " + count(m.get(rules.Wanted)), "existing " + count(m.get(rules.Existing)), "ready " + count(m.get(rules.Ready)), "max " + count(m.get(rules.MaxReplicas))}},
		{"triggers", m.triggers()},
		{"cold start", m.coldStart()},
		{"USD", []string{"per hour " + money(m.get(rules.USDPerHour)), "per M tokens " + money(m.get(rules.USDPerMillion)), "predicted " + money(m.get(rules.PredictedUSDPerMillion))}},
		{"KV tokens", []string{"measured " + count(m.get(rules.KVTokens)), "predicted " + count(m.get(rules.PredictedKVTokens))}},
		{"concurrency", []string{"measured " + count(m.get(rules.Concurrency)), "predicted " + count(m.get(rules.PredictedConcurrency))}},
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%s  %s\n", m.namespace, m.service, m.id)
	for _, r := range rows {
		fmt.Fprintln(&b, r.text())
	}
	return b.String()
}

// triggerOrder is the order of the triggers in a ScaledObject.
var triggerOrder = []string{"load", "kv-cache", "queue", "wake"}

// triggers returns the number of replicas that each trigger requests, and the trigger that
// requests the most.
func (m model) triggers() []string {
	values := m.values(rules.TriggerWants, "trigger")
	if len(values) == 0 {
		return []string{unknown}
	}
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return cmp.Or(position(triggerOrder, a)-position(triggerOrder, b), strings.Compare(a, b))
	})
	var cells []string
	highest := names[0]
	for _, name := range names {
		cells = append(cells, name+" "+count(number{values[name], true}))
		if values[name] > values[highest] {
			highest = name
		}
	}
	if values[highest] > 0 {
		cells = append(cells, "most: "+highest)
	}
	return cells
}

// position returns the index of a name in a list, or the length of the list if it is not there.
func position(list []string, name string) int {
	if i := slices.Index(list, name); i >= 0 {
		return i
	}
	return len(list)
}

// coldStart returns the seconds of each phase of the last start of a replica, as measured and as
// predicted.
func (m model) coldStart() []string {
	var cells []string
	for _, phase := range []string{"node", "image", "load"} {
		measured, predicted := m.get(rules.ColdStart, "phase", phase), m.get(rules.PredictedColdStart, "phase", phase)
		cells = append(cells, fmt.Sprintf("%s %s of %s", phase, seconds(measured), seconds(predicted)))
	}
	return cells
}
