package nodes

import "maps"

// Images of nodes. The image with NVIDIA's driver has no device plugin.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
const (
	systemImage = "AL2023_x86_64_STANDARD"
	gpuImage    = "AL2023_x86_64_NVIDIA"
)

// capacityTypes holds EKS' names of capacities.
var capacityTypes = map[Capacity]string{OnDemand: "ON_DEMAND", Spot: "SPOT", CapacityBlock: "CAPACITY_BLOCK"}

// ExtraNodes is the largest number of additional nodes in a zone while EKS replaces its
// nodes one at a time. EKS starts twice as many extra nodes as the group has zones, and
// at least one.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html (read 2026-11-29)
const ExtraNodes = 2

// NodeGroup is the desired state of a managed node group of EKS in one zone.
type NodeGroup struct {
	// Sizes are the bounds and the number of nodes.
	Sizes Sizes
	// Version is the minor version of Kubernetes, Release the release of the AMI; ""
	// for the newest.
	Version, Release string
	// AMIType, Capacity and InstanceTypes are as EKS names them. A capacity block has no
	// types here, because its launch template has the type.
	AMIType, Capacity string
	InstanceTypes     []string
	// Labels are the labels of the nodes. Tags are the tags of the group.
	Labels, Tags map[string]string
	// GPUs reports nodes with GPUs. A taint keeps other pods off these nodes.
	GPUs bool
}

// nodeGroup returns the fields that only the group without GPUs has.
func (s System) nodeGroup() NodeGroup {
	return NodeGroup{
		AMIType: systemImage, Capacity: capacityTypes[OnDemand], InstanceTypes: s.InstanceTypes, Labels: map[string]string{GroupLabel: SystemGroup},
	}
}

// nodeGroup returns the fields that only groups with GPUs have.
func (g Group) nodeGroup() NodeGroup {
	n := NodeGroup{AMIType: gpuImage, Capacity: capacityTypes[g.Capacity], Labels: maps.Clone(g.labels()), Tags: map[string]string{diskTag: g.ephemeral()}, GPUs: true}
	if g.Capacity != CapacityBlock {
		n.InstanceTypes = g.InstanceTypes
	}
	return n
}
