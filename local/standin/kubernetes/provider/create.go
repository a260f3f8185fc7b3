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

func (c *change) force() bool {
	return c.obj.GetAnnotations()[patchForce] == "true" || os.Getenv("PULUMI_K8S_ENABLE_PATCH_FORCE") == "true"
}

// Create applies a new object and waits until it is ready. Like the real
// provider with server-side apply it takes over an object of that name that
// exists already, but says so.
func (p *Provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	ctx, done := p.operation(ctx)
	defer done()
	urn := resource.URN(req.GetUrn())
	inputs, err := unmarshal(req.GetProperties(), "Create")
	if err != nil {
		return nil, err
	}
	p.redactor.Learn(inputs)
	asGiven := &pulumirpc.CreateResponse{Properties: req.GetProperties()}
	c, err := p.prepare(urn, inputs, nil, req.GetTimeout())
	switch {
	case req.GetPreview() && (err != nil || inputs.ContainsUnknowns() || !p.exists(c)):
		return asGiven, ignoreUnless(p.onlyUnreachable(inputs), err)
	case err != nil:
		return nil, err
	}
	if req.GetPreview() {
		state, err := previewed(c, func() (*unstructured.Unstructured, error) {
			return c.client.DryRunCreate(ctx, c.obj.Object, c.manager)
		})
		if err != nil || state == nil {
			return asGiven, p.clean(err)
		}
		properties, err := marshal(state, "Create.preview")
		return &pulumirpc.CreateResponse{Properties: properties}, err
	}
	previous, err := p.makeRoom(ctx, c)
	if err != nil {
		return nil, p.clean(err)
	}
	live, err := c.client.Apply(ctx, c.obj.Object, cluster.ApplyOptions{Manager: c.manager, Force: c.force(), Progress: p.progress(ctx, urn)})
	if err != nil {
		return nil, p.clean(fmt.Errorf("the API server refused %s %s: %w", c.gvk.Kind, c.obj.GetName(), err))
	}
	state, err := p.settle(ctx, c, live, previous)
	if err != nil {
		return nil, err
	}
	properties, err := marshal(state, "Create.state")
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
	return &change{
		urn: urn, gvk: gvk, client: client, inputs: inputs, obj: &unstructured.Unstructured{Object: obj},
		manager: fieldManager(urn, state, inputs), firstVersion: initialVersion(state, inputs), timeout: timeout,
	}, nil
}

// onlyUnreachable reports whether a preview may go on without the cluster's
// opinion: there is no cluster, or some value is not known yet.
func (p *Provider) onlyUnreachable(inputs resource.PropertyMap) bool {
	return p.settings().client == nil || inputs.ContainsUnknowns()
}

func ignoreUnless(harmless bool, err error) error {
	if harmless {
		return nil
	}
	return err
}

// exists reports whether the cluster serves the kind yet.
func (p *Provider) exists(c *change) bool {
	_, err := c.client.Mapping(c.gvk)
	return err == nil
}

// previewed runs a dry run. It returns no state where the cluster cannot judge
// yet: the namespace does not exist, or dry runs are not allowed.
func previewed(c *change, run func() (*unstructured.Unstructured, error)) (resource.PropertyMap, error) {
	live, err := run()
	switch {
	case errors.Is(err, cluster.ErrNamespaceMissing), notAllowed(err), meta.IsNoMatchError(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("the API server would refuse %s %s: %w", c.gvk.Kind, c.obj.GetName(), err)
	}
	return checkpoint(object.WithoutServerFields(live.Object, c.obj.Object), c.inputs, c.manager, c.firstVersion), nil
}

// notAllowed tells a user who may not ask for a dry run, whose preview goes on
// without one, from an object that admission refuses (quota, pod security, a
// policy). Both are "forbidden"; the authorizer's wording is fixed.
func notAllowed(err error) bool {
	return apierrors.IsForbidden(err) &&
		(strings.Contains(err.Error(), "cannot patch resource") || strings.Contains(err.Error(), "cannot create resource"))
}

// makeRoom looks for an object of that name. One that is being deleted is waited
// for; any other will be taken over.
func (p *Provider) makeRoom(ctx context.Context, c *change) (*unstructured.Unstructured, error) {
	previous, err := c.client.Get(ctx, c.gvk, c.obj.GetNamespace(), c.obj.GetName())
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot look for %s %s: %w", c.gvk.Kind, c.obj.GetName(), err)
	}
	if previous.GetDeletionTimestamp() == nil {
		p.log(ctx, diag.Info, c.urn, fmt.Sprintf("%s %s existed already; this stack takes it over",
			c.gvk.Kind, identifier(previous.GetNamespace(), previous.GetName())))
		return previous, nil
	}
	timeout, err := await.Timeout(c.timeout, c.obj.GetAnnotations())
	if err != nil {
		return nil, err
	}
	p.progress(ctx, c.urn)("an object of this name is being deleted; waiting until it is gone")
	return nil, c.client.AwaitDeletion(ctx, previous, cluster.DeleteOptions{Timeout: timeout, Progress: p.progress(ctx, c.urn)})
}

// settle waits for an applied object and returns its state.
func (p *Provider) settle(ctx context.Context, c *change, applied, previous *unstructured.Unstructured) (resource.PropertyMap, error) {
	live, waitErr := p.wait(ctx, c, applied, previous)
	state := checkpoint(live.Object, c.inputs, c.manager, c.firstVersion)
	var notReady *await.NotReadyError
	if errors.As(waitErr, &notReady) {
		properties, err := marshal(state, "settle")
		if err != nil {
			return nil, err
		}
		return nil, p.initFailed(identifier(live.GetNamespace(), live.GetName()), notReady, properties, nil)
	}
	if waitErr != nil {
		return nil, p.clean(waitErr)
	}
	if c.gvk.Kind == "CustomResourceDefinition" {
		c.client.Mapper.Reset()
	}
	return state, nil
}

func (p *Provider) wait(ctx context.Context, c *change, applied, previous *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	check, err := await.For(c.gvk, c.obj.GetAnnotations())
	if err != nil || check == nil {
		return applied, err
	}
	timeout, err := await.Timeout(c.timeout, c.obj.GetAnnotations())
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
		Resource: target, Reader: c.client, Check: check,
		Applied: applied, Previous: previous, Timeout: timeout, Report: p.progress(ctx, c.urn),
	})
}
