package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/cluster"
)

// errLost is an object in the state that the cluster does not have.
var errLost = errors.New("the object no longer exists in the cluster; run with --refresh to create it again")

// Update applies new inputs to a live object and waits until it is ready again.
func (p *Provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	ctx, done := p.operation(ctx)
	defer done()
	inputs, state, err := p.learn(req.GetNews(), req.GetOlds(), "Update")
	if err != nil {
		return nil, err
	}
	if p.settings().simulated {
		gvk, err := p.kindOf(resource.URN(req.GetUrn()))
		if err != nil {
			return nil, err
		}
		if !req.GetPreview() {
			if err := p.reachSimulated(); err != nil {
				return nil, err
			}
		}
		id, properties, err := simulate(gvk, inputs, state, req.GetPreview())
		if err == nil && !req.GetPreview() {
			err = p.noteCreated(gvk, id, inputs)
		}
		return &pulumirpc.UpdateResponse{Properties: properties}, err
	}
	c, err := p.prepare(resource.URN(req.GetUrn()), inputs, state, req.GetTimeout())
	apply := func() (*unstructured.Unstructured, error) { return p.reapply(ctx, c, req) }
	if req.GetPreview() {
		properties, err := p.preview(c, err, req.GetNews(), inputs, apply)
		return &pulumirpc.UpdateResponse{Properties: properties}, err
	}
	if err != nil {
		return nil, err
	}
	live, err := apply()
	if errors.Is(err, errLost) {
		return nil, p.clean(err)
	}
	if err != nil {
		return nil, p.clean(c.refused("refused the update of", err))
	}
	properties, err := p.settle(ctx, c, live)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.UpdateResponse{Properties: properties}, p.clean(changeManager(ctx, c, state))
}

// reapply applies the inputs to the object that is there, or asks what would
// come of it.
func (p *Provider) reapply(ctx context.Context, c *change, req *pulumirpc.UpdateRequest) (*unstructured.Unstructured, error) {
	previous, err := c.client.Get(ctx, c.gvk, c.obj.GetNamespace(), c.obj.GetName())
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("%s %s: %w", c.gvk.Kind, identifier(c.obj.GetNamespace(), c.obj.GetName()), errLost)
	}
	if err != nil {
		return nil, err
	}
	leaveIgnored(c, previous, req.GetIgnoreChanges())
	return c.client.Apply(ctx, c.obj.Object, cluster.ApplyOptions{
		Manager: c.manager, Force: c.force(false), DryRun: req.GetPreview(), Progress: p.progress(ctx, c.urn),
	})
}

// changeManager takes the object's fields from the manager that it had before,
// if that was another one; kept by both, a field could not be removed any more.
func changeManager(ctx context.Context, c *change, state resource.PropertyMap) error {
	before := knownManager(state, recordedInputs(state))
	if before == "" || before == c.manager {
		return nil
	}
	if err := c.client.Relinquish(ctx, c.obj, before); err != nil {
		return fmt.Errorf("%s %s still belongs to its former field manager %q: %w", c.gvk.Kind, c.obj.GetName(), before, err)
	}
	return nil
}

// leaveIgnored honours ignoreChanges for plain fields. The engine has already
// put the old inputs back for all of them.
func leaveIgnored(c *change, previous *unstructured.Unstructured, ignored []string) {
	var paths [][]string
	for _, path := range ignored {
		if fields, ok := cluster.FieldPath(path); ok {
			paths = append(paths, fields)
		}
	}
	cluster.LeaveIgnored(c.obj.Object, previous, c.manager, paths)
}
