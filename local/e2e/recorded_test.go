//go:build cluster

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// withoutData holds the series that a simulated replica cannot have, with the reason.
var withoutData = map[string]string{
	rules.GPUUtilization: "no exporter of GPUs runs", rules.GPUMemory: "no exporter of GPUs runs",
	rules.PrefixHits: "the simulator has no prefix cache",
}

// testRecorded queries Prometheus for every recorded series of a model under load.
func testRecorded(t *testing.T) {
	model := monitoringspec.Model{
		Namespace: scalingSpace, Service: "chat", ID: "m", MaxReplicas: 3, TTFTSeconds: 2, TPOTSeconds: .1, Share: .95, Triggers: []monitoringspec.Trigger{{Name: "load", Target: 4}},
		Predicted: monitoringspec.Predicted{USDPerHour: 1, USDPerMillionTokens: 1, KVTokens: 1, Concurrency: 1, NodeSeconds: 1, ImageSeconds: 1, LoadSeconds: 1},
	}
	var names []string
	for _, group := range rules.Groups([]monitoringspec.Model{model}, monitoringspec.Bounds{}) {
		for _, rule := range group.Rules {
			if strings.HasPrefix(rule.Record, "service:") && withoutData[rule.Record] == "" {
				names = append(names, rule.Record)
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 25 {
		t.Fatalf("only %d series: %q", len(names), names)
	}
	for _, name := range names {
		await(t, "the series "+name, scalingPatience, func() bool {
			series, err := askPrometheus(t, fmt.Sprintf("%s{namespace=%q,service=%q}", name, scalingSpace, "chat"))
			return err == nil && series > 0
		})
	}
}
