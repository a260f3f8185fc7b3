package provider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/await"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/cluster"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

// change is one object on its way to the cluster.
type change struct {
	urn     resource.URN
	gvk     schema.GroupVersionKind
	client  *cluster.Client
	inputs  resource.PropertyMap
	obj     *unstructured.Unstructured
	manager string
	// firstVersion is the apiVersion that the resource was created with.
	firstVersion string
	timeout      float64
}

// force reports whether fields of other owners are taken over, which the real
// provider also does to preview a creation: the object to be replaced, if there
// is one, has another field manager than its successor.
func (c *change) force(previewsCreation bool) bool {
	if c.obj.GetAnnotations()[patchForce] == "true" {
		return true
	}
	if set, ok := os.LookupEnv("PULUMI_K8S_ENABLE_PATCH_FORCE"); ok {
		return set == "true"
	}
	return previewsCreation
}

// refused explains what the API server says to a change.
func (c *change) refused(what string, err error) error {
	return fmt.Errorf("the API server %s %s %s: %w", what, c.gvk.Kind, c.obj.GetName(), err)
}

// Create applies a new object and waits until it is ready. Like the real
// provider with server-side apply it takes over an object of that name that
// exists already, but says so.
func (p *Provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	ctx, done := p.operation(ctx)
	defer done()
	urn := resource.URN(req.GetUrn())
	inputs, _, err := p.learn(req.GetProperties(), nil, "Create")
	if err != nil {
		return nil, err
	}
	if p.settings().simulated {
		gvk, err := p.kindOf(urn)
		if err != nil {
			return nil, err
		}
		if !req.GetPreview() {
			if err := p.reachSimulated(); err != nil {
				return nil, err
			}
		}
		id, properties, err := simulate(gvk, inputs, nil, req.GetPreview())
		if err == nil && !req.GetPreview() {
			err = p.noteCreated(gvk, id, inputs)
		}
		return &pulumirpc.CreateResponse{Id: id, Properties: properties}, err
	}
	c, err := p.prepare(urn, inputs, nil, req.GetTimeout())
	if req.GetPreview() {
		properties, err := p.preview(c, err, req.GetProperties(), inputs, func() (*unstructured.Unstructured, error) {
			return c.client.DryRunCreate(ctx, c.obj.Object, cluster.ApplyOptions{Manager: c.manager, Force: c.force(true)})
		})
		return &pulumirpc.CreateResponse{Properties: properties}, err
	}
	if err != nil {
		return nil, err
	}
	if err := p.takeOver(ctx, c); err != nil {
		return nil, p.clean(err)
	}
	live, err := c.client.Apply(ctx, c.obj.Object, cluster.ApplyOptions{Manager: c.manager, Force: c.force(false), Progress: p.progress(ctx, urn)})
	if err != nil {
		return nil, p.clean(c.refused("refused", err))
	}
	properties, err := p.settle(ctx, c, live)
	return &pulumirpc.CreateResponse{Id: identifier(live.GetNamespace(), live.GetName()), Properties: properties}, err
}

// prepare turns inputs into a change. In a preview its error may only mean that
// something is not known yet; see onlyUnreachable.
func (p *Provider) prepare(urn resource.URN, inputs, state resource.PropertyMap, timeout float64) (*change, error) {
	gvk, err := kindOf(urn)
	if err != nil {
		return nil, err
	}
	client, err := p.reachable()
	if err != nil {
		return nil, err
	}
	obj, err := object.FromProperties(inputs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", urn.Name(), err)
	}
	manager, err := fieldManager(state, inputs)
	if err != nil {
		return nil, err
	}
	return &change{
		urn: urn, gvk: gvk, client: client, inputs: inputs, obj: &unstructured.Unstructured{Object: obj},
		manager: manager, firstVersion: initialVersion(state, inputs), timeout: timeout,
	}, nil
}

// onlyUnreachable reports whether a preview may go on without the cluster's
// opinion: there is no cluster, or some value is not known yet.
func (p *Provider) onlyUnreachable(inputs resource.PropertyMap) bool {
	return p.settings().client == nil || inputs.ContainsUnknowns()
}

