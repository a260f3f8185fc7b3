package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
)

// fillLive gives each group the node groups that run, by the names that EKS gave
// them, and the newest AMI releases. Node groups of the program's that the stack
// no longer has are strays.
func (p *Platform) fillLive() {
	p.Nodes.Newest = nodes.Releases{System: p.Offers.Releases[account.StandardAMI], GPU: p.Offers.Releases[account.NVIDIAAMI]}
	if p.Offers.Cluster == nil {
		return
	}
	wanted := map[string]*map[string]nodes.Live{}
	zones := map[string][]string{nodes.SystemGroup: p.Nodes.System.Zones}
	wanted[nodes.SystemGroup] = &p.Nodes.System.Live
	for i := range p.Nodes.Groups {
		g := &p.Nodes.Groups[i]
		wanted[g.Name], zones[g.Name] = &g.Live, g.Zones
	}
	// The youngest of two with one name is the last, since AWS' provider begins
	// the digits with the time.
	for _, of := range slices.Backward(p.Offers.Cluster.Groups) {
		group, zone, ours := nodes.ParseName(of.Name)
		live, known := wanted[group]
		switch {
		case !ours && of.Labels[nodes.GroupLabel] == "":
			continue // somebody else's
		case !ours:
			p.Nodes.Strays = append(p.Nodes.Strays, nodes.Stray{Group: of.Labels[nodes.GroupLabel], Nodes: of.Desired})
			continue
		case known && slices.Contains(zones[group], zone):
			if _, younger := (*live)[zone]; !younger {
				if *live == nil {
					*live = map[string]nodes.Live{}
				}
				(*live)[zone] = p.liveOf(of, zone)
				continue
			}
		}
		p.Nodes.Strays = append(p.Nodes.Strays, nodes.Stray{Group: group, Zone: zone, Nodes: of.Desired})
	}
	slices.SortFunc(p.Nodes.Strays, func(a, b nodes.Stray) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Zone, b.Zone)) })
}

func (p *Platform) liveOf(g account.NodeGroup, zone string) nodes.Live {
	return nodes.Live{
		Min: g.Min, Max: g.Max, Desired: g.Desired, Version: g.Version, Release: g.Release, Template: nodes.TemplateOf(g.Labels, g.Tags),
		AMIType: g.AMIType, Capacity: g.Capacity, InstanceTypes: g.InstanceTypes, Moved: p.moved(g, zone),
	}
}

// moved reports whether the subnets of a node group differ from those of the
// user's VPC in its zone. Subnets of the program's own VPC do not change.
func (p *Platform) moved(g account.NodeGroup, zone string) bool {
	e := p.Network.Existing
	if e == nil || len(g.SubnetIDs) == 0 {
		return false
	}
	var wanted []string
	for _, id := range e.PrivateSubnetIDs {
		if e.Zones[id] == zone {
			wanted = append(wanted, id)
		}
	}
	return !slices.Equal(slices.Sorted(slices.Values(wanted)), slices.Sorted(slices.Values(g.SubnetIDs)))
}

// changes are what an update does to nodes that run.
func (c *Config) changes() []nodes.Change {
	p := c.Platform
	if !p.Made() || p.Offers.Cluster == nil {
		return nil
	}
	return p.Nodes.Changes(p.Cluster.Name, p.Account.AllTags(c.source.project, c.source.stack))
}

// groupKey returns the key of a group.
func (p *Platform) groupKey(name string) string {
	for i, g := range p.Nodes.Groups {
		if g.Name == name {
			return fmt.Sprintf("nodeGroups[%d]", i)
		}
	}
	if name == nodes.SystemGroup {
		return "systemNodes"
	}
	return "nodeGroups"
}

// checkUpdates refuses updates of nodes that would fail half-way: for a quota
// that leaves no room for the extra nodes, or on a capacity block.
func (c *Config) checkUpdates(d *decoding) {
	p := &c.Platform
	p.checkFailedGroups(d)
	for _, change := range c.changes() {
		key := p.groupKey(change.Group)
		if change.Forced != "" {
			d.add(field.ErrorTypeInvalid, d.typedAt("cluster.nodeRelease"), "is %s, and with another launch template (tags, disk or reservation) of %s EKS takes the newest AMI, %s; set it to that",
				p.Nodes.Release, change.Group, change.Forced)
		}
		if change.Nodes == 0 || change.Effect == nodes.Removes {
			continue
		}
		if change.Block && change.Effect == nodes.Replaces {
			d.add(field.ErrorTypeInvalid, key, "is a capacity block with %d nodes, which EKS replaces only after they have gone (%s); set replicas of its models to 0 and wait for the nodes to go first",
				change.Nodes, commas(change.Reasons))
			continue
		}
		if allowed, known := p.moreNodes(change.Group); known && allowed < change.Extra {
			d.add(field.ErrorTypeInvalid, key, "%s, quota allows %d; have the quota raised", describeChange(change), allowed)
		}
	}
}

// checkFailedGroups refuses to go on from a node group that EKS could not create:
// the update would take it for created, and end the nodes of its predecessor.
func (p *Platform) checkFailedGroups(d *decoding) {
	if p.Offers.Cluster == nil {
		return
	}
	for _, g := range p.Offers.Cluster.Groups {
		group, _, ours := nodes.ParseName(g.Name)
		if !ours || g.Status != "CREATE_FAILED" {
			continue
		}
		d.add(field.ErrorTypeInvalid, p.groupKey(group), "has the node group %s, which EKS could not create, and an update would end the nodes of its predecessor; run: "+
			"aws eks delete-nodegroup --region %s --cluster-name %s --nodegroup-name %s, then pulumi refresh", g.Name, p.Account.Region, p.Cluster.Name, g.Name)
	}
}

