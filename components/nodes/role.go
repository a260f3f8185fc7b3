package nodes

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/partition"
)

// trust is the trust policy that lets EC2 assume the role.
const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// policies lists the policies of a node: to join the cluster, and to pull images.
// Network, volumes and load balancers use other roles.
var policies = []string{"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly"}

// newRole registers the role of all nodes. It returns the ARN of the role and the
// resources that a node must wait for.
func newRole(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (pulumi.StringOutput, []pulumi.Resource, error) {
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(trust),
		Description:      pulumi.Sprintf("Nodes of %s", args.ClusterName),
	}, opts...)
	if err != nil {
		return pulumi.StringOutput{}, nil, err
	}
	var attached []pulumi.Resource
	for _, policy := range policies {
		a, err := iam.NewRolePolicyAttachment(ctx, name+"-"+policy, &iam.RolePolicyAttachmentArgs{
			Role: role.Name, PolicyArn: pulumi.Sprintf("arn:%s:iam::aws:policy/%s", partition.Of(args.Region), policy),
		}, opts...)
		if err != nil {
			return pulumi.StringOutput{}, nil, err
		}
		attached = append(attached, a)
	}
	return role.Arn, attached, nil
}
