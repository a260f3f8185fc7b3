//go:build cluster

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	scalingSpace = "e2e-scaling"
	// scalingPatience is for the slowest of what is waited for here: two engines
	// that go one after the other, a minute apart, after 15 s of low load and up to
	// 15 s of the autoscaler's period, on two busy cores.
	scalingPatience = 5 * time.Minute
)

// scaled is a stack of a model whose number of engines a policy decides, and of
// one that sleeps until the first has requests.
func scaled(policy string) string {
	return fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %[1]s}]
  vllm-eks:monitoring: {prometheusUrl: "http://kps-prometheus.monitoring.svc:9090", intervalSeconds: 5}
  vllm-eks:defaults:
    image: localhost/vllmsim:v0.33.0
    gpu: {type: A10G, count: 1}
    resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
    lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 5, shutdownSeconds: %[2]d}
    env: {VLLMSIM_LOAD_SECONDS: "2"}
  vllm-eks:models:
    - name: chat
      model: mistralai/Mistral-7B-Instruct-v0.2
      servedModelName: chat
      maxModelLen: 4096
      replicas: {min: 1, max: 3}
      scaling: %[3]s
    - name: sleeper
      model: Qwen/Qwen2.5-7B
      maxModelLen: 4096
      replicas: {min: 0, max: 1}
      scaling: {wakeQuery: 'sum(vllm:num_requests_running{namespace="%[1]s",service="chat"})', idleSeconds: 20}
`, scalingSpace, streamShutdown, policy)
}

// TestScaling has the real KEDA, Kubernetes' autoscaler and Prometheus move the
// number of engines with the load, by each of the policies, one after the other.
func TestScaling(t *testing.T) {
	s := newStack(t, scaled("{policy: load, targetLoad: 4, downSeconds: 15}"))
	s.up()
	t.Run("Prometheus has every engine's series, by the labels that are promised", testSeries)
	t.Run("KEDA accepts the policy", func(t *testing.T) { awaitScaledObject(t, scalingSpace, "chat") })
	chat := serviceURLIn(t, scalingSpace, "chat")
	t.Run("load adds engines, and wakes the one that sleeps", func(t *testing.T) {
		awaitEngines(t, "sleeper", 0)
		l := openLoad(t, chat, 12)
		awaitEngines(t, "chat", 3)
		awaitEngines(t, "sleeper", 1)
		l.end(t)
	})
	t.Run("low load takes them away, and cuts no stream", func(t *testing.T) {
		l := openLoad(t, chat, 2)
		awaitEngines(t, "chat", 1)
		l.end(t)
	})
	t.Run("without any, the one that was woken sleeps again", func(t *testing.T) { awaitEngines(t, "sleeper", 0) })
	t.Run("by the queue", func(t *testing.T) {
		s.configure(scaled("{policy: queue, targetWaiting: 3}"))
		s.up()
		awaitScaledObject(t, scalingSpace, "chat")
		if metrics := kubectl(t, "--namespace="+scalingSpace, "get", "hpa", "keda-hpa-chat", "--output=jsonpath={.spec.metrics[*].external.metric.name}"); len(strings.Fields(metrics)) != 1 {
			t.Errorf("the autoscaler looks at %q, want the queue alone", metrics)
		}
	})
	t.Run("by the use of cores, with the metrics server", func(t *testing.T) {
		s.configure(scaled("{policy: cpu}"))
		s.up()
		awaitAutoscaler(t, scalingSpace, "chat")
		if out, err := tryKubectl("--namespace="+scalingSpace, "get", "scaledobject", "chat"); err == nil {
			t.Errorf("KEDA scales as well:\n%s", out)
		}
	})
	t.Run("by load again, which KEDA takes over", func(t *testing.T) {
		s.configure(scaled("{policy: load, targetLoad: 4, downSeconds: 15}"))
		s.up()
		awaitScaledObject(t, scalingSpace, "chat")
		awaitAutoscaler(t, scalingSpace, "keda-hpa-chat")
		if out, err := tryKubectl("--namespace="+scalingSpace, "get", "hpa", "chat"); err == nil {
			t.Errorf("another autoscaler competes:\n%s", out)
		}
	})
	t.Run("to a fixed number, by the way that is documented", func(t *testing.T) {
		s.configure(scaled("{policy: external}"))
		s.up()
		kubectl(t, "--namespace="+scalingSpace, "scale", "deployment/chat", "--replicas=2")
		s.configure(strings.Replace(scaled("{}"), "replicas: {min: 1, max: 3}", "replicas: {min: 2, max: 2}", 1))
		s.up()
		awaitEngines(t, "chat", 2)
		if rest := kubectl(t, "get", "hpa,scaledobjects", "--namespace="+scalingSpace, "--output=name"); strings.Contains(rest, "chat") {
			t.Errorf("scaled all the same: %s", rest)
		}
	})
	t.Run("destroy ends, and leaves no autoscaler", func(t *testing.T) {
		s.pulumi("destroy", "--yes", "--skip-preview", "--stack="+stackName)
		if rest := kubectl(t, "get", "hpa,scaledobjects", "--namespace="+scalingSpace, "--output=name"); rest != "" {
			t.Errorf("left: %s", rest)
		}
	})
}

// testSeries asks Prometheus for the labels that dashboards and scalers rely on.
func testSeries(t *testing.T) {
	pod := kubectl(t, "--namespace="+scalingSpace, "get", "pods", "--selector=app.kubernetes.io/instance=chat", "--output=jsonpath={.items[*].metadata.name}")
	node := kubectl(t, "get", "nodes", "--output=jsonpath={.items[0].metadata.name}")
	query := fmt.Sprintf(`vllm:num_requests_running{job="vllm",namespace=%q,service="chat",pod=%q,node=%q}`, scalingSpace, pod, node)
	// The node hands a changed configuration on within about a minute, and slower
	// where it is busy.
	await(t, "one series of "+query, scalingPatience, func() bool {
		series, err := askPrometheus(t, query)
		return err == nil && series == 1
	})
}

// awaitEngines waits until a model has so many engines, all of them ready, and
// no others that are still leaving.
func awaitEngines(t *testing.T, model string, engines int) {
	t.Helper()
	want := fmt.Sprintf("%d %d", engines, engines)
	var have string
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s has %s engines wanted and ready", model, have)
		}
	})
	await(t, fmt.Sprintf("%s has %d engines", model, engines), scalingPatience, func() bool {
		desired, ready := "0", "0"
		fields := strings.Split(kubectl(t, "--namespace="+scalingSpace, "get", "deployment", model, "--output=jsonpath={.spec.replicas},{.status.readyReplicas}"), ",")
		if fields[0] != "" {
			desired = fields[0]
		}
		if fields[1] != "" {
			ready = fields[1]
		}
		have = desired + " " + ready
		return have == want
	})
}
