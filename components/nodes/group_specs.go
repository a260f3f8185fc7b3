package nodes

import (
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

// mostUnavailable is how many nodes of a zone an update replaces at a time. EKS
// starts twice as many extra nodes as the group has zones, and at least this
// number: two extra nodes for a group of one zone.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html (read 2026-11-29)
const (
	mostUnavailable = 1
	// ExtraNodes is how many nodes more than before a zone has, at most, while EKS
	// replaces its nodes.
	ExtraNodes = 2
)

// nodeGroup returns what the node groups of all zones have in common: EKS
// repairs their nodes, and replaces them one at a time. The name begins with
// that of the group and the zone, so that a replacement exists before the old
// group goes.
func (z zonal) nodeGroup(version, release string) *eks.NodeGroupArgs {
	args := &eks.NodeGroupArgs{
		NodeGroupNamePrefix: pulumi.String(z.name() + "-"),
		ScalingConfig:       z.size().args(),
		UpdateConfig:        eks.NodeGroupUpdateConfigArgs{MaxUnavailable: pulumi.Int(mostUnavailable)},
		NodeRepairConfig:    eks.NodeGroupNodeRepairConfigArgs{Enabled: pulumi.Bool(true)},
		Version:             pulumi.String(version),
	}
	if release != "" {
		args.ReleaseVersion = pulumi.String(release)
	}
	return args
}

// complete adds what only the group without GPUs has.
func (s System) complete(args *eks.NodeGroupArgs) {
	args.AmiType = pulumi.String(systemImage)
	args.CapacityType = pulumi.String(capacityTypes[OnDemand])
	args.InstanceTypes = pulumi.ToStringArray(s.InstanceTypes)
	args.Labels = pulumi.StringMap{GroupLabel: pulumi.String(SystemGroup)}
}

// complete adds what only a group with GPUs has. The taint keeps its nodes for
// pods that request GPUs.
func (g Group) complete(args *eks.NodeGroupArgs) {
	args.AmiType = pulumi.String(gpuImage)
	args.CapacityType = pulumi.String(capacityTypes[g.Capacity])
	if g.Capacity != CapacityBlock { // whose type is in the template
		args.InstanceTypes = pulumi.ToStringArray(g.InstanceTypes)
	}
	args.Labels = pulumi.ToStringMap(g.labels())
	args.Taints = eks.NodeGroupTaintArray{eks.NodeGroupTaintArgs{
		Key: pulumi.String(gpunodes.Taint), Value: pulumi.String(gpunodes.TaintValue), Effect: pulumi.String("NO_SCHEDULE"),
	}}
}
