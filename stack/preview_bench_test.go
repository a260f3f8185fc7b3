package stack

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// BenchmarkPreview measures the program's part of a preview, from the configuration to the
// last registration, by the number of services. It also reports the time and the memory of
// each service.
func BenchmarkPreview(b *testing.B) {
	for _, services := range []int{1, 10, 50} {
		b.Run(fmt.Sprint(services), func(b *testing.B) {
			var yaml strings.Builder
			yaml.WriteString("config:\n" + validCluster + monitored + "  vllm-eks:apiKey: {secure: sk-canary}\n" +
				"  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge]}, {name: g6e, instanceTypes: [g6e.xlarge]}]\n  vllm-eks:models:\n")
			for i := range services {
				fmt.Fprintf(&yaml, "    - {name: model-%d, model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: {min: 1, max: 3}}\n", i)
			}
			c := mustParse(b, yaml.String())
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				mustRecord(b, "bench", c)
			}
			runtime.ReadMemStats(&after)
			n := float64(b.N * services)
			b.ReportMetric(float64(b.Elapsed().Microseconds())/n, "µs/service")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/1024/n, "KiB/service")
		})
	}
}

// TestAServiceIsFewResources counts the resources of a service with defaults, and of a
// service with all common settings.
func TestAServiceIsFewResources(t *testing.T) {
	for name, model := range map[string]string{
		"defaults": "{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192}",
		"more": "{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: {min: 1, max: 3}, storage: {cache: {storageClass: efs}}, " +
			"ingress: {class: alb, host: a.example.com, alb: {subnetCidrs: [10.0.0.0/24]}}}",
	} {
		yaml := "config:\n" + validCluster + monitored + "  vllm-eks:apiKey: {secure: k}\n  vllm-eks:huggingFaceToken: {secure: t}\n  vllm-eks:models: [" + model + "]"
		count := 0
		for _, r := range mustRecord(t, "test", mustParse(t, yaml)).Resources() {
			if r.Name == "a" || strings.HasPrefix(r.Name, "a-") {
				count++
			}
		}
		if count < 8 || count > 15 {
			t.Errorf("with %s a service is %d resources, want at most 15", name, count)
		}
	}
}
