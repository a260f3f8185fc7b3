package nodes

import (
	"cmp"
	"regexp"
	"slices"
)

// Live is a running managed node group of one zone, as EKS reports it.
type Live struct {
	// Min and Max bound the number of nodes; Desired is the number that the
	// autoscaler wants.
	Min, Max, Desired int
	// Version is the minor version of the nodes, Release the release of their AMI.
	Version, Release string
	// Template is the digest of the launch template, which the program keeps in
	// TemplateLabel; "" if the group has none.
	Template string
	// AMIType, Capacity and InstanceTypes are as EKS names them.
	AMIType, Capacity string
	InstanceTypes     []string
	// Moved reports that its subnets differ from those of the stack, so that EKS has to
	// create another node group.
	Moved bool
}

// TemplateLabel is the label of a node group that holds the digest of its launch
// template. A preview compares it with the template that the stack wants. AWS' provider
// sets labels after EKS has replaced the nodes, and tags before: if EKS fails to replace
// the nodes, the label does not change, and the next preview shows the difference again.
// https://github.com/hashicorp/terraform-provider-aws/blob/012e0a32/internal/service/eks/node_group.go, resourceNodeGroupUpdate (read 2026-11-29)
const TemplateLabel = "vllm-eks/launch-template"

// earlierTemplateTag is the tag that held the digest in an earlier release.
const earlierTemplateTag = "vllm-eks:template"

// TemplateOf returns the digest of a node group's launch template; "" if the group
// has none.
func TemplateOf(labels, tags map[string]string) string {
	return cmp.Or(labels[TemplateLabel], tags[earlierTemplateTag])
}

// zonal is the part of a group in one zone: a managed node group of EKS. EKS would update
// a group over several zones with up to twice as many extra nodes as zones, and its Auto
// Scaling group would end nodes to balance the zones.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html (read 2026-11-29)
type zonal struct {
	group, zone string
	min, max    int
	live        *Live // nil if it does not exist yet
}

// ZonalName returns the name of the part of a group in one zone. The names of
// EKS, of its Auto Scaling group and of the Pulumi resource begin with it.
func ZonalName(group, zone string) string { return group + "-" + zone }

func (z zonal) name() string { return ZonalName(z.group, z.zone) }

// spread is a function that returns the largest number of nodes of a zone.
type spread func(index, zones, total int) int

// split divides a number over zones. If it does not divide evenly, the first zones get
// one more.
func split(index, zones, total int) int {
	share := total / zones
	if index < total%zones {
		share++
	}
	return share
}

// each returns the whole number for every zone.
func each(_, _, total int) int { return total }

// zonals returns the parts of a group in its zones, sorted. minimum and maximum are the
// numbers of nodes in all zones together.
func zonals(group string, zones []string, minimum, maximum int, live map[string]Live, spread spread) []zonal {
	var parts []zonal
	sorted := slices.Sorted(slices.Values(zones))
	for i, zone := range sorted {
		z := zonal{group: group, zone: zone, min: split(i, len(sorted), minimum), max: spread(i, len(sorted), maximum)}
		if runs, ok := live[zone]; ok {
			z.live = &runs
		}
		parts = append(parts, z)
	}
	return parts
}

// Sizes holds the scaling settings of a node group: bounds and the desired number of
// nodes.
type Sizes struct{ Min, Max, Desired int }

// Inputs of a node group whose changes Pulumi ignores.
const (
	ignoreSizes   = "scalingConfig"
	ignoreDesired = "scalingConfig.desiredSize"
)

// sizes returns the bounds, the desired number if Pulumi must send one, and the input
// whose change Pulumi ignores; "" for none.
//
// EKS accepts bounds only together with the desired number. An update that changes a
// bound and sends the number of the last update would end nodes that the autoscaler has
// started since then. So if the bounds do not change, Pulumi ignores the input and sends
// nothing; otherwise it sends the number of running nodes. A lower maximum does not end
// nodes either: the maximum stays at the number of running nodes until the autoscaler has
// removed some.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html (read 2026-11-29)
func (z zonal) sizes() (sizes Sizes, ignore string) {
	if z.live == nil {
		return Sizes{Min: z.min, Max: z.max, Desired: z.min}, ignoreDesired
	}
	maximum := max(z.max, z.live.Desired)
	if z.live.Min == z.min && z.live.Max == maximum {
		return Sizes{Min: z.min, Max: maximum, Desired: z.min}, ignoreSizes
	}
	return Sizes{Min: z.min, Max: maximum, Desired: max(z.live.Desired, z.min)}, ""
}

// named matches the name of a node group of this program in EKS: the names of the group
// and the zone, and the suffix of AWS' provider: the time in 18 digits and a counter in
// eight hexadecimal digits.
// https://github.com/hashicorp/terraform-plugin-sdk/blob/v2.37.0/helper/id/id.go, PrefixedUniqueId (read 2026-11-29)
var named = regexp.MustCompile(`^(.+)-([a-z]{2}(?:-[a-z]+)+-\d[a-z])-\d{18}[0-9a-f]{8}$`)

// ParseName returns the group and the zone in the name of a node group in EKS. ok is
// false if this program did not create the name.
func ParseName(name string) (group, zone string, ok bool) {
	parts := named.FindStringSubmatch(name)
	if parts == nil {
		return "", "", false
	}
	return parts[1], parts[2], true
}
