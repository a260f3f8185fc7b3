package cluster

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/partition"
	clusterspec "github.com/vllm-eks/vllm-eks/spec/cluster"
)

// newAccess registers the access entries of the cluster with their policies. It
// returns the resources that a client must wait for.
func newAccess(ctx *pulumi.Context, name string, s clusterspec.Spec, cluster pulumi.StringInput, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	var admitted []pulumi.Resource
	for _, a := range s.Access {
		resource := name + "-" + a.Name()
		entry, err := eks.NewAccessEntry(ctx, resource, &eks.AccessEntryArgs{
			ClusterName:  cluster,
			PrincipalArn: pulumi.String(a.PrincipalARN),
			Type:         pulumi.String("STANDARD"),
		}, opts...)
		if err != nil {
			return nil, err
		}
		scope := eks.AccessPolicyAssociationAccessScopeArgs{Type: pulumi.String("cluster")}
		if len(a.Namespaces) > 0 {
			scope = eks.AccessPolicyAssociationAccessScopeArgs{Type: pulumi.String("namespace"), Namespaces: pulumi.ToStringArray(a.Namespaces)}
		}
		policy, err := eks.NewAccessPolicyAssociation(ctx, resource, &eks.AccessPolicyAssociationArgs{
			ClusterName:  cluster,
			PrincipalArn: entry.PrincipalArn,
			PolicyArn:    pulumi.Sprintf("arn:%s:eks::aws:cluster-access-policy/%s", partition.Of(s.Region), clusterspec.PolicyNames[a.Policy]),
			AccessScope:  scope,
		}, opts...)
		if err != nil {
			return nil, err
		}
		admitted = append(admitted, policy)
	}
	return admitted, nil
}
