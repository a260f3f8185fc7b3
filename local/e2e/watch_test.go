//go:build cluster || lifecycle || faults

package e2e

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"
)

// watch sends requests to a Service continuously, through a connection pool, while the test
// changes something.
type watch struct {
	url      string
	keys     []string // one of them must be valid
	cancel   context.CancelFunc
	done     chan struct{}
	requests int
	failed   []string
	away     time.Duration // from the first request that failed to the last
}

const watchInterval = 100 * time.Millisecond

func watchService(t testing.TB, url string, keys ...string) *watch {
	if len(keys) == 0 {
		keys = []string{""} // a model without a key
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{url: url, keys: keys, cancel: cancel, done: make(chan struct{})}
	t.Cleanup(cancel)
	go w.run(ctx)
	return w
}

func (w *watch) run(ctx context.Context) {
	defer close(w.done)
	began := time.Now()
	var first time.Time
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for ended := false; !ended; { // one more request after the end
		select {
		case <-ctx.Done():
			ended = true
		case <-ticker.C:
		}
		w.requests++
		if err := w.ask(); err != nil {
			if first.IsZero() {
				first = time.Now()
			}
			w.away = time.Since(first)
			w.failed = append(w.failed, fmt.Sprintf("%s after the start: %v", time.Since(began).Round(time.Millisecond), err))
		}
	}
}

// end stops the requests, and reports the failed ones.
func (w *watch) end(t testing.TB) {
	t.Helper()
	w.cancel()
	<-w.done
	for i, failure := range w.failed {
		if i == 5 {
			t.Errorf("and %d more", len(w.failed)-i)
			break
		}
		t.Errorf("%d of %d requests failed: %s", len(w.failed), w.requests, failure)
	}
}

// ask succeeds when one of the keys is accepted. While two replicas with different keys are
// behind the Service, each key may reach the wrong one a few times. ask tries each key often
// enough to reach both replicas, because a replica closes the connection after its response.
func (w *watch) ask() error {
	tries := 1
	if len(w.keys) > 1 {
		tries = 16
	}
	for range tries {
		for _, key := range w.keys {
			status, err := askModels(w.url, key)
			if err != nil {
				return err
			}
			if status == http.StatusOK {
				return nil
			}
			if status != http.StatusUnauthorized {
				return fmt.Errorf("status %d", status)
			}
		}
	}
	return fmt.Errorf("none of %d keys was accepted in %d tries", len(w.keys), tries)
}

// pool keeps connections open, like clients of a replica.
var pool = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: math.MaxInt}}

// fresh opens a connection for each request, for single pods that may be deleted before the
// next request.
var fresh = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// askModels lists the models of a replica, with an API key if it has one.
func askModels(url, key string) (status int, err error) {
	request, err := http.NewRequest(http.MethodGet, url+"/v1/models", http.NoBody)
	if err != nil {
		return 0, err
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := pool.Do(request)
	if err != nil {
		return 0, err
	}
	response.Body.Close()
	return response.StatusCode, nil
}
