package cluster

import (
	"context"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-eks/sdk/v2/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	clusterspec "github.com/vllm-eks/vllm-eks/spec/cluster"
)

// controlPlane holds the parts of an EKS cluster that the package uses. Only this file
// uses pulumi-eks.
type controlPlane struct {
	component  pulumi.Resource
	kubeconfig pulumi.StringOutput
}

// keyWindowDays is the number of days in which a deleted KMS key can be restored. KMS
// allows no longer time.
const keyWindowDays = 30

// newControlPlane registers an EKS cluster without nodes, the key that encrypts its
// secrets, and its log group.
func newControlPlane(ctx *pulumi.Context, name string, s clusterspec.Spec, args Args, opts ...pulumi.ResourceOption) (*controlPlane, error) {
	guarded := slices.Concat(opts, []pulumi.ResourceOption{pulumi.Protect(s.Protect)})
	key, err := kms.NewKey(ctx, name, &kms.KeyArgs{
		Description:          pulumi.Sprintf("Secrets of the EKS cluster %s", s.Name),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(keyWindowDays),
	}, guarded...)
	if err != nil {
		return nil, err
	}
	// Without this log group, EKS creates one itself, and keeps logs forever.
	logs, err := cloudwatch.NewLogGroup(ctx, name, &cloudwatch.LogGroupArgs{
		Name:            pulumi.Sprintf("/aws/eks/%s/cluster", s.Name),
		RetentionInDays: pulumi.Int(s.LogRetentionDays),
	}, opts...)
	if err != nil {
		return nil, err
	}
	created, err := eks.NewCluster(ctx, name, clusterArgs(s, args, key.Arn), slices.Concat(guarded, []pulumi.ResourceOption{
		pulumi.DependsOn([]pulumi.Resource{logs}), pulumi.Transforms([]pulumi.ResourceTransform{completeCluster}),
	})...)
	if err != nil {
		return nil, err
	}
	return &controlPlane{component: created, kubeconfig: created.KubeconfigJson}, nil
}

// clusterArgs returns the arguments of the component of pulumi-eks.
func clusterArgs(s clusterspec.Spec, args Args, key pulumi.StringInput) *eks.ClusterArgs {
	yes := true
	mode := eks.AuthenticationModeApi
	a := &eks.ClusterArgs{
		Name:                            pulumi.String(s.Name),
		Version:                         pulumi.String(s.KubernetesVersion),
		VpcId:                           args.VPCID.ToStringOutput().ToStringPtrOutput(),
		PrivateSubnetIds:                args.SubnetIDs,
		EndpointPrivateAccess:           pulumi.Bool(true),
		EndpointPublicAccess:            pulumi.Bool(len(s.PublicAccessCIDRs) > 0),
		EnabledClusterLogTypes:          pulumi.ToStringArray([]string{"api", "audit", "authenticator"}),
		EncryptionConfigKeyArn:          key.ToStringOutput().ToStringPtrOutput(),
		KubernetesServiceIpAddressRange: pulumi.String(s.ServiceCIDR),
		AuthenticationMode:              &mode,
		CreateOidcProvider:              pulumi.Bool(false), // roles use Pod Identity
		SkipDefaultNodeGroup:            &yes,
		UseDefaultVpcCni:                &yes, // the EKS add-on installs it
		// Without a list, the component creates a role for nodes and an access entry that
		// nothing uses.
		InstanceRoles: iam.RoleArray{},
	}
	if len(s.PublicAccessCIDRs) > 0 {
		a.PublicAccessCidrs = pulumi.ToStringArray(s.PublicAccessCIDRs)
	}
	return a
}

// fixedSubnets is the input of the cluster that keeps its value of the creation. EKS
// refuses subnets in another set of zones, and the control plane needs no other
// subnets when the network gets another zone.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
const fixedSubnets = "vpcConfig.subnetIds"

// completeCluster sets the inputs for which the component of pulumi-eks has no
// arguments. Creating the cluster does not make the caller an admin: only the access
// entries of the stack give permissions. The subnets of an existing control plane do
// not change.
func completeCluster(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
	if args.Type != "aws:eks/cluster:Cluster" {
		return nil
	}
	props := pulumi.Map{}
	maps.Copy(props, args.Props)
	props["accessConfig"] = pulumi.Map{
		"authenticationMode":                      pulumi.String(eks.AuthenticationModeApi),
		"bootstrapClusterCreatorAdminPermissions": pulumi.Bool(false),
	}
	opts := args.Opts
	opts.IgnoreChanges = append(slices.Clone(opts.IgnoreChanges), fixedSubnets)
	return &pulumi.ResourceTransformResult{Props: props, Opts: opts}
}
