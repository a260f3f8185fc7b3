package nodes

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
	nodespec "github.com/vllm-eks/vllm-eks/spec/nodes"
)

// maxUnavailable is how many nodes of a zone an update replaces at a time.
const maxUnavailable = 1

// nodeGroup returns the arguments of the node group of a zone: EKS repairs its
// nodes, and replaces them one at a time. The name begins with that of the group
// and the zone, so that a replacement exists before the old group goes.
func nodeGroup(z nodespec.PlannedZone) *eks.NodeGroupArgs {
	n := z.Group
	args := &eks.NodeGroupArgs{
		NodeGroupNamePrefix: pulumi.String(z.Name + "-"),
		ScalingConfig: eks.NodeGroupScalingConfigArgs{
			MinSize: pulumi.Int(n.Sizes.Min), MaxSize: pulumi.Int(n.Sizes.Max), DesiredSize: pulumi.Int(n.Sizes.Desired),
		},
		UpdateConfig:     eks.NodeGroupUpdateConfigArgs{MaxUnavailable: pulumi.Int(maxUnavailable)},
		NodeRepairConfig: eks.NodeGroupNodeRepairConfigArgs{Enabled: pulumi.Bool(true)},
		Version:          pulumi.String(n.Version),
		AmiType:          pulumi.String(n.AMIType),
		CapacityType:     pulumi.String(n.Capacity),
		Labels:           pulumi.ToStringMap(n.Labels),
	}
	if n.Release != "" {
		args.ReleaseVersion = pulumi.String(n.Release)
	}
	if len(n.InstanceTypes) > 0 {
		args.InstanceTypes = pulumi.ToStringArray(n.InstanceTypes)
	}
	if len(n.Tags) > 0 {
		args.Tags = pulumi.ToStringMap(n.Tags)
	}
	if n.GPUs {
		args.Taints = eks.NodeGroupTaintArray{eks.NodeGroupTaintArgs{
			Key: pulumi.String(gpunodes.Taint), Value: pulumi.String(gpunodes.TaintValue), Effect: pulumi.String("NO_SCHEDULE"),
		}}
	}
	return args
}
