package nodes

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// Effect is what an update does to nodes that run.
type Effect string

// Effects.
const (
	// Replaces is EKS replacing nodes in place, one at a time, one zone after
	// another, with at most ExtraNodes more than before.
	Replaces Effect = "replaces"
	// Recreates is another node group that takes the place of this one: the nodes of
	// all zones start before those of the old groups end.
	Recreates Effect = "recreates"
	// Removes is a node group that goes, with its nodes.
	Removes Effect = "removes"
)

// Change is what an update does to the nodes of a group that runs.
type Change struct {
	// Group is the name of the group, and Zones are those where nodes change.
	Group  string
	Zones  []string
	Effect Effect
	// Nodes is how many nodes run in these zones, and Extra how many more there are
	// meanwhile at most.
	Nodes, Extra int
	// Reasons are what differs, such as "Kubernetes 1.35 → 1.36".
	Reasons []string
	// Block reports a capacity block, whose nodes EKS does not replace.
	Block bool
	// BoundsLater reports bounds that the next update changes.
	BoundsLater bool
	// Forced is the AMI release that EKS takes in place of the one that the stack
	// names; "" if it takes that.
	Forced string
}

// Stray is a node group that runs and that the stack no longer has.
type Stray struct {
	// Group and Zone are those of its name in EKS, and Nodes is how many run.
	Group, Zone string
	Nodes       int
}

// Changes returns what an update does to nodes that run, in the order of the
// groups. Label and tags are those of Args.
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

// change returns what has one effect in the zones of a group.
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
		c.Extra = c.Nodes // the old groups go at the end, after the new ones of all zones exist
	}
	return c
}

// differences returns the differences for which EKS replaces nodes.
func (z PlannedZone) differences(version, digest string) []string {
	var reasons []string
	if z.live.Version != version {
		reasons = append(reasons, fmt.Sprintf("Kubernetes %s → %s", z.live.Version, version))
	} else if z.Group.Release != "" && z.live.Release != z.Group.Release {
		reasons = append(reasons, fmt.Sprintf("AMI %s → %s", z.live.Release, z.Group.Release))
	}
	if z.live.Template != digest {
		reasons = append(reasons, "launch template (tags, disk or reservation)")
	}
	return reasons
}

// Releases returns the AMI releases that the nodes of each group get, by the
// name of the group; of several zones the oldest.
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
