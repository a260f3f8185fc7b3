// Package weights registers the AWS roles with which models read their weights in S3.
package weights

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/podidentity"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	weightsspec "github.com/vllm-eks/vllm-eks/spec/weights"
)

const typeToken = "vllm-eks:weights:Weights"

// Args holds the inputs of New.
type Args struct {
	Spec weightsspec.Spec
	// ClusterName is the name of the EKS cluster. Required.
	ClusterName pulumi.StringInput
	// Region is the AWS region. Required.
	Region string
}

// Weights holds the AWS roles with which models read their weights.
type Weights struct {
	pulumi.ResourceState

	ready map[string][]pulumi.Resource
}

// New registers a role and its association for each reader, or nothing without
// readers. Errors name the wrong model, under name.
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

// read registers the role and the association of one model.
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
	return role.Ready(), nil
}

// Ready returns the resources that the pods of all models must wait for.
func (w *Weights) Ready() []pulumi.Resource {
	return w.ReadyFor(slices.Sorted(maps.Keys(w.ready))...)
}

// ReadyFor returns the resources that the pods of these models must wait for: a pod
// that starts without its role never gets the role.
func (w *Weights) ReadyFor(models ...string) []pulumi.Resource {
	var ready []pulumi.Resource
	for _, model := range models {
		ready = append(ready, w.ready[model]...)
	}
	return ready
}
