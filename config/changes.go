package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
)

// changes returns the effects of an update on running nodes.
func (c *Config) changes() []nodes.Change {
	p := c.Platform
	if !p.Made() || p.Offers.Cluster == nil {
		return nil
	}
	return p.Nodes.Changes(p.Cluster.Name, p.Account.AllTags(c.source.project, c.source.stack))
}

// groupPath returns the key of a group.
func (p *Platform) groupPath(name string) *field.Path {
	for i, g := range p.Nodes.Groups {
		if g.Name == name {
			return field.NewPath("nodeGroups").Index(i)
		}
	}
	if name == nodes.SystemGroup {
		return field.NewPath("systemNodes")
	}
	return field.NewPath("nodeGroups")
}

// moreNodes returns the number of additional nodes that the account's quota allows a
// group, and whether it is known.
func (p *Platform) moreNodes(group string) (int, bool) {
	quota, vcpus, counted := p.quotaOf(group)
	have, limited := p.Offers.VCPUs[quota]
	if !counted || !limited || vcpus == 0 {
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
func vcpusOf(live nodes.Live, catalogued catalogue.Types, quota account.Quota) int {
	largest := 0
	for _, name := range live.InstanceTypes {
		instance, err := catalogued.Find(name)
		if counter, counted := account.QuotaOf(name, live.Capacity == "SPOT"); err == nil && counted && counter == quota {
			largest = max(largest, instance.VCPU)
		}
	}
	return largest
}

// quotaOf returns the quota that counts a group, and the vCPUs of its largest type. No
// quota counts a capacity block, and the sizes of the types of systemNodes are not known.
func (p *Platform) quotaOf(group string) (quota account.Quota, vcpus int, counted bool) {
	for _, g := range p.Nodes.Groups {
		if g.Name != group || g.Capacity == nodes.CapacityBlock {
			continue
		}
		for _, name := range g.InstanceTypes {
			if instance, err := g.Own.Find(name); err == nil {
				vcpus = max(vcpus, instance.VCPU)
				quota, counted = account.QuotaOf(name, g.Capacity == nodes.Spot)
			}
		}
	}
	return quota, vcpus, counted
}

// describeChange returns a sentence about the effect of an update on the nodes of a
// group.
func describeChange(c nodes.Change) string {
	zones := commas(c.Zones)
	switch c.Effect {
	case nodes.Removes:
		if zones == "" {
			return fmt.Sprintf("removes the node group of an earlier release with its %s after the new groups exist", nodesOf(c.Nodes))
		}
		return fmt.Sprintf("removes its %s in %s", nodesOf(c.Nodes), zones)
	case nodes.Recreates:
		return fmt.Sprintf("replaces its node groups with %s in %s (%s); needs up to %d more nodes",
			nodesOf(c.Nodes), zones, commas(c.Reasons), c.Extra)
	}
	if c.Nodes == 0 {
		return fmt.Sprintf("updates node groups without nodes in %s (%s); EKS may start up to %d nodes meanwhile", zones, commas(c.Reasons), c.Extra)
	}
	return fmt.Sprintf("replaces %s, one zone at a time (%s); needs up to %d more nodes", nodesOf(c.Nodes), commas(c.Reasons), c.Extra)
}

// nodesOf returns a number of nodes as text: "1 node", "2 nodes".
func nodesOf(n int) string {
	if n == 1 {
		return "1 node"
	}
	return fmt.Sprintf("%d nodes", n)
}

// updateWarnings returns a warning for each effect of an update on running nodes.
func (c *Config) updateWarnings() []string {
	p := &c.Platform
	var warnings []string
	for _, change := range c.changes() {
		text := change.Group + ": " + describeChange(change)
		if allowed, limited := p.moreNodes(change.Group); limited && change.Effect != nodes.Removes {
			text += fmt.Sprintf(", quota allows %d", allowed)
		}
		warnings = append(warnings, text)
		if change.BoundsLater {
			warnings = append(warnings, fmt.Sprintf("%s: min and max change only in the next pulumi up, because EKS replaces the nodes first", p.groupPath(change.Group)))
		}
	}
	bounds := func(path *field.Path, bound int, live map[string]nodes.Live) {
		for _, zone := range slices.Sorted(maps.Keys(live)) {
			if runs := live[zone].Desired; runs > bound {
				warnings = append(warnings, fmt.Sprintf("%s: is %d, but %d nodes run in %s; the bound stays %d until the autoscaler has removed nodes and pulumi up runs again",
					path.Child("max"), bound, runs, zone, runs))
			}
		}
	}
	for i, g := range p.Nodes.Groups {
		bounds(field.NewPath("nodeGroups").Index(i), g.Max, g.Live)
	}
	return append(warnings, c.patchWarnings()...)
}

// patchWarnings returns a warning for each AMI release and add-on that is older than the
// newest.
func (c *Config) patchWarnings() []string {
	p := &c.Platform
	var warnings []string
	older := map[[2]string][]string{} // groups by their release and the newest release
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
	for release, groups := range older {
		warnings = append(warnings, fmt.Sprintf("cluster.nodeRelease: AMI release %s of %s is older than %s; to replace the nodes, set it to that release", release[0], commas(groups), release[1]))
	}
	slices.Sort(warnings)
	for _, name := range slices.Sorted(maps.Keys(p.Cluster.Addons)) {
		if newest := p.Offers.Addons[name]; newest != "" && versions.Compare(p.Cluster.Addons[name], newest) < 0 {
			warnings = append(warnings, fmt.Sprintf("cluster.addons.%s: is %s, and %s is newer", name, p.Cluster.Addons[name], newest))
		}
	}
	return warnings
}

func commas(texts []string) string { return strings.Join(texts, ", ") }
