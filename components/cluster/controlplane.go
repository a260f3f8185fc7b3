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

// controlPlane is what is used of an EKS cluster. Everything that knows the
// component of pulumi-eks is in this file.
type controlPlane struct {
	component  pulumi.Resource
	kubeconfig pulumi.StringOutput
}

// keyWindowDays is for how long a deleted key can be had back: the longest.
const keyWindowDays = 30

// newControlPlane registers an EKS cluster with the key of its secrets and its
// logs, and without nodes.
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
	// EKS would make the group itself, and keep logs for ever.
	logs, err := cloudwatch.NewLogGroup(ctx, name, &cloudwatch.LogGroupArgs{
		Name:            pulumi.Sprintf("/aws/eks/%s/cluster", s.Name),
		RetentionInDays: pulumi.Int(s.LogRetentionDays),
	}, opts...)
	if err != nil {
		return nil, err
	}
	made, err := eks.NewCluster(ctx, name, clusterArgs(s, args, key.Arn), slices.Concat(guarded, []pulumi.ResourceOption{
		pulumi.DependsOn([]pulumi.Resource{logs}), pulumi.Transforms([]pulumi.ResourceTransform{ownCluster}),
	})...)
	if err != nil {
		return nil, err
	}
	return &controlPlane{component: made, kubeconfig: made.KubeconfigJson}, nil
}

// clusterArgs are what the component is given.
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
		CreateOidcProvider:              pulumi.Bool(false), // Pod Identity takes its place
		SkipDefaultNodeGroup:            &yes,
		UseDefaultVpcCni:                &yes, // the add-on does, and no kubectl
		// Without a list, the component creates a role for nodes and its access entry,
		// and nothing uses them.
		InstanceRoles: iam.RoleArray{},
	}
	if len(s.PublicAccessCIDRs) > 0 {
		a.PublicAccessCidrs = pulumi.ToStringArray(s.PublicAccessCIDRs)
	}
	return a
}

// fixedSubnets is the input of the cluster that stays as EKS got it at creation:
// EKS refuses subnets in another set of zones, and the control plane needs no
// other subnets when the network gets another zone.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
const fixedSubnets = "vpcConfig.subnetIds"

// ownCluster sets what the component of pulumi-eks has no argument for. Creating
// the cluster makes nobody an admin: who may do what is what the stack says, and
// nothing else. The subnets of an existing control plane do not change.
func ownCluster(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
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
