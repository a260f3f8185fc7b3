//go:build faults

package e2e

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

// testEngineHung has one of two engines hang under load. Clients give up
// after a while and ask again, and some meet it again.
func testEngineHung(t *testing.T) {
	const (
		had     = 2
		clients = 6
		// queued engines are what the queue of an engine that hangs justifies, where
		// every client is in it: one for every 2 that wait.
		queued = clients / 2
		// patience of a client is longer than an answer takes, about 40 s.
		patience, tokens = 75 * time.Second, 1200
	)
	url, w := scaledModel(t, "hanging")
	began := make([]bool, clients)
	l := keepOpen(t, url, clients, func(client int) error {
		return answer(t, url, patience, steadyLength(tokens, began, client))
	})
	w.await(t, time.Now(), had)
	if _, failed := l.counts(); len(failed) > 0 {
		t.Fatalf("streams failed before there was a fault: %q", failed)
	}

	pod := enginePod(t)
	wear(t, pod)
	hung := time.Now()
	if response, err := fresh.Get(pod + "/health"); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("/health of an engine that hangs says %v, %v: it is not what was to be tested", response, err)
	} else {
		response.Body.Close()
	}
	answered, requests := 0, 0
	await(t, "the engine is restarted, and ready", 5*time.Minute, func() bool {
		requests++
		if answer(t, url, 5*time.Second, 8) == nil {
			answered++
		}
		restarts, ready := containers(t, faultsSpace, "app.kubernetes.io/instance=hanging")
		return restarts > 0 && ready
	})
	back := time.Now()
	took := back.Sub(hung)
	if took < (hungSeconds-20)*time.Second || took > (hungSeconds+90)*time.Second {
		t.Errorf("restarted after %s, want about %d s", took, hungSeconds)
	}
	t.Logf("restarted and ready %s after it hung; meanwhile %d of %d short requests were answered", took.Round(time.Second), answered, requests)
	// Half of them or more, by chance, meet the engine that serves.
	if answered < requests/4 {
		t.Errorf("%d of %d short requests were answered while one engine hung", answered, requests)
	}
	_, failed := l.counts()

	expectRecovery(t, w, back, had)
	w.expect(t, hung, had, queued)
	if _, now := l.counts(); len(now) > len(failed) {
		t.Errorf("%d streams failed after the engine was back: %q", len(now)-len(failed), now[len(failed):])
	}
	l.cancel()
	l.ended.Wait()
}

// enginePod is the address of the engine that has been there longest.
func enginePod(t *testing.T) string {
	t.Helper()
	return "http://" + kubectl(t, "--namespace="+faultsSpace, "get", "pods", "--selector=app.kubernetes.io/instance=hanging",
		"--sort-by=.metadata.creationTimestamp", "--output=jsonpath={.items[0].status.podIP}") + ":8000"
}

// answer asks as a client does that gives up after a while.
func answer(t *testing.T, url string, patience time.Duration, length int) error {
	ctx, giveUp := context.WithTimeout(t.Context(), patience)
	defer giveUp()
	return streamOf(ctx, url, "chat", length)
}

// wear asks one engine for a token at a time, until it hangs. One request more
// than the load has does not move the number of engines.
func wear(t *testing.T, pod string) {
	t.Helper()
	for range hangingAfter {
		err := answer(t, pod, 10*time.Second, 1)
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("the engine does not hang after %d requests", hangingAfter)
}
