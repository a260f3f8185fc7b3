package provider

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/cluster"
)

// Update applies new inputs to a live object and waits until it is ready again.
func (p *Provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	ctx, done := p.operation(ctx)
	defer done()
	urn := resource.URN(req.GetUrn())
	inputs, err := unmarshal(req.GetNews(), "Update.news")
	if err != nil {
		return nil, err
	}
	state, err := unmarshal(req.GetOlds(), "Update.olds")
	if err != nil {
		return nil, err
	}
	p.redactor.Learn(inputs)
	p.redactor.Learn(state)
	asGiven := &pulumirpc.UpdateResponse{Properties: req.GetNews()}
	c, err := p.prepare(urn, inputs, state, req.GetTimeout())
	switch {
	case req.GetPreview() && (err != nil || inputs.ContainsUnknowns() || !p.exists(c)):
		return asGiven, ignoreUnless(p.onlyUnreachable(inputs), err)
	case err != nil:
		return nil, err
	}
	previous, err := c.client.Get(ctx, c.gvk, c.obj.GetNamespace(), c.obj.GetName())
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("%s %s no longer exists in the cluster; run with --refresh to create it again",
			c.gvk.Kind, identifier(c.obj.GetNamespace(), c.obj.GetName()))
	}
	if err != nil {
		return nil, p.clean(err)
	}
	leaveIgnored(c, previous, req.GetIgnoreChanges())
	opts := cluster.ApplyOptions{Manager: c.manager, Force: c.force(), DryRun: req.GetPreview(), Progress: p.progress(ctx, urn)}
	apply := func() (*unstructured.Unstructured, error) { return c.client.Apply(ctx, c.obj.Object, opts) }
	if req.GetPreview() {
		state, err := previewed(c, apply)
		if err != nil || state == nil {
			return asGiven, p.clean(err)
		}
		properties, err := marshal(state, "Update.preview")
		return &pulumirpc.UpdateResponse{Properties: properties}, err
	}
	live, err := apply()
	if err != nil {
		return nil, p.clean(fmt.Errorf("the API server refused the update of %s %s: %w", c.gvk.Kind, c.obj.GetName(), err))
	}
	after, err := p.settle(ctx, c, live, previous)
	if err != nil {
		return nil, err
	}
	properties, err := marshal(after, "Update.state")
	return &pulumirpc.UpdateResponse{Properties: properties}, err
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
