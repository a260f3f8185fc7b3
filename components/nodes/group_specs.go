package nodes

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
)

// Images of nodes. That with NVIDIA's driver has no device plugin.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
const (
	systemImage = "AL2023_x86_64_STANDARD"
	gpuImage    = "AL2023_x86_64_NVIDIA"
)

// capacityTypes are EKS' names of how nodes are bought.
var capacityTypes = map[Capacity]string{OnDemand: "ON_DEMAND", Spot: "SPOT", CapacityBlock: "CAPACITY_BLOCK"}

// nodeGroup is a group of the system: repaired by EKS, and updated by a third at
// a time. Its name begins with that of the group, so that one which has to be
// replaced is there before the old one goes.
func nodeGroup(name string, least, most int) *eks.NodeGroupArgs {
	return &eks.NodeGroupArgs{
		NodeGroupNamePrefix: pulumi.String(name + "-"),
		ScalingConfig:       eks.NodeGroupScalingConfigArgs{MinSize: pulumi.Int(least), MaxSize: pulumi.Int(most), DesiredSize: pulumi.Int(least)},
		UpdateConfig:        eks.NodeGroupUpdateConfigArgs{MaxUnavailablePercentage: pulumi.Int(33)},
		NodeRepairConfig:    eks.NodeGroupNodeRepairConfigArgs{Enabled: pulumi.Bool(true)},
	}
}

// nodeGroup is the group without GPUs.
func (s System) nodeGroup() *eks.NodeGroupArgs {
	args := nodeGroup(SystemGroup, s.Min, s.Max)
	args.AmiType = pulumi.String(systemImage)
	args.CapacityType = pulumi.String(capacityTypes[OnDemand])
	args.InstanceTypes = pulumi.ToStringArray(s.InstanceTypes)
	args.Labels = pulumi.StringMap{GroupLabel: pulumi.String(SystemGroup)}
	return args
}

// nodeGroup is a group with GPUs, which the taint keeps for those who ask for
// some.
func (g Group) nodeGroup() *eks.NodeGroupArgs {
	args := nodeGroup(g.Name, g.Min, g.Max)
	args.AmiType = pulumi.String(gpuImage)
	args.CapacityType = pulumi.String(capacityTypes[g.Capacity])
	if g.Capacity != CapacityBlock { // whose type is in the template
		args.InstanceTypes = pulumi.ToStringArray(g.InstanceTypes)
	}
	args.Labels = pulumi.ToStringMap(g.labels())
	args.Taints = eks.NodeGroupTaintArray{eks.NodeGroupTaintArgs{
		Key: pulumi.String(gpunodes.Taint), Value: pulumi.String(gpunodes.TaintValue), Effect: pulumi.String("NO_SCHEDULE"),
	}}
	return args
}

func sortedZones(zones []string) []string { return slices.Sorted(slices.Values(zones)) }
