//go:build faults

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// engineWatch follows how many engines a model is to have. It is told of every
// change, so that a number that was there for a moment between two looks counts
// as well, also while the API server is away and comes back.
type engineWatch struct {
	namespace, model string

	mu    sync.Mutex
	seen  []engineCount
	ready int
}

// engineCount is a number of engines, and since when it was wanted.
type engineCount struct {
	since   time.Time
	engines int
}

func watchEngines(t *testing.T, namespace, model string) *engineWatch {
	t.Helper()
	w := &engineWatch{namespace: namespace, model: model}
	ctx, cancel := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		for version := ""; ctx.Err() == nil; {
			version = w.follow(ctx, version)
			select { // the API server is away, or has ended a watch that took long
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		ended.Wait()
		w.explain(t)
	})
	return w
}

// watchFor is how long one watch lasts. A new one goes on where it ended.
const watchFor = 10 * time.Second

// follow reads changes from a version on, and returns the last that it saw:
// none where the API server does not have that any more.
func (w *engineWatch) follow(ctx context.Context, version string) string {
	ctx, end := context.WithTimeout(ctx, 2*watchFor) // where nobody answers
	defer end()
	cmd := exec.CommandContext(ctx, "kubectl", "get", fmt.Sprintf(
		"--raw=/apis/apps/v1/namespaces/%s/deployments?watch=true&timeoutSeconds=%d&fieldSelector=metadata.name%%3D%s&resourceVersion=%s",
		w.namespace, int(watchFor.Seconds()), w.model, version))
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return version
	}
	defer func() { _ = cmd.Wait() }() // it ends with the API server, or is told to
	for decoder := json.NewDecoder(out); ; {
		var event struct {
			Type   string
			Object json.RawMessage
		}
		if decoder.Decode(&event) != nil {
			return version
		}
		if event.Type == "ERROR" { // the object is a Status, whose status is a word
			return ""
		}
		var deployment struct {
			Metadata struct{ ResourceVersion string }
			Spec     struct{ Replicas int }
			Status   struct{ ReadyReplicas int }
		}
		if json.Unmarshal(event.Object, &deployment) != nil {
			return version
		}
		version = deployment.Metadata.ResourceVersion
		w.saw(deployment.Spec.Replicas, deployment.Status.ReadyReplicas)
	}
}

func (w *engineWatch) saw(engines, ready int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ready = ready
	if len(w.seen) == 0 || w.seen[len(w.seen)-1].engines != engines {
		w.seen = append(w.seen, engineCount{time.Now(), engines})
	}
}

// now is how many engines are wanted and ready.
func (w *engineWatch) now() (desired, ready int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) == 0 {
		return 0, 0
	}
	return w.seen[len(w.seen)-1].engines, w.ready
}

// await waits until the right number of engines is wanted and ready, in time
// from then on, and tells how long that took.
func (w *engineWatch) await(t *testing.T, start time.Time, engines int) {
	t.Helper()
	await(t, fmt.Sprintf("%s has %d engines", w.model, engines), recovery-time.Since(start), func() bool {
		desired, ready := w.now()
		return desired == engines && ready == engines
	})
	t.Logf("engines: %d after %s", engines, time.Since(start).Round(time.Second))
}

// during is every number that was wanted from a time on.
func (w *engineWatch) during(start time.Time) []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	var engines []int
	for i, count := range w.seen {
		if i+1 == len(w.seen) || w.seen[i+1].since.After(start) {
			engines = append(engines, count.engines)
		}
	}
	return engines
}

// expect reports numbers below or above what a fault leaves in place.
func (w *engineWatch) expect(t *testing.T, start time.Time, minimum, maximum int) {
	t.Helper()
	await(t, "the watch of "+w.model+" is up to date", 30*time.Second, func() bool {
		desired, _ := w.now()
		return fmt.Sprint(desired) == kubectl(t, "--namespace="+w.namespace, "get", "deployment", w.model, "--output=jsonpath={.spec.replicas}")
	})
	engines := w.during(start)
	t.Logf("engines since the fault: %v", engines)
	if slices.Min(engines) < minimum || slices.Max(engines) > maximum {
		t.Errorf("from %s on there were %v engines, want %d to %d; all of it: %s", start.Format(time.TimeOnly), engines, minimum, maximum, w)
	}
}

// explain adds to a failure what those who decide say of it.
func (w *engineWatch) explain(t *testing.T) {
	if !t.Failed() {
		return
	}
	scaler, _ := tryKubectl("--namespace="+w.namespace, "get", "scaledobject", w.model, "--output=jsonpath={.status}")
	autoscaler, _ := tryKubectl("--namespace="+w.namespace, "describe", "hpa", "keda-hpa-"+w.model)
	t.Logf("engines: %s\nKEDA: %s\nautoscaler:\n%s", w, scaler, autoscaler)
}

// String is the course of the number.
func (w *engineWatch) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var course []string
	for _, count := range w.seen {
		course = append(course, fmt.Sprintf("%d from %s", count.engines, count.since.Format(time.TimeOnly)))
	}
	return strings.Join(course, ", ")
}