// preview returns what a change would make of the object, or the inputs as they
// were given where that is not known yet: a value, the kind or the namespace is
// still to come, or dry runs are not allowed.
func (p *Provider) preview(
	c *change, prepareErr error, given *structpb.Struct, inputs resource.PropertyMap, run func() (*unstructured.Unstructured, error),
) (*structpb.Struct, error) {
	switch {
	case prepareErr != nil && p.onlyUnreachable(inputs):
		return given, nil
	case prepareErr != nil:
		return nil, prepareErr
	case inputs.ContainsUnknowns(), !p.exists(c):
		return given, nil
	}
	live, err := run()
	switch {
	case errors.Is(err, cluster.ErrNamespaceMissing), notAllowed(err), meta.IsNoMatchError(err):
		return given, nil
	case errors.Is(err, errLost):
		return nil, p.clean(err)
	case err != nil:
		return nil, p.clean(c.refused("would refuse", err))
	}
	state := checkpoint(object.WithoutServerFields(live.Object, c.obj.Object), c.inputs, c.manager, c.firstVersion)
	return marshal(state, "preview")
}

// exists reports whether the cluster serves the kind yet.
func (p *Provider) exists(c *change) bool {
	_, err := c.client.Mapping(c.gvk)
	return err == nil
}

// notAllowed tells a user who may not ask for a dry run, whose preview goes on
// without one, from an object that admission refuses (quota, pod security, a
// policy). Both are "forbidden"; the authorizer's wording is fixed.
func notAllowed(err error) bool {
	return apierrors.IsForbidden(err) &&
		(strings.Contains(err.Error(), "cannot patch resource") || strings.Contains(err.Error(), "cannot create resource"))
}

// takeOver looks for an object of that name. The real provider applies to one
// that is being deleted and loses it, or fails in it; here that is an error at once.
func (p *Provider) takeOver(ctx context.Context, c *change) error {
	previous, err := c.client.Get(ctx, c.gvk, c.obj.GetNamespace(), c.obj.GetName())
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot look for %s %s: %w", c.gvk.Kind, c.obj.GetName(), err)
	}
	name := identifier(previous.GetNamespace(), previous.GetName())
	if previous.GetDeletionTimestamp() != nil {
		return fmt.Errorf("%s %s is still being deleted; run again once it is gone", c.gvk.Kind, name)
	}
	p.log(ctx, diag.Info, c.urn, fmt.Sprintf("%s %s existed already; this stack takes it over", c.gvk.Kind, name))
	return nil
}

// settle waits for an applied object and returns its state.
func (p *Provider) settle(ctx context.Context, c *change, applied *unstructured.Unstructured) (*structpb.Struct, error) {
	live, waitErr := p.wait(ctx, c, applied)
	var notReady *await.NotReadyError
	if waitErr != nil && !errors.As(waitErr, &notReady) {
		return nil, p.clean(waitErr)
	}
	state, err := marshal(checkpoint(live.Object, c.inputs, c.manager, c.firstVersion), "state")
	if err != nil {
		return nil, err
	}
	if notReady != nil {
		return nil, p.initFailed(identifier(live.GetNamespace(), live.GetName()), notReady, state, nil)
	}
	if c.gvk.Kind == "CustomResourceDefinition" {
		c.client.Mapper.Reset()
	}
	return state, nil
}

func (p *Provider) wait(ctx context.Context, c *change, applied *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	check, err := await.For(c.gvk, c.obj.GetAnnotations())
	if err != nil || check == nil {
		return applied, err
	}
	timeout, err := await.ReadyTimeout(c.gvk, c.timeout, c.obj.GetAnnotations())
	if err != nil {
		return applied, err
	}
	target, err := c.client.Resource(c.gvk, c.obj.GetNamespace())
	if err != nil {
		return applied, err
	}
	// The last message must not stand beside a resource that is done.
	defer p.progress(ctx, c.urn)("")
	return await.Until(ctx, await.Target{
		Resource: target, Reader: c.client, Check: check, Applied: applied, Timeout: timeout,
		Report: p.progress(ctx, c.urn),
		Warn:   func(message string) { p.log(ctx, diag.Warning, c.urn, message) },
	})
}
