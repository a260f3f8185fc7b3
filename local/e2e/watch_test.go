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

// watch asks an engine's Service over and over, through a connection pool, while
// something else happens to it.
type watch struct {
	url      string
	keys     []string // one of which has to be the right one
	cancel   context.CancelFunc
	done     chan struct{}
	requests int
	failed   []string
	away     time.Duration // from the first request that failed to the last
}

const watchInterval = 100 * time.Millisecond

func watchService(t testing.TB, url string, keys ...string) *watch {
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
	for ended := false; !ended; { // it asks a last time after the end
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

// end stops asking, and reports whatever was not answered.
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

// ask is answered with 200, to one key or the other. While two engines with
// different keys stand behind the Service, each key may meet the wrong one a
// few times: each is tried often enough to meet both, because an engine closes
// the connection after its response.
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

// pool keeps connections open, as the clients of an engine do.
var pool = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: math.MaxInt}}

// fresh opens a connection for each request. With it the tests ask single pods,
// and what may be gone the next time.
var fresh = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// askModels lists the models of an engine, with its key if it has one.
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
