// Package weights gives models AWS roles that may read their weights in S3.
package weights

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/podidentity"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	weightsspec "github.com/vllm-eks/vllm-eks/spec/weights"
)

const typeToken = "vllm-eks:weights:Weights"

// Args are the inputs of New.
type Args struct {
	Spec weightsspec.Spec
	// ClusterName is the EKS cluster's. Required.
	ClusterName pulumi.StringInput
	// Region is the AWS region. Required.
	Region string
}

// Weights are the AWS roles with which models read their weights.
type Weights struct {
	pulumi.ResourceState

	ready map[string][]pulumi.Resource
}

// New registers a role for each reader, with its association, or nothing without
// readers. Errors name the model that is wrong, under name.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Weights, error) {
	spec := args.Spec.WithDefaults()
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	w := &Weights{ready: map[string][]pulumi.Resource{}}
	if len(spec.Readers) == 0 {
		return w, nil
	}
	if err := ctx.RegisterComponentResource(typeToken, name, w, opts...); err != nil {
		return nil, err
	}
	for _, r := range spec.Readers {
		ready, err := w.read(ctx, r.Resource(name), args, r)
		if err != nil {
			return nil, err
		}
		w.ready[r.Model] = ready
	}
	return w, ctx.RegisterResourceOutputs(w, pulumi.Map{})
}

// read registers what one model needs.
func (w *Weights) read(ctx *pulumi.Context, name string, args Args, r weightsspec.Reader) ([]pulumi.Resource, error) {
	if r.RoleARN != "" {
		association, err := eks.NewPodIdentityAssociation(ctx, name, &eks.PodIdentityAssociationArgs{
			ClusterName: args.ClusterName, Namespace: pulumi.String(r.Namespace), ServiceAccount: pulumi.String(r.ServiceAccount), RoleArn: pulumi.String(r.RoleARN),
		}, pulumi.Parent(w))
		return []pulumi.Resource{association}, err
	}
	document, err := policy(args.Region, r)
	if err != nil {
		return nil, err
	}
	role, err := podidentity.NewRole(ctx, name, podidentity.Args{
		ClusterName: args.ClusterName, Namespace: r.Namespace, ServiceAccount: r.ServiceAccount, Policy: pulumi.String(document).ToStringPtrOutput(),
	}, pulumi.Parent(w))
	if err != nil {
		return nil, err
	}
	return role.Ready, nil
}

// Named returns what a model's pods have to wait for: a pod that starts without
// its role never gets it.
func (w *Weights) Named(model string) []pulumi.Resource { return w.ready[model] }
