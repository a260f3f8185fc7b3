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

// replicaWatch records the number of replicas of a model. It watches every change, so that it
// also records a number that existed only for a moment, and continues after the API server was
// unavailable.
type replicaWatch struct {
	namespace, model string

	mu    sync.Mutex
	seen  []replicaCount
	ready int
}

// replicaCount is a desired number of replicas, and its start.
type replicaCount struct {
	since    time.Time
	replicas int
}

func watchEngines(t *testing.T, namespace, model string) *replicaWatch {
	t.Helper()
	w := &replicaWatch{namespace: namespace, model: model}
	ctx, cancel := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		for version := ""; ctx.Err() == nil; {
			version = w.follow(ctx, version)
			select { // the API server is unavailable, or has ended a long watch
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

// watchFor is the duration of one watch. The next one continues where it ended.
const watchFor = 10 * time.Second

// follow reads changes after a version and returns the last version that it saw; "" if the API
// server no longer has that version.
func (w *replicaWatch) follow(ctx context.Context, version string) string {
	ctx, end := context.WithTimeout(ctx, 2*watchFor) // in case nothing answers
	defer end()
	cmd := exec.CommandContext(ctx, "kubectl", "get", fmt.Sprintf(
		"--raw=/apis/apps/v1/namespaces/%s/deployments?watch=true&timeoutSeconds=%d&fieldSelector=metadata.name%%3D%s&resourceVersion=%s",
		w.namespace, int(watchFor.Seconds()), w.model, version))
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return version
	}
	defer func() { _ = cmd.Wait() }() // it ends with the API server or with ctx
	for decoder := json.NewDecoder(out); ; {
		var event struct {
			Type   string
			Object json.RawMessage
		}
		if decoder.Decode(&event) != nil {
			return version
		}
		if event.Type == "ERROR" { // the object is a Status, whose field status is a string
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

func (w *replicaWatch) saw(replicas, ready int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ready = ready
	if len(w.seen) == 0 || w.seen[len(w.seen)-1].replicas != replicas {
		w.seen = append(w.seen, replicaCount{time.Now(), replicas})
	}
}

// now returns the desired and the ready replicas.
func (w *replicaWatch) now() (desired, ready int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) == 0 {
		return 0, 0
	}
	return w.seen[len(w.seen)-1].replicas, w.ready
}

// await waits until the given number of replicas is desired and ready, within the recovery time
// after start, and logs the duration.
func (w *replicaWatch) await(t *testing.T, start time.Time, replicas int) {
	t.Helper()
	await(t, fmt.Sprintf("%s has %d replicas", w.model, replicas), recovery-time.Since(start), func() bool {
		desired, ready := w.now()
		return desired == replicas && ready == replicas
	})
	t.Logf("replicas: %d after %s", replicas, time.Since(start).Round(time.Second))
}

// during returns every desired number since a time.
func (w *replicaWatch) during(start time.Time) []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	var replicas []int
	for i, count := range w.seen {
		if i+1 == len(w.seen) || w.seen[i+1].since.After(start) {
			replicas = append(replicas, count.replicas)
		}
	}
	return replicas
}

// expect fails if the desired number since a time was below the minimum or above the maximum.
func (w *replicaWatch) expect(t *testing.T, start time.Time, minimum, maximum int) {
	t.Helper()
	await(t, "the watch of "+w.model+" is up to date", 30*time.Second, func() bool {
		desired, _ := w.now()
		return fmt.Sprint(desired) == kubectl(t, "--namespace="+w.namespace, "get", "deployment", w.model, "--output=jsonpath={.spec.replicas}")
	})
	replicas := w.during(start)
	t.Logf("replicas since the fault: %v", replicas)
	if slices.Min(replicas) < minimum || slices.Max(replicas) > maximum {
		t.Errorf("since %s there were %v replicas, want %d to %d; all numbers: %s", start.Format(time.TimeOnly), replicas, minimum, maximum, w)
	}
}

// explain adds the state of the autoscalers to a failure.
func (w *replicaWatch) explain(t *testing.T) {
	if !t.Failed() {
		return
	}
	scaler, _ := tryKubectl("--namespace="+w.namespace, "get", "scaledobject", w.model, "--output=jsonpath={.status}")
	autoscaler, _ := tryKubectl("--namespace="+w.namespace, "describe", "hpa", "keda-hpa-"+w.model)
	t.Logf("replicas: %s\nKEDA: %s\nautoscaler:\n%s", w, scaler, autoscaler)
}

// String returns the desired numbers over time.
func (w *replicaWatch) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var course []string
	for _, count := range w.seen {
		course = append(course, fmt.Sprintf("%d from %s", count.replicas, count.since.Format(time.TimeOnly)))
	}
	return strings.Join(course, ", ")
}
