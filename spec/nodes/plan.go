package nodes

import (
	"cmp"
	"maps"
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// Planned is a group as Pulumi registers it: a launch template, and a managed node group
// in each zone.
type Planned struct {
	// Name is the name of the group.
	Name string
	// Template is the launch template of its nodes. Digest is the digest of the template.
	Template Template
	Digest   string
	// Capacity is how the nodes are bought.
	Capacity Capacity
	// Zones are the parts of the group, sorted by zone.
	Zones []PlannedZone
}

// PlannedZone is the managed node group of one zone.
type PlannedZone struct {
	zonal

	// Name is the name of the Pulumi resource, and the prefix of the name in EKS.
	Name string
	// Zone is the availability zone.
	Zone string
	// Group is the desired node group.
	Group NodeGroup
	// Ignore is the input whose change Pulumi ignores; "" for none.
	Ignore string
	// later reports bounds that the next update changes.
	later bool
	// forced is the AMI release that EKS uses instead of the desired one; "" if EKS uses
	// the desired one.
	forced string
}

// Plan returns all groups as Pulumi registers them; the group without GPUs is first.
// Label is the prefix of the nodes' names, and tags are the tags of the stack.
func (s Spec) Plan(label string, tags map[string]string) []Planned {
	groups := []Planned{s.system(label, tags)}
	for _, g := range s.Groups {
		groups = append(groups, s.gpu(g, label, tags))
	}
	return groups
}

// system returns the plan of the group without GPUs.
func (s Spec) system(label string, tags map[string]string) Planned {
	p := Planned{Name: SystemGroup, Capacity: OnDemand, Template: systemTemplate(ZonalName(label, SystemGroup), s.System.DiskGiB, tags)}
	return s.plan(p, s.System.nodeGroup(), zonals(SystemGroup, s.System.Zones, s.System.Min, s.System.Max, s.System.Live, split),
		cmp.Or(s.Newest.System, versions.AMIRelease(s.KubernetesVersion)))
}

// gpu returns the plan of a group with GPUs.
func (s Spec) gpu(g Group, label string, tags map[string]string) Planned {
	p := Planned{Name: g.Name, Capacity: g.Capacity, Template: g.template(ZonalName(label, g.Name), tags)}
	return s.plan(p, g.nodeGroup(), zonals(g.Name, g.Zones, g.Min, g.Max, g.Live, each),
		cmp.Or(s.Newest.GPU, versions.AMIRelease(s.KubernetesVersion)))
}

func (s Spec) plan(p Planned, group NodeGroup, zones []zonal, newest string) Planned {
	p.Digest = p.Template.Digest()
	group.Version = s.KubernetesVersion
	group.Labels[TemplateLabel] = p.Digest
	rolls := false
	for _, z := range zones {
		zoneGroup := group
		zoneGroup.Labels, zoneGroup.Tags = maps.Clone(group.Labels), maps.Clone(group.Tags)
		zoneGroup.Release = s.release(z, newest, p.Digest)
		sizes, ignore := z.sizes()
		zoneGroup.Sizes = sizes
		zone := PlannedZone{zonal: z, Name: z.name(), Zone: z.zone, Group: zoneGroup, Ignore: ignore}
		if z.live != nil && zone.recreated() {
			// A new node group starts with the number of nodes of the old one.
			zone.Group.Sizes.Desired = max(z.live.Desired, sizes.Min)
			zone.Ignore = ""
		} else if z.live != nil {
			rolls = rolls || len(zone.differences(s.KubernetesVersion, p.Digest)) > 0
			// If only the launch template changes, EKS uses the newest AMI.
			if z.live.Version == s.KubernetesVersion && z.live.Template != p.Digest && zoneGroup.Release == z.live.Release && versions.Compare(zoneGroup.Release, newest) < 0 {
				zone.forced = newest
			}
		}
		p.Zones = append(p.Zones, zone)
	}
	if rolls {
		p.boundsLater()
	}
	return p
}

// boundsLater keeps the current bounds while EKS replaces nodes. AWS' provider sends
// bounds only after the new nodes of a zone run, and it sends with them the number of
// nodes that ran when the update began, maybe hours earlier.
// https://github.com/hashicorp/terraform-provider-aws/blob/012e0a32/internal/service/eks/node_group.go (resourceNodeGroupUpdate)
func (p Planned) boundsLater() {
	for i := range p.Zones {
		z := &p.Zones[i]
		if z.live != nil && !z.recreated() {
			z.later, z.Ignore = z.Ignore == "", ignoreSizes
		}
	}
}

// release returns the AMI release of a zone's node group: the release that the stack
// names, else its current release, else the newest. Another release would replace the
// nodes, and EKS may start nodes to update a group that has none. If the launch template
// changes, EKS uses the newest release itself.
func (s Spec) release(z zonal, newest, digest string) string {
	switch {
	case s.Release != "" && s.Release != Latest:
		return s.Release
	case s.Release == "" && z.live != nil && z.live.Version == s.KubernetesVersion && z.live.Release != "" && z.live.Template == digest:
		return z.live.Release
	case z.live != nil && z.live.Version == s.KubernetesVersion && versions.Compare(newest, z.live.Release) < 0:
		return z.live.Release // the newest release could not be read, and the table is older
	}
	return newest
}

// recreated reports whether EKS cannot change the node group to the desired one, so that
// a new group must replace it.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupConfig.html (read 2026-11-29)
func (z PlannedZone) recreated() bool {
	live, planned := z.live, z.Group
	switch {
	case live.Moved, live.Capacity != "" && planned.Capacity != live.Capacity, live.AMIType != "" && planned.AMIType != live.AMIType:
		return true
	}
	return len(planned.InstanceTypes) > 0 && len(live.InstanceTypes) > 0 && !slices.Equal(planned.InstanceTypes, live.InstanceTypes)
}
