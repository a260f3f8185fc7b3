package await

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

// DefaultTimeout is how long an object may take when neither the program nor
// an annotation says otherwise, as with the real provider.
const DefaultTimeout = 10 * time.Minute

// defaultPoll bounds how stale a verdict can get: pods and endpoints are other
// objects than the one that is watched.
const defaultPoll = time.Second

// Target is an object that was applied and has to become ready.
type Target struct {
	Resource dynamic.ResourceInterface
	Reader   Reader
	Check    Check
	// Applied is the object as the server answered; Previous as it was before.
	Applied, Previous *unstructured.Unstructured
	Timeout           time.Duration
	// Poll is for tests; 0 means the default.
	Poll time.Duration
	// Report hears each new message.
	Report func(string)
}

// NotReadyError says why an object that exists is not ready.
type NotReadyError struct {
	Message string
	Reasons []string
	// Live is the object as last seen.
	Live *unstructured.Unstructured
}

// Error is the message with its reasons below.
func (e *NotReadyError) Error() string {
	message := e.Message
	for _, reason := range e.Reasons {
		message += "\n    " + reason
	}
	return message
}

// Until waits for the object and returns it as last seen. It ends with a
// NotReadyError as soon as the object has failed, at the timeout, when the
// object disappears, and when the context is cancelled.
func Until(ctx context.Context, t Target) (*unstructured.Unstructured, error) {
	started := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, t.Timeout, errTimeout)
	defer cancel()
	events := t.watch(ctx)
	poll := t.Poll
	if poll <= 0 {
		poll = defaultPoll
	}
	ticker := time.NewTicker(poll)
	defer ticker.Stop()

	live, last := t.Applied, ""
	status := Status{}
	for {
		current, err := t.Resource.Get(ctx, t.Applied.GetName(), metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return live, &NotReadyError{Message: "the object was deleted while it was waited for", Live: live}
		case err == nil:
			live = current
			status = t.Check(ctx, t.Reader, live, Attempt{Previous: t.Previous, Elapsed: time.Since(started)})
		case ctx.Err() == nil:
			status = pending("the API server does not answer: %v", err)
		}
		switch {
		case ctx.Err() != nil:
			return live, t.interrupted(ctx, live, status)
		case status.State == Ready:
			return live, nil
		case status.State == Failed:
			return live, &NotReadyError{Message: status.Message, Reasons: status.Reasons, Live: live}
		}
		if status.Message != last && t.Report != nil {
			last = status.Message
			t.Report(last)
		}
		select {
		case <-ctx.Done():
			return live, t.interrupted(ctx, live, status)
		case _, open := <-events:
			if !open {
				events = nil
			}
		case <-ticker.C:
		}
	}
}

var errTimeout = errors.New("timed out")

func (t Target) interrupted(ctx context.Context, live *unstructured.Unstructured, status Status) error {
	message := "waiting was cancelled"
	if errors.Is(context.Cause(ctx), errTimeout) {
		message = fmt.Sprintf("not ready after %s", t.Timeout.Round(time.Second))
	}
	if status.Message != "" {
		message += ": " + status.Message
	}
	return &NotReadyError{Message: message, Reasons: status.Reasons, Live: live}
}

// watch only wakes the loop early; without it, or when it ends, polling goes on.
func (t Target) watch(ctx context.Context) <-chan watch.Event {
	watcher, err := t.Resource.Watch(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("metadata.name", t.Applied.GetName()).String(),
	})
	if err != nil {
		return nil
	}
	context.AfterFunc(ctx, watcher.Stop)
	return watcher.ResultChan()
}
