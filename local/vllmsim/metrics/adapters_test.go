package metrics

import (
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

func TestAdapterLabels(t *testing.T) {
	const name = "vllm:lora_requests_info"
	load := func() engine.Load { return engine.Load{Waiting: 5, Deferred: 2} }
	disabled := New(Info{ModelName: "m", MaxModelLen: 100}, load)
	disabled.Stepped(engine.Step{})
	if families, _ := scrape(t, disabled); families[name] != nil {
		t.Error("there is a metric of adapters where LoRA is off")
	}
	m := New(Info{ModelName: "m", MaxModelLen: 100, MaxLoRAs: 2}, load)
	before := float64(time.Now().Unix())
	m.Stepped(engine.Step{Adapters: []string{"sql", "legal"}})
	m.Stepped(engine.Step{})
	families, _ := scrape(t, m)
	seen := map[string]bool{}
	for _, series := range families[name].GetMetric() {
		labels := map[string]string{}
		for _, pair := range series.GetLabel() {
			labels[pair.GetName()] = pair.GetValue()
		}
		if len(labels) != 3 || labels["max_lora"] != "2" || labels["running_lora_adapters"] != labels["waiting_lora_adapters"] {
			t.Errorf("labels: %v", labels)
		}
		if value := series.GetGauge().GetValue(); value < before {
			t.Errorf("%v is not the time", value)
		}
		seen[labels["running_lora_adapters"]] = true
	}
	if len(seen) != 2 || !seen["sql,legal"] || !seen[""] {
		t.Errorf("combinations: %v", seen)
	}
	byReason := map[string]float64{}
	for _, series := range families["vllm:num_requests_waiting_by_reason"].GetMetric() {
		for _, pair := range series.GetLabel() {
			if pair.GetName() == "reason" {
				byReason[pair.GetValue()] = series.GetGauge().GetValue()
			}
		}
	}
	if byReason["capacity"] != 3 || byReason["deferred"] != 2 {
		t.Errorf("waiting by reason: %v", byReason)
	}
}
