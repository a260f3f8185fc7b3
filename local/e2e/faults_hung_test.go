//go:build faults

package e2e

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

// testEngineHung makes one of two replicas hang under load. Clients give up after a while and
// send the request again, and some reach the hung replica again.
func testEngineHung(t *testing.T) {
	const (
		had     = 2
		clients = 6
		// queued is the number of replicas for the queue of a hung replica with every
		// client in it: one for every 2 waiting requests.
		queued = clients / 2
		// patience of a client is longer than a response, which takes about 40 s.
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

	pod := replicaPod(t)
	wear(t, pod)
	hung := time.Now()
	if response, err := fresh.Get(pod + "/health"); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("/health of a hung replica answers %v, %v, want 200", response, err)
	} else {
		response.Body.Close()
	}
	answered, requests := 0, 0
	await(t, "the replica is restarted and ready", 5*time.Minute, func() bool {
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
	// On average at least half of them reach the other replica.
	if answered < requests/4 {
		t.Errorf("%d of %d short requests were answered while one replica hung", answered, requests)
	}
	_, failed := l.counts()

	expectRecovery(t, w, back, had)
	w.expect(t, hung, had, queued)
	if _, now := l.counts(); len(now) > len(failed) {
		t.Errorf("%d streams failed after the replica was back: %q", len(now)-len(failed), now[len(failed):])
	}
	l.cancel()
	l.ended.Wait()
}

// replicaPod returns the address of the oldest replica.
func replicaPod(t *testing.T) string {
	t.Helper()
	return "http://" + kubectl(t, "--namespace="+faultsSpace, "get", "pods", "--selector=app.kubernetes.io/instance=hanging",
		"--sort-by=.metadata.creationTimestamp", "--output=jsonpath={.items[0].status.podIP}") + ":8000"
}

// answer sends a request as a client that gives up after a while.
func answer(t *testing.T, url string, patience time.Duration, length int) error {
	ctx, giveUp := context.WithTimeout(t.Context(), patience)
	defer giveUp()
	return streamOf(ctx, url, "chat", length)
}

// wear sends one replica requests for one token until it hangs. One request more than the load
// does not change the number of replicas.
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
	t.Fatalf("the replica does not hang after %d requests", hangingAfter)
}
