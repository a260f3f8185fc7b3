package nodes

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
	nodespec "github.com/vllm-eks/vllm-eks/spec/nodes"
)

// maxUnavailable is the number of nodes of a zone that an update replaces at the same
// time.
const maxUnavailable = 1

// nodeGroup returns the arguments of the node group of a zone. EKS repairs its nodes,
// and replaces them one at a time. AWS generates the end of the name, so that a
// replacement can exist before the old group is deleted.
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
