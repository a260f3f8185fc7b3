// Package await decides when an object that was applied has become usable, and
// says what it is waiting for meanwhile. What "usable" means for a kind is a
// function of the objects alone; only the loop around it knows time.
package await

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// State is the verdict on an object.
type State int

// The states that an object is in while it is waited for.
const (
	// Pending may still become ready.
	Pending State = iota
	Ready
	// Failed will not become ready by waiting.
	Failed
)

// Status is a verdict with its explanation.
type Status struct {
	State State
	// Message is one line: what is missing, or what went wrong.
	Message string
	// Warning is what the user should hear of at once, although waiting goes on.
	Warning string
	// Reasons are the details behind a message, most telling first.
	Reasons []string
	// Pods explain the verdict: Explain asks them why.
	Pods []unstructured.Unstructured
}

func ready() Status                             { return Status{State: Ready} }
func pending(format string, args ...any) Status { return Status{Message: fmt.Sprintf(format, args...)} }
func failed(format string, args ...any) Status {
	return Status{State: Failed, Message: fmt.Sprintf(format, args...)}
}

// Reader is what a check may ask of the cluster.
type Reader interface {
	Get(ctx context.Context, gvk schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error)
	List(ctx context.Context, gvk schema.GroupVersionKind, namespace string, opts metav1.ListOptions) ([]unstructured.Unstructured, error)
	Logs(ctx context.Context, namespace, pod, container string, previous bool, lines int) string
}

// Check judges a live object.
type Check func(ctx context.Context, reader Reader, live *unstructured.Unstructured) Status

func number(obj *unstructured.Unstructured, fallback int64, path ...string) int64 {
	value, found, err := unstructured.NestedFieldNoCopy(obj.Object, path...)
	if err != nil || !found {
		return fallback
	}
	switch value := value.(type) {
	case int64:
		return value
	case float64:
		return int64(value)
	default:
		return fallback
	}
}

func text(obj *unstructured.Unstructured, path ...string) string {
	value, _, _ := unstructured.NestedString(obj.Object, path...)
	return value
}

// condition is one entry of status.conditions.
type condition struct {
	Status, Reason, Message string
}

func (c condition) String() string {
	switch {
	case c.Reason != "" && c.Message != "":
		return c.Reason + ": " + c.Message
	case c.Message != "":
		return c.Message
	default:
		return c.Reason
	}
}

func findCondition(obj *unstructured.Unstructured, kind string) (condition, bool) {
	items, _, _ := unstructured.NestedSlice(obj.Object, "status", "conditions")
	for _, item := range items {
		fields, ok := item.(map[string]any)
		if !ok || fields["type"] != kind {
			continue
		}
		field := func(name string) string {
			value, _ := fields[name].(string)
			return value
		}
		return condition{Status: field("status"), Reason: field("reason"), Message: field("message")}, true
	}
	return condition{}, false
}

// hasCondition reports whether the condition is there and true.
func hasCondition(obj *unstructured.Unstructured, kind string) bool {
	found, ok := findCondition(obj, kind)
	return ok && found.Status == "True"
}

// observed reports whether the controller has seen the latest change, so that
// the status speaks about it.
func observed(obj *unstructured.Unstructured) bool {
	return number(obj, 0, "status", "observedGeneration") >= obj.GetGeneration()
}
