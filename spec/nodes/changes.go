package nodes

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// Effect is the effect of an update on running nodes.
type Effect string

// Effects of updates.
const (
	// Replaces means that EKS replaces the nodes of a group one at a time, one zone after
	// another, with at most ExtraNodes additional nodes.
	Replaces Effect = "replaces"
	// Recreates means that a new node group replaces this one. The new nodes of all zones
	// start before the old nodes end.
	Recreates Effect = "recreates"
	// Removes means that a node group and its nodes are deleted.
	Removes Effect = "removes"
)

// Change is the effect of an update on the running nodes of a group.
type Change struct {
	// Group is the name of the group, and Zones are those where nodes change.
	Group  string
	Zones  []string
	Effect Effect
	// Nodes is the number of nodes that run in these zones. Extra is the largest number
	// of additional nodes during the update.
	Nodes, Extra int
	// Reasons are the differences, such as "Kubernetes 1.35 → 1.36".
	Reasons []string
	// Block reports a capacity block. EKS does not replace its nodes.
	Block bool
	// BoundsLater reports bounds that the next update changes.
	BoundsLater bool
	// Forced is the AMI release that EKS uses instead of the release that the stack
	// names; "" if EKS uses the stack's release.
	Forced string
}

// Stray is a running node group that the stack no longer has.
type Stray struct {
	// Group and Zone are parts of its name in EKS. Nodes is the number of nodes that run.
	Group, Zone string
	Nodes       int
}

// Changes returns the effects of an update on running nodes, in the order of the groups.
// Label and tags are those of Args.
func (s Spec) Changes(label string, tags map[string]string) []Change {
	var changes []Change
	for _, p := range s.Plan(label, tags) {
		for _, effect := range []Effect{Replaces, Recreates} {
			if c := p.change(s.KubernetesVersion, effect); len(c.Zones) > 0 {
				changes = append(changes, c)
			}
		}
	}
	for _, stray := range s.Strays {
		changes = append(changes, Change{Group: stray.Group, Zones: []string{stray.Zone}, Effect: Removes, Nodes: stray.Nodes})
	}
	return changes
}

// change returns the zones of a group on which the update has the effect.
func (p Planned) change(version string, effect Effect) Change {
	c := Change{Group: p.Name, Effect: effect, Block: p.Capacity == CapacityBlock}
	for _, z := range p.Zones {
		if z.live == nil {
			continue
		}
		reasons := z.differences(version, p.Digest)
		recreated := z.recreated()
		if recreated {
			reasons = []string{"instance types, capacity, image or subnets"}
		}
		if recreated != (effect == Recreates) || len(reasons) == 0 {
			continue
		}
		c.Zones = append(c.Zones, z.zone)
		c.Nodes += z.live.Desired
		c.BoundsLater = c.BoundsLater || z.later
		c.Forced = cmp.Or(c.Forced, z.forced)
		for _, reason := range reasons {
			if !slices.Contains(c.Reasons, reason) {
				c.Reasons = append(c.Reasons, reason)
			}
		}
	}
	c.Extra = ExtraNodes
	if effect == Recreates {
		c.Extra = c.Nodes // the old groups are deleted after the new groups of all zones exist
	}
	return c
}

// differences returns the differences that make EKS replace nodes.
func (z PlannedZone) differences(version, digest string) []string {
	var reasons []string
	if z.live.Version != version {
		reasons = append(reasons, fmt.Sprintf("Kubernetes %s → %s", z.live.Version, version))
	} else if z.Group.Release != "" && z.live.Release != z.Group.Release {
		reasons = append(reasons, fmt.Sprintf("AMI %s → %s", z.live.Release, z.Group.Release))
	}
	if z.live.Template != digest {
		reasons = append(reasons, "tags, disk or reservation")
	}
	return reasons
}

// Releases returns the AMI release of each group, by its name: the oldest, if zones
// differ.
func (s Spec) Releases(label string, tags map[string]string) map[string]string {
	releases := map[string]string{}
	for _, p := range s.Plan(label, tags) {
		for _, z := range p.Zones {
			if releases[p.Name] == "" || versions.Compare(z.Group.Release, releases[p.Name]) < 0 {
				releases[p.Name] = z.Group.Release
			}
		}
	}
	return releases
}
