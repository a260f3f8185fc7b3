package nodes

import (
	"cmp"
	"regexp"
	"slices"
)

// Live is a managed node group of one zone as EKS reports it.
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
	// Moved reports other subnets than the stack wants, for which EKS has to create
	// another node group.
	Moved bool
}

// TemplateLabel is the label of a node group that holds the digest of its launch
// template. A preview compares it with the template that the stack wants. AWS'
// provider sets labels after EKS has replaced the nodes, and tags before: the
// label stays as it is when EKS gives up, so the next preview names the template.
// https://github.com/hashicorp/terraform-provider-aws/blob/012e0a32/internal/service/eks/node_group.go, resourceNodeGroupUpdate (read 2026-11-29)
const TemplateLabel = "vllm-eks/launch-template"

// earlierTemplateTag is the tag that held the digest in an earlier release.
const earlierTemplateTag = "vllm-eks:template"

// TemplateOf returns the digest of a node group's launch template; "" if the group
// has none.
func TemplateOf(labels, tags map[string]string) string {
	return cmp.Or(labels[TemplateLabel], tags[earlierTemplateTag])
}

// zonal is the part of a group in one zone: one managed node group of EKS. A
// group over several zones would start up to twice as many extra nodes as it has
// zones whenever EKS updates it, and its Auto Scaling group would end nodes to
// balance the zones.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html (read 2026-11-29)
type zonal struct {
	group, zone string
	min, max    int
	live        *Live // nil if there is none yet
}

// ZonalName returns the name of the part of a group in one zone. The names of
// EKS, of its Auto Scaling group and of the Pulumi resource begin with it.
func ZonalName(group, zone string) string { return group + "-" + zone }

func (z zonal) name() string { return ZonalName(z.group, z.zone) }

// spread decides how the most nodes of a group are spread over its zones.
type spread func(index, zones, total int) int

// split divides a number over zones, of which the first have one more where it
// does not divide evenly.
func split(index, zones, total int) int {
	share := total / zones
	if index < total%zones {
		share++
	}
	return share
}

// each gives every zone the whole number.
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

// Sizes is what EKS is told of the number of nodes.
type Sizes struct{ Min, Max, Desired int }

// Inputs of a node group that stay as Pulumi recorded them.
const (
	ignoreSizes   = "scalingConfig"
	ignoreDesired = "scalingConfig.desiredSize"
)

// sizes returns the bounds, and the desired number where EKS has to be sent one,
// and the input that stays as Pulumi recorded it; "" for none.
//
// EKS takes bounds and the desired number together: an update that changes a bound
// and sends the number of the last update ends the nodes that the autoscaler has
// started since. Where the bounds in force are the wanted ones, the input
// therefore stays as Pulumi recorded it, whatever that is, and EKS is sent none.
// Otherwise, EKS is sent the number that runs. A bound never ends a node either:
// the most nodes stay at what runs until the autoscaler has removed some.
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

// named matches a name that EKS gave to a node group of this program: the name of a
// group and of a zone, and what AWS' provider appends: the time in 18 digits and a
// counter in eight hexadecimal ones.
// https://github.com/hashicorp/terraform-plugin-sdk/blob/v2.37.0/helper/id/id.go, PrefixedUniqueId (read 2026-11-29)
var named = regexp.MustCompile(`^(.+)-([a-z]{2}(?:-[a-z]+)+-\d[a-z])-\d{18}[0-9a-f]{8}$`)

// ParseName returns the group and the zone of a node group by its name in EKS,
// and reports whether the name is one that this program gives.
func ParseName(name string) (group, zone string, ok bool) {
	parts := named.FindStringSubmatch(name)
	if parts == nil {
		return "", "", false
	}
	return parts[1], parts[2], true
}