// moreNodes returns how many nodes more than run now the account's quota allows a
// group, and whether that is known.
func (p *Platform) moreNodes(group string) (int, bool) {
	quota, vcpus, counted := p.quotaOf(group)
	have, known := p.Offers.VCPUs[quota]
	if !counted || !known || vcpus == 0 {
		return 0, false
	}
	running := 0
	for _, g := range p.Nodes.Groups {
		for _, live := range g.Live {
			running += live.Desired * vcpusOf(live, g.Own, quota)
		}
	}
	return max(have-running, 0) / vcpus, true
}

// vcpusOf returns the vCPUs of the largest type of a node group that a quota
// counts; 0 if it counts none.
func vcpusOf(live nodes.Live, own catalogue.Types, quota account.Quota) int {
	most := 0
	for _, name := range live.InstanceTypes {
		on, err := own.Find(name)
		if of, counted := account.QuotaOf(name, live.Capacity == "SPOT"); err == nil && counted && of == quota {
			most = max(most, on.VCPU)
		}
	}
	return most
}

// quotaOf returns the quota that counts a group, and the vCPUs of its largest
// type. A capacity block is counted by none, and of the system's types the sizes
// are not known.
func (p *Platform) quotaOf(group string) (quota account.Quota, vcpus int, counted bool) {
	for _, g := range p.Nodes.Groups {
		if g.Name != group || g.Capacity == nodes.CapacityBlock {
			continue
		}
		for _, name := range g.InstanceTypes {
			if on, err := g.Own.Find(name); err == nil {
				vcpus = max(vcpus, on.VCPU)
				quota, counted = account.QuotaOf(name, g.Capacity == nodes.Spot)
			}
		}
	}
	return quota, vcpus, counted
}

// describeChange says what an update does to the nodes of a group.
func describeChange(c nodes.Change) string {
	where := commas(c.Zones)
	switch c.Effect {
	case nodes.Removes:
		if where == "" {
			return fmt.Sprintf("removes the node group of an earlier release with its %d nodes, after its successors exist", c.Nodes)
		}
		return fmt.Sprintf("removes its %d nodes in %s", c.Nodes, where)
	case nodes.Recreates:
		return fmt.Sprintf("creates new node groups in place of those in %s (%s), and then removes their %d nodes; needs up to %d more nodes",
			where, commas(c.Reasons), c.Nodes, c.Extra)
	}
	if c.Nodes == 0 {
		return fmt.Sprintf("updates node groups in %s, where no node runs (%s); EKS may start up to %d nodes meanwhile", where, commas(c.Reasons), c.Extra)
	}
	return fmt.Sprintf("replaces %d nodes, one zone at a time (%s); needs up to %d more nodes", c.Nodes, commas(c.Reasons), c.Extra)
}

// updateWarnings say what an update does to nodes that run.
func (c *Config) updateWarnings() []string {
	p := &c.Platform
	var all []string
	for _, change := range c.changes() {
		text := change.Group + ": " + describeChange(change)
		if allowed, known := p.moreNodes(change.Group); known && change.Effect != nodes.Removes {
			text += fmt.Sprintf(", quota allows %d", allowed)
		}
		all = append(all, text)
		if change.BoundsLater {
			all = append(all, fmt.Sprintf("%s: min and max change in the pulumi up after this one, since EKS sets them after it has replaced the nodes, with the number that runs now", p.groupKey(change.Group)))
		}
	}
	bounds := func(key string, most int, live map[string]nodes.Live) {
		for _, zone := range slices.Sorted(maps.Keys(live)) {
			if runs := live[zone].Desired; runs > most {
				all = append(all, fmt.Sprintf("%s.max: is %d in %s, where %d nodes run; they stay, and the bound is %d until the autoscaler has removed some and pulumi up runs again",
					key, most, zone, runs, runs))
			}
		}
	}
	for i, g := range p.Nodes.Groups {
		bounds(fmt.Sprintf("nodeGroups[%d]", i), g.Max, g.Live)
	}
	return append(all, c.patchWarnings()...)
}

// patchWarnings say which AMI releases and add-ons are older than the newest.
func (c *Config) patchWarnings() []string {
	p := &c.Platform
	var all []string
	older := map[[2]string][]string{} // groups by their release and the newest
	releases := p.Nodes.Releases(p.Cluster.Name, p.Account.AllTags(c.source.project, c.source.stack))
	for _, group := range slices.Sorted(maps.Keys(releases)) {
		newest := p.Nodes.Newest.GPU
		if group == nodes.SystemGroup {
			newest = p.Nodes.Newest.System
		}
		if release := releases[group]; newest != "" && versions.Compare(release, newest) < 0 {
			older[[2]string{release, newest}] = append(older[[2]string{release, newest}], group)
		}
	}
	for of, groups := range older {
		all = append(all, fmt.Sprintf("cluster.nodeRelease: AMI release %s of %s is older than %s; set it to %q, or to %s, to replace the nodes", of[0], commas(groups), of[1], of[1], nodes.Latest))
	}
	slices.Sort(all)
	for _, name := range slices.Sorted(maps.Keys(p.Cluster.Addons)) {
		if newest := p.Offers.Addons[name]; newest != "" && versions.Compare(p.Cluster.Addons[name], newest) < 0 {
			all = append(all, fmt.Sprintf("cluster.addons.%s: is %s, and %s is newer", name, p.Cluster.Addons[name], newest))
		}
	}
	return all
}
