package nodes

import "maps"

// Images of nodes. That with NVIDIA's driver has no device plugin.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
const (
	systemImage = "AL2023_x86_64_STANDARD"
	gpuImage    = "AL2023_x86_64_NVIDIA"
)

// capacityTypes are EKS' names of how nodes are bought.
var capacityTypes = map[Capacity]string{OnDemand: "ON_DEMAND", Spot: "SPOT", CapacityBlock: "CAPACITY_BLOCK"}

// ExtraNodes is how many nodes more than before a zone has, at most, while EKS
// replaces its nodes one at a time. EKS starts twice as many extra nodes as the
// group has zones, and at least one.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html (read 2026-11-29)
const ExtraNodes = 2

// NodeGroup is a managed node group of EKS in one zone, as the program wants it.
type NodeGroup struct {
	// Sizes are its bounds and the number of nodes.
	Sizes Sizes
	// Version is the minor version of Kubernetes, Release the release of the AMI; ""
	// for the newest.
	Version, Release string
	// AMIType, Capacity and InstanceTypes are as EKS names them. A capacity block has
	// no types, since its launch template has one.
	AMIType, Capacity string
	InstanceTypes     []string
	// Labels are those of the nodes, Tags those of the group.
	Labels, Tags map[string]string
	// GPUs reports nodes with GPUs, which a taint keeps for pods that request GPUs.
	GPUs bool
}

// nodeGroup returns what only the group without GPUs has.
func (s System) nodeGroup() NodeGroup {
	return NodeGroup{
		AMIType: systemImage, Capacity: capacityTypes[OnDemand], InstanceTypes: s.InstanceTypes, Labels: map[string]string{GroupLabel: SystemGroup},
	}
}

// nodeGroup returns what only a group with GPUs has.
func (g Group) nodeGroup() NodeGroup {
	n := NodeGroup{AMIType: gpuImage, Capacity: capacityTypes[g.Capacity], Labels: maps.Clone(g.labels()), Tags: map[string]string{diskTag: g.ephemeral()}, GPUs: true}
	if g.Capacity != CapacityBlock {
		n.InstanceTypes = g.InstanceTypes
	}
	return n
}
