//go:build cluster

package e2e

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
)

const reasonsSpace = "e2e-reasons"

// reasoned is a stack of a model whose triggers have low targets, so that small loads reach each.
// Its replicas hold 51,000 tokens and process 8 requests at once.
const reasoned = `config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: ` + reasonsSpace + `}]
  vllm-eks:monitoring: {prometheusUrl: "http://kps-prometheus.monitoring.svc:9090", intervalSeconds: 5}
  vllm-eks:models:
    - name: chat
      model: mistralai/Mistral-7B-Instruct-v0.2
      servedModelName: chat
      maxModelLen: 4096
      maxNumSeqs: 8
      image: localhost/vllmsim:v0.33.0
      gpu: {type: A10G, count: 1}
      resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
      lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 2, shutdownSeconds: 3}
      env: {VLLMSIM_LOAD_SECONDS: "1"}
      replicas: {min: 1, max: 2}
      scaling: {policy: load, targetLoad: 4, targetKVUsage: 0.05, targetWaiting: 1}
`

// TestScalingReason sends a load with three phases. In each, the recorded series name the trigger
// that requests the most replicas.
func TestScalingReason(t *testing.T) {
	t.Parallel()
	newStack(t, reasoned).up()
	awaitScaledObject(t, reasonsSpace, "chat")
	url := serviceURLIn(t, reasonsSpace, "chat")
	for _, phase := range []struct {
		trigger  string
		clients  int
		requests chatter
	}{
		// Two replicas by requests; the prompts fill 2 % of a cache, and no request waits.
		{"load", 8, chatter{prompt: 20, output: 200}},
		// One replica by requests; the prompts fill 19 % of a cache.
		{"kv-cache", 3, chatter{prompt: 3000, output: 500}},
		// Eight replicas by requests; at least 14 wait, because two replicas process 16.
		{"queue", 30, chatter{prompt: 20, output: 200}},
	} {
		t.Run(phase.trigger, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			l := keepOpen(t, url, phase.clients, func(int) error { return completeOrWait(ctx, url, phase.requests) })
			var wanted map[string]float64
			began := time.Now()
			t.Cleanup(func() {
				t.Logf("after %s the triggers request %v replicas", time.Since(began).Round(time.Second), wanted)
			})
			await(t, "the trigger "+phase.trigger+" requests the most replicas", scalingPatience, func() bool {
				wanted = triggersOf(t)
				return len(wanted) == 3 && largest(wanted) == phase.trigger
			})
			await(t, "the autoscaler requests two replicas", scalingPatience, func() bool {
				found, err := askPrometheus(t, fmt.Sprintf("%s{namespace=%q} == 2", rules.Wanted, reasonsSpace))
				return err == nil && found == 1
			})
			l.cancel()
			cancel()
			l.ended.Wait()
		})
	}
}

// triggersOf returns the recorded number of replicas that each trigger requests.
func triggersOf(t *testing.T) map[string]float64 {
	t.Helper()
	samples, err := samplesOf(t, fmt.Sprintf("%s{namespace=%q,service=%q}", rules.TriggerWants, reasonsSpace, "chat"))
	if err != nil {
		return nil
	}
	wanted := map[string]float64{}
	for _, s := range samples {
		number, err := strconv.ParseFloat(fmt.Sprint(s.Value[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		wanted[s.Metric["trigger"]] = number
	}
	return wanted
}

// largest returns the name of the only largest number; "" if there are several.
func largest(numbers map[string]float64) string {
	name := ""
	for candidate, number := range numbers {
		if name == "" || number > numbers[name] {
			name = candidate
		}
	}
	for candidate, number := range numbers {
		if candidate != name && number == numbers[name] {
			return ""
		}
	}
	return name
}
