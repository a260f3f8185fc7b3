package provider

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/await"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/cluster"
)

// Delete removes an object and waits until it is gone.
func (p *Provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	ctx, done := p.operation(ctx)
	defer done()
	urn := resource.URN(req.GetUrn())
	gvk, err := p.kindOf(urn)
	if err != nil {
		return &emptypb.Empty{}, err
	}
	if p.settings().simulated {
		return &emptypb.Empty{}, p.deleteSimulated(gvk, req.GetId())
	}
	state, _, err := p.learn(req.GetProperties(), nil, "Delete")
	if err != nil {
		return nil, err
	}
	client, err := p.reachable()
	if err != nil {
		if p.settings().deleteUnreachable {
			p.log(ctx, diag.Warning, urn, fmt.Sprintf("%v; the resource is dropped from the state (deleteUnreachable)", err))
			return &emptypb.Empty{}, nil
		}
		return nil, fmt.Errorf("%w. %s", err, goneForGood)
	}
	annotations := knownAnnotations(recordedInputs(state))
	policy, err := propagation(annotations)
	if err != nil {
		return nil, err
	}
	timeout, err := await.Timeout(req.GetTimeout(), annotations)
	if err != nil {
		return nil, err
	}
	namespace, name := parseIdentifier(req.GetId())
	// The last message must not stand beside a resource that is done.
	defer p.progress(ctx, urn)("")
	err = client.Delete(ctx, gvk, namespace, name, cluster.DeleteOptions{
		Propagation: policy, Timeout: timeout, Progress: p.progress(ctx, urn),
	})
	if err != nil {
		return nil, p.clean(fmt.Errorf("%s %s: %w", gvk.Kind, req.GetId(), err))
	}
	return &emptypb.Empty{}, nil
}

// propagation decides what happens to the objects that a deleted one owns. The
// default, as with the real provider, is that they go first.
func propagation(annotations map[string]string) (metav1.DeletionPropagation, error) {
	switch value := annotations[propagationPolicy]; value {
	case "", "foreground", "Foreground":
		return metav1.DeletePropagationForeground, nil
	case "background", "Background":
		return metav1.DeletePropagationBackground, nil
	case "orphan", "Orphan":
		return metav1.DeletePropagationOrphan, nil
	default:
		return "", fmt.Errorf("annotation %s: %q is none of foreground, background and orphan", propagationPolicy, value)
	}
}
