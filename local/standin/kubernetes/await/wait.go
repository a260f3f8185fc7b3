package await

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// evidenceTimeout bounds the questions that are asked once waiting has ended.
const evidenceTimeout = 15 * time.Second

// Target is an object that was applied and has to become ready.
type Target struct {
	Resource dynamic.ResourceInterface
	Reader   Reader
	Check    Check
	// Applied is the object as the server answered.
	Applied *unstructured.Unstructured
	Timeout time.Duration
	// Poll is for tests; 0 means the default.
	Poll time.Duration
	// Report hears each new message, and Warn each new warning with its reasons;
	// both may be nil.
	Report, Warn func(string)
}

// NotReadyError says why an object that exists is not ready.
type NotReadyError struct {
	Message string
	Reasons []string
	// Live is the object as last seen.
	Live *unstructured.Unstructured
}

// Error is the message with its reasons below.
func (e *NotReadyError) Error() string { return listed(e.Message, e.Reasons) }

func listed(message string, reasons []string) string {
	return strings.Join(append([]string{message}, reasons...), "\n    ")
}

// Until waits for the object and returns it as last seen. It ends with a
// NotReadyError as soon as the object has failed, at the timeout, when the
// object disappears, and when the context is cancelled.
func Until(parent context.Context, t Target) (*unstructured.Unstructured, error) {
	ctx, cancel := context.WithTimeoutCause(parent, t.Timeout, errTimeout)
	defer cancel()
	events := t.watch(ctx)
	poll := t.Poll
	if poll <= 0 {
		poll = defaultPoll
	}
	ticker := time.NewTicker(poll)
	defer ticker.Stop()

	live := t.Applied
	var status, said Status
	for {
		current, err := t.Resource.Get(ctx, t.Applied.GetName(), metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return live, &NotReadyError{Message: "the object was deleted while it was waited for", Live: live}
		case err == nil:
			live = current
			// A verdict that time cut short has lost its pods; the one before is better.
			if verdict := t.Check(ctx, t.Reader, live); ctx.Err() == nil {
				status = verdict
			}
		case ctx.Err() == nil:
			status = pending("the API server does not answer: %v", err)
		}
		switch {
		case ctx.Err() != nil:
			return live, t.interrupted(parent, ctx, live, status)
		case status.State == Ready:
			return live, nil
		case status.State == Failed:
			return live, &NotReadyError{Message: status.Message, Reasons: Explain(ctx, t.Reader, status), Live: live}
		}
		said = t.tell(ctx, status, said)
		select {
		case <-ctx.Done():
			return live, t.interrupted(parent, ctx, live, status)
		case _, open := <-events:
			if !open {
				events = nil
			}
		case <-ticker.C:
		}
	}
}

// tell passes on what is new in a status, and returns what has been said.
func (t Target) tell(ctx context.Context, status, said Status) Status {
	if status.Message != said.Message && t.Report != nil {
		t.Report(status.Message)
	}
	said.Message = status.Message
	if status.Warning != "" && status.Warning != said.Warning {
		said.Warning = status.Warning
		if t.Warn != nil {
			t.Warn(listed(status.Warning+" Waiting goes on until the timeout of "+t.Timeout.String()+".", evidence(ctx, t.Reader, status.Pods)))
		}
	}
	return said
}

var errTimeout = errors.New("timed out")

// interrupted explains the end of the wait. At the timeout there is time for
// the pods' evidence; after a cancellation what is known has to do.
func (t Target) interrupted(parent, ctx context.Context, live *unstructured.Unstructured, status Status) error {
	message, reasons := "waiting was cancelled", append(slices.Clone(status.Reasons), problemsOf(status.Pods)...)
	if errors.Is(context.Cause(ctx), errTimeout) {
		message = fmt.Sprintf("not ready after %s", t.Timeout.Round(time.Second))
		bounded, cancel := context.WithTimeout(parent, evidenceTimeout)
		defer cancel()
		reasons = Explain(bounded, t.Reader, status)
	}
	if status.Message != "" {
		message += ": " + status.Message
	}
	return &NotReadyError{Message: message, Reasons: reasons, Live: live}
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
