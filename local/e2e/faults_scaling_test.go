//go:build faults

// The number of replicas while a part of autoscaling fails, with the real KEDA,
// Prometheus and Kubernetes. Part of `make test-long`, because it takes about twenty
// minutes.

package e2e

import (
	"fmt"
	"testing"
	"time"
)

const (
	faultsSpace = "e2e-faults"
	// recovery bounds the time from the return of the failed part until the number of
	// replicas is right.
	recovery = 3 * time.Minute
	// settled is the time for which the number must then stay.
	settled = time.Minute
	// steadyTokens take about 100 s. A stream that moves to another replica between
	// two scrapes counts twice or not at all. With long streams few do, so the sum is
	// wrong by at most two. The loads here are that far from the next number of
	// replicas.
	steadyTokens = 3000
	// maxReplicas is far above the need of any load here, so that runaway scaling shows.
	maxReplicas = 12
	// hungSeconds is the minimum of the key. hangingAfter is the number of requests
	// after which a replica hangs, far above the load's.
	hungSeconds, hangingAfter = 120, 300
)

// faulty is a stack with a model for each fault, with one replica for every 4 requests. The
// scale-down window is short: a window as long as a fault would hide that missing metrics count
// as no load.
var faulty = fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:monitoring: {prometheusUrl: "http://kps-prometheus.monitoring.svc:9090", intervalSeconds: 5}
  vllm-eks:defaults:
    image: localhost/vllmsim:v0.33.0
    gpu: {type: A10G, count: 1}
    resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
    replicas: {min: 1, max: %d}
    scaling: {policy: load, targetLoad: 4, downSeconds: 60}
    lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 5, shutdownSeconds: 180, hungSeconds: %d}
    env: {VLLMSIM_LOAD_SECONDS: "2", VLLMSIM_FAULT_MODELS: "org/hanging-7b=hang:requests=%d"}
  vllm-eks:models:
    - {name: unmeasured, model: mistralai/Mistral-7B-Instruct-v0.2, servedModelName: chat, maxModelLen: 4096}
    - {name: unscaled, model: mistralai/Mistral-7B-Instruct-v0.2, servedModelName: chat, maxModelLen: 4096}
    - {name: unserved, model: mistralai/Mistral-7B-Instruct-v0.2, servedModelName: chat, maxModelLen: 4096}
    - {name: hanging, model: org/hanging-7b, servedModelName: chat, maxModelLen: 4096}
`, faultsSpace, maxReplicas, hungSeconds, hangingAfter)

// TestFaults makes the parts of autoscaling fail, one after the other.
func TestFaults(t *testing.T) {
	newStack(t, faulty).up()
	// A new Prometheus reads the new configuration at once, and has no series of an
	// earlier run.
	kubectl(t, "--namespace=monitoring", "delete", "pod", "prometheus-kps-0")
	await(t, "Prometheus has the series of every model", 5*time.Minute, func() bool {
		series, err := askPrometheus(t, fmt.Sprintf("vllm:num_requests_running{namespace=%q}", faultsSpace))
		return err == nil && series == 4
	})
	t.Run("Prometheus gone for five minutes", testPrometheusGone)
	t.Run("KEDA's operator killed", testOperatorKilled)
	t.Run("the API server restarted", testAPIServerRestarted)
	t.Run("a hung replica", testEngineHung)
}

// scaledModel begins to watch a model with autoscaling.
func scaledModel(t *testing.T, name string) (url string, w *replicaWatch) {
	t.Helper()
	awaitScaledObject(t, faultsSpace, name)
	w = watchEngines(t, faultsSpace, name)
	awaitFallback(t, w, "False", 2*time.Minute) // then KEDA has read metrics
	return serviceURLIn(t, faultsSpace, name), w
}

// steadyLoad keeps streams open that last much longer than the interval between scrapes. They
// end one after the other, like streams that began at different times.
func steadyLoad(t *testing.T, url string, streams int) *load {
	t.Helper()
	began := make([]bool, streams)
	return keepOpen(t, url, streams, func(client int) error {
		return streamOf(t.Context(), url, "chat", steadyLength(steadyTokens, began, client))
	})
}

// steadyLength returns the number of tokens of a response, with fewer for a client's first one.
func steadyLength(tokens int, began []bool, client int) int {
	if began[client] {
		return tokens
	}
	began[client] = true
	return tokens * (client + 1) / len(began)
}

// throughout fails if a condition does not hold all the time.
func throughout(t *testing.T, duration time.Duration, condition string, holds func() bool) {
	t.Helper()
	for began := time.Now(); time.Since(began) < duration; time.Sleep(time.Second) {
		if !holds() {
			t.Errorf("%s: not any more after %s of %s", condition, time.Since(began).Round(time.Second), duration.Round(time.Second))
			return
		}
	}
}

// expectRecovery waits for the right number of replicas after the return of the failed part,
// and holds that it stays.
func expectRecovery(t *testing.T, w *replicaWatch, back time.Time, replicas int) {
	t.Helper()
	w.await(t, back, replicas)
	throughout(t, settled, fmt.Sprintf("%d replicas", replicas), func() bool {
		desired, _ := w.now()
		return desired == replicas
	})
}

// fallback returns KEDA's condition Fallback: whether KEDA scales without metrics.
func fallback(t *testing.T, w *replicaWatch) string {
	t.Helper()
	return kubectl(t, "--namespace="+w.namespace, "get", "scaledobject", w.model, `--output=jsonpath={.status.conditions[?(@.type=="Fallback")].status}`)
}

func awaitFallback(t *testing.T, w *replicaWatch, want string, within time.Duration) {
	t.Helper()
	began := time.Now()
	await(t, "the condition Fallback is "+want, within, func() bool { return fallback(t, w) == want })
	t.Logf("the condition Fallback is %s after %s", want, time.Since(began).Round(time.Second))
}
