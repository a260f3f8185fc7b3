//go:build faults

// What becomes of the number of engines when a part of what decides it is
// gone, with the real KEDA, Prometheus and Kubernetes: part of `make
// test-long`, as it takes about twenty minutes.

package e2e

import (
	"fmt"
	"testing"
	"time"
)

const (
	faultsSpace = "e2e-faults"
	// recovery is how long it may take until the number of engines is right, from
	// the return of what was gone on.
	recovery = 3 * time.Minute
	// settled is how long it is then watched for leaving that again.
	settled = time.Minute
	// steadyTokens take about 100 s. A stream that goes to another engine between
	// two readings of the metrics may be in both, or in neither, and so few do that
	// their sum is right within one or two, which is what loads here are from the
	// next number of engines up.
	steadyTokens = 3000
	// engineMax is far above what any load here needs: one that runs away would show.
	engineMax = 12
	// hungSeconds is the least that there is. hangingAfter is how many requests an
	// engine answers before it hangs: far more than the load has.
	hungSeconds, hangingAfter = 120, 300
)

// faulty is a stack with a model for each fault, each with an engine for every 4
// requests. Engines may go soon: a window as long as a fault would hide that
// lost metrics are taken for no load.
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
`, faultsSpace, engineMax, hungSeconds, hangingAfter)

// TestFaults takes away, one after the other, what decides the number of engines.
func TestFaults(t *testing.T) {
	newStack(t, faulty).up()
	// A new Prometheus has the new configuration at once, and none that an earlier
	// run has left.
	kubectl(t, "--namespace=monitoring", "delete", "pod", "prometheus-kps-0")
	await(t, "Prometheus has the series of every model", 5*time.Minute, func() bool {
		series, err := askPrometheus(t, fmt.Sprintf("vllm:num_requests_running{namespace=%q}", faultsSpace))
		return err == nil && series == 4
	})
	t.Run("Prometheus gone for five minutes", testPrometheusGone)
	t.Run("KEDA's operator killed", testOperatorKilled)
	t.Run("the API server restarted", testAPIServerRestarted)
	t.Run("an engine hung", testEngineHung)
}

// scaledModel begins to watch a model that can be scaled.
func scaledModel(t *testing.T, name string) (url string, w *engineWatch) {
	t.Helper()
	awaitScaledObject(t, faultsSpace, name)
	w = watchEngines(t, faultsSpace, name)
	awaitFallback(t, w, "False", 2*time.Minute) // KEDA has read metrics
	return serviceURLIn(t, faultsSpace, name), w
}

// steadyLoad keeps streams open that last much longer than an engine's metrics
// are apart. They end one after the other, as those do that began long ago.
func steadyLoad(t *testing.T, url string, streams int) *load {
	t.Helper()
	began := make([]bool, streams)
	return keepOpen(t, url, streams, func(client int) error {
		return streamOf(t.Context(), url, "chat", steadyLength(steadyTokens, began, client))
	})
}

// steadyLength is the tokens of an answer, fewer for a client's first one.
func steadyLength(tokens int, began []bool, client int) int {
	if began[client] {
		return tokens
	}
	began[client] = true
	return tokens * (client + 1) / len(began)
}

// throughout checks over and over that something holds, for a time.
func throughout(t *testing.T, duration time.Duration, condition string, holds func() bool) {
	t.Helper()
	for began := time.Now(); time.Since(began) < duration; time.Sleep(time.Second) {
		if !holds() {
			t.Errorf("%s: not any more after %s of %s", condition, time.Since(began).Round(time.Second), duration.Round(time.Second))
			return
		}
	}
}

// expectRecovery waits for the right number of engines, which then stays, after
// the return of what was gone.
func expectRecovery(t *testing.T, w *engineWatch, back time.Time, engines int) {
	t.Helper()
	w.await(t, back, engines)
	throughout(t, settled, fmt.Sprintf("%d engines", engines), func() bool {
		desired, _ := w.now()
		return desired == engines
	})
}

// fallback tells whether KEDA says that it goes without metrics.
func fallback(t *testing.T, w *engineWatch) string {
	t.Helper()
	return kubectl(t, "--namespace="+w.namespace, "get", "scaledobject", w.model, `--output=jsonpath={.status.conditions[?(@.type=="Fallback")].status}`)
}

func awaitFallback(t *testing.T, w *engineWatch, want string, within time.Duration) {
	t.Helper()
	began := time.Now()
	await(t, "the condition Fallback is "+want, within, func() bool { return fallback(t, w) == want })
	t.Logf("the condition Fallback is %s after %s", want, time.Since(began).Round(time.Second))
}
