// Package podidentity gives a Kubernetes service account its own AWS role by EKS Pod
// Identity, which needs no OIDC provider.
package podidentity

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args are the inputs of NewRole and NewAddonRole.
type Args struct {
	// ClusterName is the name of the EKS cluster. Required.
	ClusterName pulumi.StringInput
	// Namespace and ServiceAccount name the service account. No other pod can assume
	// the role. Required.
	Namespace, ServiceAccount string
	// ManagedPolicyARNs are attached to the role. Default: none.
	ManagedPolicyARNs []string
	// Policy is the JSON of an inline policy. Default: none.
	Policy pulumi.StringPtrInput
}

// Role is an IAM role that one service account assumes.
type Role struct {
	ARN pulumi.StringOutput
	// Association gives the role to the service account; nil for an add-on, because EKS
	// creates its association.
	Association *eks.PodIdentityAssociation

	ready []pulumi.Resource
}

// Ready returns the resources for which pods with the role must wait: the role, its
// policies and its association.
func (r *Role) Ready() []pulumi.Resource { return r.ready }

// NewRole registers a role, its policies and its association with the service account.
// The service account need not exist yet.
func NewRole(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Role, error) {
	r, err := NewAddonRole(ctx, name, args, opts...)
	if err != nil {
		return nil, err
	}
	r.Association, err = eks.NewPodIdentityAssociation(ctx, name, &eks.PodIdentityAssociationArgs{
		ClusterName:    args.ClusterName,
		Namespace:      pulumi.String(args.Namespace),
		ServiceAccount: pulumi.String(args.ServiceAccount),
		RoleArn:        r.ARN,
	}, append(opts[:len(opts):len(opts)], pulumi.DependsOn(r.ready))...)
	if err != nil {
		return nil, err
	}
	r.ready = append(r.ready, r.Association)
	return r, nil
}

// Register returns a function that registers the role with the options of its call, and
// returns the resources for which pods with the role must wait.
func Register(name string, args Args) func(*pulumi.Context, ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	return func(ctx *pulumi.Context, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
		r, err := NewRole(ctx, name, args, opts...)
		if err != nil {
			return nil, err
		}
		return r.ready, nil
	}
}

// NewAddonRole registers a role and its policies for an EKS add-on. The add-on names
// the role in its podIdentityAssociations.
func NewAddonRole(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Role, error) {
	trust := args.ClusterName.ToStringOutput().ApplyT(func(cluster string) (string, error) {
		return trustPolicy(cluster, args.Namespace, args.ServiceAccount)
	}).(pulumi.StringOutput)
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
		AssumeRolePolicy: trust,
		Description:      pulumi.Sprintf("%s/%s on %s", args.Namespace, args.ServiceAccount, args.ClusterName),
	}, opts...)
	if err != nil {
		return nil, err
	}
	r := &Role{ARN: role.Arn, ready: []pulumi.Resource{role}}
	for _, arn := range args.ManagedPolicyARNs {
		attached, err := iam.NewRolePolicyAttachment(ctx, name+"-"+policyName(arn), &iam.RolePolicyAttachmentArgs{
			Role: role.Name, PolicyArn: pulumi.String(arn),
		}, opts...)
		if err != nil {
			return nil, err
		}
		r.ready = append(r.ready, attached)
	}
	if args.Policy != nil {
		inline, err := iam.NewRolePolicy(ctx, name, &iam.RolePolicyArgs{Role: role.Name, Policy: args.Policy}, opts...)
		if err != nil {
			return nil, err
		}
		r.ready = append(r.ready, inline)
	}
	return r, nil
}

// policyName returns the last part of a policy's ARN, which is its name.
func policyName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
