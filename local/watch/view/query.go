// Package view renders the numbers of each model as text: tokens, requests, latencies, objectives,
// replicas, triggers, cost and capacity. It is pure: it reads samples of the recorded series, and
// another package gets them from Prometheus.
package view

import (
	"fmt"
	"strings"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
)

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
