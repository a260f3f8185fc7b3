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
	// scalingPatience bounds every wait. The slowest is for two replicas that are
	// removed a minute apart, after 15 s of low load and up to 15 s of the
	// autoscaler's period, on two busy cores.
	scalingPatience = 5 * time.Minute
)

// scaled returns a stack of a model with a scaling policy, and of one that scales from zero
// when the first one has requests.
func scaled(policy string) string {
	return fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %[1]s}]
  vllm-eks:monitoring: {prometheusUrl: "http://kps-prometheus.monitoring.svc:9090", intervalSeconds: 5}
  vllm-eks:nodeGroups: [{name: one, instanceTypes: [g5.2xlarge], labels: {kubernetes.io/os: linux}}] # gives the models a price
  vllm-eks:defaults:
    image: localhost/vllmsim:v0.33.0
    gpu: {count: 1}
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

// TestScaling lets the real KEDA, Kubernetes' autoscaler and Prometheus change the number of
// replicas with the load, with each scaling policy.
func TestScaling(t *testing.T) {
	t.Parallel()
	s := newStack(t, scaled("{policy: load, targetLoad: 4, downSeconds: 15}"))
	s.up()
	t.Run("Prometheus has every replica's series, with the documented labels", testSeries)
	t.Run("KEDA accepts the policy", func(t *testing.T) { awaitScaledObject(t, scalingSpace, "chat") })
	chat := serviceURLIn(t, scalingSpace, "chat")
	t.Run("load adds replicas, and scales the sleeper from zero", func(t *testing.T) {
		awaitReplicas(t, "sleeper", 0)
		l := openLoad(t, chat, 12)
		awaitReplicas(t, "chat", 3)
		awaitReplicas(t, "sleeper", 1)
		t.Run("every rule has a series of the model", testRecorded)
		t.Run("every panel of the status page shows data", testPage)
		l.end(t)
	})
	t.Run("low load removes replicas, and truncates no stream", func(t *testing.T) {
		l := openLoad(t, chat, 2)
		awaitReplicas(t, "chat", 1)
		l.end(t)
	})
	t.Run("without load the sleeper scales to zero", func(t *testing.T) { awaitReplicas(t, "sleeper", 0) })
	t.Run("policy queue", func(t *testing.T) {
		s.configure(scaled("{policy: queue, targetWaiting: 3}"))
		s.up()
		awaitScaledObject(t, scalingSpace, "chat")
		if metrics := kubectl(t, "--namespace="+scalingSpace, "get", "hpa", "keda-hpa-chat", "--output=jsonpath={.spec.metrics[*].external.metric.name}"); len(strings.Fields(metrics)) != 1 {
			t.Errorf("the autoscaler reads %q, want only the queue", metrics)
		}
	})
	t.Run("policy cpu, with the metrics server", func(t *testing.T) {
		s.configure(scaled("{policy: cpu}"))
		s.up()
		awaitAutoscaler(t, scalingSpace, "chat")
		if out, err := tryKubectl("--namespace="+scalingSpace, "get", "scaledobject", "chat"); err == nil {
			t.Errorf("KEDA scales as well:\n%s", out)
		}
	})
	t.Run("policy load again, which KEDA takes over", func(t *testing.T) {
		s.configure(scaled("{policy: load, targetLoad: 4, downSeconds: 15}"))
		s.up()
		awaitScaledObject(t, scalingSpace, "chat")
		awaitAutoscaler(t, scalingSpace, "keda-hpa-chat")
		if out, err := tryKubectl("--namespace="+scalingSpace, "get", "hpa", "chat"); err == nil {
			t.Errorf("another autoscaler competes:\n%s", out)
		}
	})
	t.Run("a fixed number, in the documented way", func(t *testing.T) {
		s.configure(scaled("{policy: external}"))
		s.up()
		kubectl(t, "--namespace="+scalingSpace, "scale", "deployment/chat", "--replicas=2")
		s.configure(strings.Replace(scaled("{}"), "replicas: {min: 1, max: 3}", "replicas: {min: 2, max: 2}", 1))
		s.up()
		awaitReplicas(t, "chat", 2)
		if rest := kubectl(t, "get", "hpa,scaledobjects", "--namespace="+scalingSpace, "--output=name"); strings.Contains(rest, "chat") {
			t.Errorf("still scaled: %s", rest)
		}
	})
	t.Run("destroy leaves no autoscaler", func(t *testing.T) {
		s.pulumi("destroy", "--yes", "--skip-preview", "--stack="+stackName)
		if rest := kubectl(t, "get", "hpa,scaledobjects", "--namespace="+scalingSpace, "--output=name"); rest != "" {
			t.Errorf("left: %s", rest)
		}
	})
}

// testSeries queries Prometheus for the labels that dashboards and scalers use.
func testSeries(t *testing.T) {
	pod := kubectl(t, "--namespace="+scalingSpace, "get", "pods", "--selector=app.kubernetes.io/instance=chat", "--output=jsonpath={.items[*].metadata.name}")
	node := kubectl(t, "get", "nodes", "--output=jsonpath={.items[0].metadata.name}")
	query := fmt.Sprintf(`vllm:num_requests_running{job="vllm",namespace=%q,service="chat",pod=%q,node=%q}`, scalingSpace, pod, node)
	// The kubelet updates a mounted configuration within about a minute, later if the
	// node is busy.
	await(t, "one series of "+query, scalingPatience, func() bool {
		series, err := askPrometheus(t, query)
		return err == nil && series == 1
	})
}

// awaitReplicas waits until a model has the given number of replicas, all ready, and none that
// terminates.
func awaitReplicas(t *testing.T, model string, replicas int) {
	t.Helper()
	want := fmt.Sprintf("%d %d", replicas, replicas)
	var have string
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s has %s replicas desired and ready", model, have)
		}
	})
	await(t, fmt.Sprintf("%s has %d replicas", model, replicas), scalingPatience, func() bool {
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
