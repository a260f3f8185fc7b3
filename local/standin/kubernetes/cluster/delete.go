package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// deletePoll is how often a deletion is looked at while it is under way.
const deletePoll = 500 * time.Millisecond

// DeleteOptions are the terms of one deletion.
type DeleteOptions struct {
	Propagation metav1.DeletionPropagation
	Timeout     time.Duration
	// Progress hears what the deletion waits for; may be nil.
	Progress func(string)
}

// Delete removes an object and waits until it is gone. An object, or a kind,
// that does not exist (any more) is a success.
func (c *Client) Delete(ctx context.Context, gvk schema.GroupVersionKind, namespace, name string, opts DeleteOptions) error {
	resource, err := c.Resource(gvk, namespace)
	if meta.IsNoMatchError(err) {
		return nil
	}
	if err != nil {
		return err
	}
	live, err := resource.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	uid := live.GetUID()
	err = resource.Delete(ctx, name, metav1.DeleteOptions{
		PropagationPolicy: &opts.Propagation,
		Preconditions:     &metav1.Preconditions{UID: &uid},
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return untilGone(ctx, resource, name, uid, opts)
}

func untilGone(ctx context.Context, resource dynamic.ResourceInterface, name string, uid types.UID, opts DeleteOptions) error {
	deadline, cancel := context.WithTimeout(ctx, opts.Timeout)
	defer cancel()
	ticker := time.NewTicker(deletePoll)
	defer ticker.Stop()
	last := ""
	for {
		live, err := resource.Get(deadline, name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err), err == nil && live.GetUID() != uid:
			return nil
		case err == nil:
			if blocker := blockedBy(live); blocker != last {
				last = blocker
				if opts.Progress != nil {
					opts.Progress(blocker)
				}
			}
		case deadline.Err() == nil && !transient(err):
			return err
		}
		select {
		case <-deadline.Done():
			if ctx.Err() != nil {
				return fmt.Errorf("the deletion was asked for, but waiting for it was cancelled: %s", last)
			}
			return fmt.Errorf("still there %s after the deletion was asked for: %s", opts.Timeout, last)
		case <-ticker.C:
		}
	}
}

// blockedBy says what keeps an object that is being deleted.
func blockedBy(live *unstructured.Unstructured) string {
	if live.GetKind() == "Namespace" {
		conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
		var reasons []string
		for _, item := range conditions {
			condition, ok := item.(map[string]any)
			if ok && condition["status"] == "True" {
				reasons = append(reasons, fmt.Sprint(condition["message"]))
			}
		}
		if len(reasons) > 0 {
			return "waiting for its contents: " + strings.Join(reasons, "; ")
		}
	}
	finalizers := live.GetFinalizers()
	if slices.Equal(finalizers, []string{metav1.FinalizerDeleteDependents}) {
		return "waiting for the objects that it owns"
	}
	if len(finalizers) > 0 {
		return "waiting for finalizers: " + strings.Join(finalizers, ", ")
	}
	if grace := live.GetDeletionGracePeriodSeconds(); grace != nil && *grace > 0 {
		return fmt.Sprintf("terminating, with a grace period of %d s", *grace)
	}
	return "waiting for it to go"
}

// transient errors say nothing about the object.
func transient(err error) bool {
	return apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) || apierrors.IsTooManyRequests(err) ||
		apierrors.IsServiceUnavailable(err) || apierrors.IsInternalError(err) || !isStatus(err)
}

func isStatus(err error) bool {
	return apierrors.ReasonForError(err) != metav1.StatusReasonUnknown
}
