//go:build faults

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	alertsSpace = "e2e-alerts"
	// alertPatience bounds the time from the faults to the last alert. The longest
	// duration of a rule here is 15 minutes, to which the time until the first value of
	// its query adds.
	alertPatience = 20 * time.Minute
	// endPatience bounds the time from the remedies to the end of the last alert. The
	// slowest has a window of five minutes.
	endPatience = 8 * time.Minute
)

// alertStack returns a stack of the models of every fault, each with the given keys, and of a
// model without a fault.
func alertStack(keys func(f *alertFault) string) string {
	var models strings.Builder
	entry := func(name, keys string) {
		id := "mistralai/Mistral-7B-Instruct-v0.2"
		if name == slowModel {
			id = "Qwen/Qwen2.5-0.5B" // its predicted start is short
		}
		fmt.Fprintf(&models, "    - {name: %s, model: %s, servedModelName: chat, maxModelLen: 4096, %s}\n", name, id, keys)
	}
	entry(healthyModel, "replicas: {min: 1, max: 2}, scaling: {policy: load, targetLoad: 8}")
	for _, f := range alertFaults() {
		if f.model != healthyModel {
			entry(f.model, keys(&f))
		}
	}
	return fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:monitoring: {prometheusUrl: "http://kps-prometheus.monitoring.svc:9090", intervalSeconds: 5}
  vllm-eks:defaults:
    image: localhost/vllmsim:v0.33.0
    gpu: {type: A10G, count: 1}
    resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
    replicas: {min: 1, max: 1}
    lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 2, shutdownSeconds: 3}
    env: {VLLMSIM_LOAD_SECONDS: "2"}
  vllm-eks:models:
