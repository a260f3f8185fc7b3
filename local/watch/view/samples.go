// Package view renders the numbers of each model as text: tokens, requests, latencies, objectives,
// replicas, triggers, cost and capacity. It is pure: it reads samples of the recorded series, and
// another package gets them from Prometheus.
package view

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
)

// Sample is the current value of a recorded series.
type Sample struct {
	// Labels holds the labels of the series. The label __name__ is the name of the series.
	Labels map[string]string
	// Value is the value of the series.
	Value float64
}

// nameLabel is the label that holds the name of a series.
const nameLabel = "__name__"

// recorded holds the names of the series that the view shows.
var recorded = []string{
	rules.Info, rules.MaxReplicas,
	rules.InputTokens, rules.OutputTokens, rules.Requests, rules.Running, rules.Waiting,
	rules.KVUsage, rules.KVUsageMean, rules.Preemptions, rules.PrefixHits,
	rules.TTFT, rules.TPOT, rules.ObjectiveShare, rules.Attained,
	rules.Ready, rules.Existing, rules.Wanted, rules.TriggerWants, rules.ColdStart, rules.PredictedColdStart,
	rules.KVTokens, rules.PredictedKVTokens, rules.Concurrency, rules.PredictedConcurrency,
	rules.USDPerHour, rules.USDPerMillion, rules.PredictedUSDPerMillion,
}

// Query returns the query whose answer Render shows.
func Query() string { return fmt.Sprintf("{%s=~%q}", nameLabel, strings.Join(recorded, "|")) }

// answer is an answer of Prometheus' API to an instant query.
// https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
type answer struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   struct {
		Type   string          `json:"resultType"`
		Result json.RawMessage `json:"result"`
	} `json:"data"`
}

// Samples returns the samples of an answer of Prometheus' API to an instant query. It leaves out
// series whose value is not a number.
func Samples(body []byte) ([]Sample, error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("prometheus: the answer is no JSON of its API: %w", err)
	}
	if a.Status != "success" {
		return nil, fmt.Errorf("prometheus: the query failed: %s", a.Error)
	}
	if a.Data.Type != "vector" {
		return nil, fmt.Errorf("prometheus: the answer is a %q, want a vector", a.Data.Type)
	}
	var result []struct {
		Metric map[string]string `json:"metric"`
		Value  [2]any            `json:"value"` // time, value as a string
	}
	if err := json.Unmarshal(a.Data.Result, &result); err != nil {
		return nil, fmt.Errorf("prometheus: the vector: %w", err)
	}
	var samples []Sample
	for _, r := range result {
		text, _ := r.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("prometheus: the value of %v is %v, want a number", r.Metric, r.Value[1])
		}
		if !math.IsNaN(value) {
			samples = append(samples, Sample{Labels: r.Metric, Value: value})
		}
	}
	return samples, nil
}
