//go:build cluster

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

const noticedSpace = "e2e-noticed"

// TestOnlyBrokenReplicasRestart runs four replicas: one loads nearly twice as long as expected,
// one never finishes loading, one hangs with a request in it while /health answers 200, and one
// is busy all the time. The second and the third are restarted within the documented times, the
// first and the last never.
func TestOnlyBrokenReplicasRestart(t *testing.T) {
	t.Parallel()
	const loadSeconds, hungSeconds = 30, 120
	s := newStack(t, fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:defaults:
    image: localhost/vllmsim:v0.33.0
    gpu: {type: A10G, count: 1}
    resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
    lifecycle: {loadSeconds: %d, provisionSeconds: 60, drainSeconds: 2, shutdownSeconds: 5, hungSeconds: %d}
    env: {VLLMSIM_LOAD_SECONDS: "1", VLLMSIM_FAULT_MODELS: "org/slow-7b=slow-load:after=52s;org/stuck-7b=load-hang;org/hanging-7b=hang:requests=1"}
  vllm-eks:models:
    - {name: slow, model: org/slow-7b, maxModelLen: 4096}
    - {name: stuck, model: org/stuck-7b, maxModelLen: 4096}
    - {name: hanging, model: org/hanging-7b, maxModelLen: 4096}
    - {name: busy, model: org/busy-7b, servedModelName: chat, maxModelLen: 4096}
`, noticedSpace, loadSeconds, hungSeconds))
	began := time.Now()
	up := make(chan error, 1)
	go func() {
		_, err := s.run(5*time.Minute, "up", "--yes", "--skip-preview", "--stack="+stackName)
		up <- err
	}()
	t.Cleanup(func() {
		if err := <-up; err == nil {
			t.Error("the update succeeded with a replica that never loads")
		}
	})

	address := func(service string) string {
		ip := ""
		await(t, "the Service "+service, 2*time.Minute, func() bool {
			out, err := tryKubectl("--namespace="+noticedSpace, "get", "service", service, "--output=jsonpath={.spec.clusterIP}")
			ip = out
			return err == nil && ip != ""
		})
		return "http://" + ip + ":8000"
	}
	busy := address("busy")
	await(t, "busy serves", time.Minute, func() bool { _, err := askModels(busy, ""); return err == nil })
	l := openLoad(t, busy, 16)
	hanging := address("hanging")
	await(t, "hanging serves", time.Minute, func() bool { _, err := askModels(hanging, ""); return err == nil })
	hung := time.Now()
	waiting := make(chan error, 1)
	ctx, giveUp := context.WithCancel(t.Context())
	t.Cleanup(func() {
		giveUp()
		if err := <-waiting; err == nil {
			t.Error("the hanging replica has answered")
		}
	})
	go func() { waiting <- stream(ctx, hanging, "org/hanging-7b") }() // never answered

	t.Run("one that never loads, after twice the expected time", func(t *testing.T) {
		await(t, "a restart of stuck", 3*time.Minute, func() bool { return restarts(t, "stuck") > 0 })
		// The pod started after the stack, and the probe after the pod.
		if took := time.Since(began); took < 2*loadSeconds*time.Second {
			t.Errorf("restarted after %s, want at least %d s", took, 2*loadSeconds)
		}
	})
	t.Run("one that loads slowly, never", func(t *testing.T) {
		await(t, "slow serves", 2*time.Minute, func() bool {
			return strings.Contains(kubectl(t, "--namespace="+noticedSpace, "get", "deployment", "slow", "--output=jsonpath={.status.readyReplicas}"), "1")
		})
		if n := restarts(t, "slow"); n != 0 {
			t.Errorf("restarted %d times", n)
		}
	})
	t.Run("one that hangs, within the stated time", func(t *testing.T) {
		response, err := fresh.Get(hanging + "/health")
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("/health of a hung replica answers %v, %v, want 200", response, err)
		}
		response.Body.Close()
		await(t, "a restart of hanging", 4*time.Minute, func() bool { return restarts(t, "hanging") > 0 })
		took := time.Since(hung)
		t.Logf("restarted %s after it hung", took.Round(time.Second))
		// One period of the probe before the first failure, one after the last, 17 s of
		// grace, and the delays of a busy machine.
		if took < 100*time.Second || took > (hungSeconds+60)*time.Second {
			t.Errorf("restarted after %s, want about %d s", took, hungSeconds)
		}
	})
	l.end(t)
	t.Run("one that is busy, never", func(t *testing.T) {
		if whole, _ := l.counts(); whole < 100 {
			t.Errorf("%d streams in all: it was not busy", whole)
		}
		if n := restarts(t, "busy"); n != 0 {
			t.Errorf("restarted %d times", n)
		}
	})
}

func restarts(t *testing.T, model string) int {
	t.Helper()
	out := kubectl(t, "--namespace="+noticedSpace, "get", "pods", "--selector=app.kubernetes.io/instance="+model,
		"--output=jsonpath={.items[*].status.containerStatuses[*].restartCount}")
	n := 0
	for _, field := range strings.Fields(out) {
		n += integer(t, field)
	}
	return n
}

func integer(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