%s`, alertsSpace, models.String())
}

// TestFaultAlerts causes a fault for each of twelve alerts, all at once. Each alert is silent
// before its fault, fires with the durations of the real rules, and ends after the remedy of its
// runbook. A model has no other alerts than those of its fault.
func TestFaultAlerts(t *testing.T) {
	faults := alertFaults()
	s := newStack(t, alertStack(func(f *alertFault) string { return f.keys }))
	s.up()
	awaitRules(t, len(faults)) // each fault has a model; the first one's is the healthy one
	talk(t, healthyModel, 2, chatter{prompt: 50, output: 50})
	// After Prometheus was away, the alert about missing metrics may be pending.
	await(t, "no alert fires, and none of the faults is pending", 6*time.Minute, func() bool {
		pending := alertsOf(t, "")
		return len(alertsOf(t, "firing")) == 0 && !slices.ContainsFunc(faults, func(f alertFault) bool { return f.found(pending) })
	})

	began := time.Now()
	for i := range faults {
		if cause := faults[i].cause; cause != nil {
			cause(t, &faults[i])
		}
	}
	s.configure(alertStack(func(f *alertFault) string { return f.during() }))
	if out, err := s.run(6*time.Minute, "up", "--yes", "--skip-preview", "--continue-on-error", "--stack="+stackName); err == nil {
		t.Errorf("pulumi up succeeds with models that do not start:\n%s", out)
	}
	t.Logf("pulumi up returned after %s", time.Since(began).Round(time.Second))
	interruptSpot(t, &faults[0])
	awaitFiring(t, faults, began)

	for i := range faults {
		faults[i].stop()
	}
	remedied := time.Now()
	s.configure(alertStack(func(f *alertFault) string { return f.after() }))
	s.pulumi("up", "--yes", "--skip-preview", "--refresh", "--stack="+stackName)
	t.Logf("pulumi up with the remedies took %s", time.Since(remedied).Round(time.Second))
	awaitEnd(t, faults, remedied)
	expectHealthy(t)
}

// awaitRules waits until the only Prometheus of the cluster has the series of every model and has
// evaluated the rules.
func awaitRules(t *testing.T, models int) {
	t.Helper()
	// A new Prometheus reads the new configuration at once, and has no series of an
	// earlier run.
	kubectl(t, "--namespace=monitoring", "delete", "pod", "prometheus-kps-0")
	for _, series := range []string{"vllm:num_requests_running", "service:replicas:ready", "service:vllm_requests_running:sum"} {
		await(t, "Prometheus has the series "+series+" of every model", 5*time.Minute, func() bool {
			found, err := askPrometheus(t, fmt.Sprintf("%s{namespace=%q}", series, alertsSpace))
			return err == nil && found == models
		})
	}
}

// awaitFiring waits until the alert of every fault fires, and applies at once the remedies that
// change no configuration. These alerts must end before it returns.
func awaitFiring(t *testing.T, faults []alertFault, began time.Time) {
	t.Helper()
	unexpected := map[string]bool{}
	for waiting := true; waiting && time.Since(began) < alertPatience; time.Sleep(2 * time.Second) {
		alerts, firing := alertsOf(t, ""), alertsOf(t, "firing")
		waiting = false
		for i := range faults {
			f := &faults[i]
			switch {
			case f.fired.IsZero() && f.found(firing):
				f.fired = time.Now()
				t.Logf("%s of %s fires after %s", f.alert, f.model, f.fired.Sub(began).Round(time.Second))
				expectPod(t, f, firing)
				if f.remedy != nil {
					f.remedy(t, f)
				}
			case !f.fired.IsZero() && f.remedy != nil && !f.ended && !f.found(alerts):
				f.ended = true
				t.Logf("%s of %s has ended %s after its remedy", f.alert, f.model, time.Since(f.fired).Round(time.Second))
			}
			waiting = waiting || f.fired.IsZero() || f.remedy != nil && !f.ended
		}
		for _, a := range firing {
			if !expected(faults, a) {
				unexpected[a["alertname"]+" of "+a["service"]] = true
			}
		}
	}
	for _, f := range faults {
		switch {
		case f.fired.IsZero():
			t.Errorf("%s of %s with the labels %v does not fire within %s; alerts: %v", f.alert, f.model, f.labels, alertPatience, alertsOf(t, ""))
		case f.remedy != nil && !f.ended:
			t.Errorf("%s of %s does not end within %s of its remedy", f.alert, f.model, time.Since(f.fired).Round(time.Second))
		}
	}
	for alert := range unexpected {
		t.Errorf("%s fires, which is no alert of the model's fault", alert)
	}
}

// awaitEnd waits until the other alerts have ended, too, and expects that none fires again.
func awaitEnd(t *testing.T, faults []alertFault, remedied time.Time) {
	t.Helper()
	for waiting := true; waiting && time.Since(remedied) < endPatience; time.Sleep(2 * time.Second) {
		alerts := alertsOf(t, "")
		waiting = false
		for i := range faults {
			if f := &faults[i]; !f.ended && !f.found(alerts) {
				f.ended = true
				t.Logf("%s of %s has ended %s after the remedies", f.alert, f.model, time.Since(remedied).Round(time.Second))
			}
			waiting = waiting || !faults[i].ended
		}
	}
	firing := alertsOf(t, "firing")
	for _, f := range faults {
		switch {
		case !f.ended:
			t.Errorf("%s of %s does not end within %s of its remedy", f.alert, f.model, endPatience)
		case f.found(firing):
			t.Errorf("%s of %s fires again after its remedy", f.alert, f.model)
		}
	}
}

// expectHealthy fails if the model without a fault had an alert that is not about its node.
func expectHealthy(t *testing.T) {
	t.Helper()
	samples, err := samplesOf(t, fmt.Sprintf(`count_over_time(ALERTS{namespace=%q,service=%q,alertstate="firing",alertname!="VLLMSpotInterruption"}[1h])`, alertsSpace, healthyModel))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		t.Errorf("%s had the alert %v", healthyModel, s.Metric)
	}
}
