//go:build faults

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// testPrometheusGone stops Prometheus for five minutes, in which the load doubles. When it is
// back, the metrics of some replicas return before others. The requests of one replica alone
// would require two replicas, and there are four.
func testPrometheusGone(t *testing.T) {
	const (
		away      = 5 * time.Minute
		had, need = 4, 7
	)
	url, w := scaledModel(t, "unmeasured")
	before := steadyLoad(t, url, 14)
	w.await(t, time.Now(), had)

	t.Cleanup(func() { setPrometheus(t, 1) })
	setPrometheus(t, 0)
	kubectl(t, "--namespace=monitoring", "wait", "--for=delete", "--timeout=110s", "pod/prometheus-kps-0")
	lost := time.Now()
	addition := steadyLoad(t, url, 12)
	awaitFallback(t, w, "True", 2*time.Minute)
	throughout(t, time.Until(lost.Add(away)), "the condition Fallback is True", func() bool { return fallback(t, w) == "True" })
	w.expect(t, lost, had, had)

	setPrometheus(t, 1)
	await(t, "Prometheus answers", 2*time.Minute, func() bool {
		_, err := askPrometheus(t, "up")
		return err == nil
	})
	back := time.Now()
	t.Logf("Prometheus was gone for %s", back.Sub(lost).Round(time.Second))
	awaitFallback(t, w, "False", recovery)
	expectRecovery(t, w, back, need)
	w.expect(t, lost, had, need)
	if condition := fallback(t, w); condition != "False" {
		t.Errorf("the condition Fallback is %s", condition)
	}
	before.end(t)
	addition.end(t)
}

// setPrometheus makes the operator run the given number of Prometheus replicas.
func setPrometheus(t *testing.T, replicas int) {
	t.Helper()
	kubectl(t, "--namespace=monitoring", "patch", "prometheus", "kps", "--type=merge", fmt.Sprintf(`--patch={"spec":{"replicas":%d}}`, replicas))
}

// testOperatorKilled kills KEDA's operator after the first of two steps that the load requires.
func testOperatorKilled(t *testing.T) {
	url, w := scaledModel(t, "unscaled")
	before := steadyLoad(t, url, 2)
	w.await(t, time.Now(), 1)

	const need = 7 // a step of the autoscaler adds at most 4
	addition := steadyLoad(t, url, 24)
	await(t, "the first step up", 2*time.Minute, func() bool {
		desired, _ := w.now()
		return desired > 1
	})
	had, _ := w.now()
	restarts, _ := containers(t, "keda", "app=keda-operator")
	killed := time.Now()
	kill(t, podProcessesOf(t, "keda"))
	if had >= need {
		t.Fatalf("it was killed too late, at %d replicas", had)
	}
	await(t, "KEDA's operator is back", 2*time.Minute, func() bool {
		now, ready := containers(t, "keda", "app=keda-operator")
		return now > restarts && ready
	})
	back := time.Now()
	t.Logf("killed at %d replicas, back after %s", had, back.Sub(killed).Round(time.Second))
	expectRecovery(t, w, back, need)
	w.expect(t, killed, had, need)
	before.end(t)
	addition.end(t)
}

// podProcessesOf returns the processes of a name in the cluster's pods.
func podProcessesOf(t *testing.T, name string) []int {
	t.Helper()
	var pids []int
	for _, pid := range podProcesses(t) {
		if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil && strings.TrimSpace(string(comm)) == name { // else the process has ended
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 {
		t.Fatalf("no %s runs in a pod", name)
	}
	return pids
}

// containers returns the number of restarts of some pods' containers, and reports whether all
// are ready.
func containers(t *testing.T, namespace, selector string) (restarts int, ready bool) {
	t.Helper()
	lines := strings.Fields(kubectl(t, "--namespace="+namespace, "get", "pods", "--selector="+selector,
		`--output=jsonpath={range .items[*].status.containerStatuses[*]}{.restartCount},{.ready}{"\n"}{end}`))
	ready = len(lines) > 0
	for _, line := range lines {
		var count int
		var up bool
		if _, err := fmt.Sscanf(line, "%d,%t", &count, &up); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		restarts, ready = restarts+count, ready && up
	}
	return restarts, ready
}

// testAPIServerRestarted kills the API server right after the load has doubled.
func testAPIServerRestarted(t *testing.T) {
	const had, need = 2, 4
	l := checkout(t)
	url, w := scaledModel(t, "unserved")
	before := steadyLoad(t, url, 6)
	w.await(t, time.Now(), had)

	addition := steadyLoad(t, url, 8)
	killed, process := time.Now(), partProcess(t, l, "kube-apiserver")
	if desired, _ := w.now(); desired != had {
		t.Fatalf("there are already %d replicas", desired)
	}
	killPart(t, l, "kube-apiserver")
	await(t, "the API server is back", 2*time.Minute, func() bool {
		_, err := tryKubectl("get", "--raw=/readyz")
		return err == nil && partProcess(t, l, "kube-apiserver") != process
	})
	back := time.Now()
	t.Logf("the API server is back after %s", back.Sub(killed).Round(time.Second))
	expectRecovery(t, w, back, need)
	w.expect(t, killed, had, need)
	before.end(t)
	addition.end(t)
}
