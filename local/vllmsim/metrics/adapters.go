package metrics

import (
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// adapterMetrics exposes the LoRA adapters with requests, like vLLM: in the labels of a gauge
// whose value is the time. The gauge has no labels of the model or the engine. A combination of
// adapters remains; the latest time marks the present one.
type adapterMetrics struct {
	info    *prometheus.GaugeVec
	maximum string
}

// newAdapterMetrics returns nil if LoRA is off: then there is no gauge.
func newAdapterMetrics(registry *prometheus.Registry, maximum int) *adapterMetrics {
	if maximum == 0 {
		return nil
	}
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "vllm:lora_requests_info", Help: "Adapters with requests; the value is the time.",
	}, []string{"max_lora", "running_lora_adapters", "waiting_lora_adapters"})
	registry.MustRegister(info)
	return &adapterMetrics{info: info, maximum: strconv.Itoa(maximum)}
}

// stepped lists the adapters with requests of any kind in both labels. vLLM (0.30, and main of
// October 2026) counts running and waiting ones apart, but exposes only the names under which
// it counted, and those are the same.
func (m *adapterMetrics) stepped(adapters []string) {
	if m == nil {
		return
	}
	names := strings.Join(adapters, ",")
	m.info.WithLabelValues(m.maximum, names, names).SetToCurrentTime()
}
