package provider

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/await"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

// Read refreshes a resource from the cluster, or imports one by its ID
// (namespace/name). An object that does not exist reads as an empty ID.
func (p *Provider) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	ctx, done := p.operation(ctx)
	defer done()
	urn := resource.URN(req.GetUrn())
	gvk, err := p.kindOf(urn)
	if err != nil {
		return nil, err
	}
	state, known, err := p.learn(req.GetProperties(), req.GetInputs(), "Read")
	if err != nil {
		return nil, err
	}
	if p.settings().simulated { // the engine's state is all that there is
		return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}, nil
	}
	client, err := p.reachable()
	if err != nil {
		return p.readUnreachable(ctx, req, err)
	}
	namespace, name := parseIdentifier(req.GetId())
	if name == "" {
		return nil, fmt.Errorf("the ID %q is not namespace/name", req.GetId())
	}
	live, err := client.Get(ctx, gvk, namespace, name)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return &pulumirpc.ReadResponse{}, nil
	}
	if err != nil {
		return nil, p.clean(err)
	}
	if len(known) == 0 {
		known = recordedInputs(state)
	}
	inputs, err := readInputs(live.Object, known)
	if err != nil {
		return nil, err
	}
	manager, err := fieldManager(state, known)
	if err != nil {
		return nil, err
	}
	after := checkpoint(live.Object, inputs, manager, initialVersion(state, inputs))
	properties, err := marshal(after, "Read.state")
	if err != nil {
		return nil, err
	}
	marked, err := marshal(inputs, "Read.inputs")
	if err != nil {
		return nil, err
	}
	if len(known) > 0 {
		if notReady := p.unready(ctx, client, gvk, live); notReady != nil {
			return nil, p.initFailed(req.GetId(), notReady, properties, marked)
		}
	}
	return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: properties, Inputs: marked}, nil
}

// readInputs are the recorded inputs with the values that the cluster now has,
// or everything that was not made by the server when nothing is recorded.
func readInputs(live map[string]any, known resource.PropertyMap) (resource.PropertyMap, error) {
	if len(known) == 0 {
		imported := object.ToProperties(object.ImportedInputs(live))
		return object.MarkSecrets(imported, imported), nil
	}
	plain, err := object.FromProperties(known)
	if err != nil {
		return nil, err
	}
	return object.MarkSecrets(object.ToProperties(object.Prune(live, plain)), known), nil
}

// unready looks once whether the object is ready, so that a refresh shows what
// is broken and the next update waits for it again.
func (p *Provider) unready(ctx context.Context, reader await.Reader, gvk schema.GroupVersionKind, live *unstructured.Unstructured) *await.NotReadyError {
	check, err := await.For(gvk, live.GetAnnotations())
	if err != nil {
		return &await.NotReadyError{Message: err.Error(), Live: live}
	}
	if check == nil {
		return nil
	}
	status := check(ctx, reader, live)
	if status.State == await.Ready {
		return nil
	}
	return &await.NotReadyError{Message: status.Message, Reasons: await.Explain(ctx, reader, status), Live: live}
}

func (p *Provider) readUnreachable(ctx context.Context, req *pulumirpc.ReadRequest, cause error) (*pulumirpc.ReadResponse, error) {
	urn := resource.URN(req.GetUrn())
	c := p.settings()
	switch {
	case c.deleteUnreachable:
		p.log(ctx, diag.Warning, urn, fmt.Sprintf("%v; the resource is dropped from the state (deleteUnreachable)", cause))
		return &pulumirpc.ReadResponse{}, nil
	case c.skipUnreachable:
		p.log(ctx, diag.Warning, urn, fmt.Sprintf("%v; the resource is shown as last known (skipUpdateUnreachable)", cause))
		return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}, nil
	default:
		return nil, fmt.Errorf("%w. %s", cause, goneForGood)
	}
}
