package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
)

// An object may come a moment before the namespace or the definition that it
// needs, in programs that do not say so. The real provider tries five times.
const (
	applyAttempts  = 5
	applyFirstWait = time.Second
)

// ApplyOptions are the terms of one server-side apply.
type ApplyOptions struct {
	// Manager owns the fields that are set.
	Manager string
	// Force takes over fields that another manager owns with another value.
	Force bool
	// DryRun validates and admits without storing.
	DryRun bool
	// Progress hears why an attempt failed before the next one; may be nil.
	Progress func(string)
}

// ErrNamespaceMissing is a dry run in a namespace that does not exist yet.
var ErrNamespaceMissing = errors.New("the namespace does not exist yet")

// Apply sends the object by server-side apply with strict field validation: an
// unknown or doubled field is an error, where the real provider lets it pass
// with a warning that nobody sees.
func (c *Client) Apply(ctx context.Context, obj map[string]any, opts ApplyOptions) (*unstructured.Unstructured, error) {
	wait := applyFirstWait
	for attempt := 1; ; attempt++ {
		live, err := c.applyOnce(ctx, obj, opts)
		switch {
		case err == nil:
			return live, nil
		case opts.DryRun && namespaceMissing(err):
			return nil, ErrNamespaceMissing
		case opts.DryRun, attempt == applyAttempts, !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err):
			return nil, explain(err, opts.Manager)
		}
		if opts.Progress != nil {
			opts.Progress(fmt.Sprintf("attempt %d of %d: %v", attempt, applyAttempts, err))
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(wait):
		}
		wait *= 2
	}
}

func (c *Client) applyOnce(ctx context.Context, obj map[string]any, opts ApplyOptions) (*unstructured.Unstructured, error) {
	u := &unstructured.Unstructured{Object: obj}
	resource, err := c.Resource(u.GroupVersionKind(), u.GetNamespace())
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(obj)
	if err != nil {
		return nil, err
	}
	patch := metav1.PatchOptions{
		FieldManager:    opts.Manager,
		Force:           &opts.Force,
		FieldValidation: metav1.FieldValidationStrict,
	}
	if opts.DryRun {
		patch.DryRun = []string{metav1.DryRunAll}
	}
	return resource.Patch(ctx, u.GetName(), types.ApplyPatchType, body, patch)
}

// Relinquish makes a manager give up all its fields of the object, which another
// manager owns by now: it applies the identity alone.
func (c *Client) Relinquish(ctx context.Context, u *unstructured.Unstructured, manager string) error {
	identity := &unstructured.Unstructured{}
	identity.SetGroupVersionKind(u.GroupVersionKind())
	identity.SetNamespace(u.GetNamespace())
	identity.SetName(u.GetName())
	_, err := c.applyOnce(ctx, identity.Object, ApplyOptions{Manager: manager})
	return err
}

// DryRunCreate previews the creation of an object. When the name is taken by
// the object that this one replaces, its immutable fields would be refused, so
// the question is asked again under another name.
func (c *Client) DryRunCreate(ctx context.Context, obj map[string]any, opts ApplyOptions) (*unstructured.Unstructured, error) {
	opts.DryRun = true
	live, err := c.Apply(ctx, obj, opts)
	if err == nil || !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), validation.FieldImmutableErrorMsg) {
		return live, err
	}
	other := (&unstructured.Unstructured{Object: obj}).DeepCopy()
	other.SetName(other.GetName() + "-" + rand.String(5))
	live, err = c.Apply(ctx, other.Object, opts)
	if err == nil {
		live.SetName((&unstructured.Unstructured{Object: obj}).GetName())
	}
	return live, err
}

// namespaceMissing tells a missing namespace from any other missing thing.
func namespaceMissing(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || !apierrors.IsNotFound(err) {
		return false
	}
	details := status.Status().Details
	return details != nil && details.Kind == "namespaces"
}

// explain adds what to do about the errors that are hard to read.
func explain(err error, manager string) error {
	switch {
	case apierrors.IsConflict(err):
		return fmt.Errorf("fields of this object belong to somebody else (this resource's field manager is %q): %w. "+
			"Remove the fields from the program, or take them over with the annotation pulumi.com/patchForce: \"true\"", manager, err)
	case meta.IsNoMatchError(err):
		return fmt.Errorf("the API server does not serve this kind; the CustomResourceDefinition "+
			"that defines it must be created first: %w", err)
	default:
		return err
	}
}
