package config

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
)

var (
	releaseName  = regexp.MustCompile(`^(1\.\d+)\.\d+-\d{8}$`)
	addonVersion = regexp.MustCompile(`^v\d+\.\d+\.\d+-eksbuild\.\d+$`)
)

// checkAddons refuses a running cluster with an EKS add-on whose version is not known.
func (c *Config) checkAddons(found *findings) {
	p := &c.Platform
	if p.Offers.Cluster == nil {
		return
	}
	for _, name := range p.Cluster.AddonNames() {
		if cmp.Or(c.typed.Cluster.Addons[name], p.Offers.Addons[name]) == "" {
			found.add(field.ErrorTypeRequired, field.NewPath("cluster", "addons", name), "is missing, and the newest version cannot be read; name the running version, or allow eks:DescribeAddonVersions")
		}
	}
}

// checkPatches refuses AMI releases and versions of add-ons that EKS refuses.
func (p *Platform) checkPatches(found *findings) {
	path := found.typedAt(field.NewPath("cluster", "nodeRelease"))
	release := p.Nodes.Release
	parts := releaseName.FindStringSubmatch(release)
	switch {
	case release == "" || release == nodes.Latest:
	case parts == nil:
		found.add(field.ErrorTypeInvalid, path, "is %q, want a release of the EKS AMI such as %q, or %q for the newest", release, versions.AMIRelease(versions.Kubernetes), nodes.Latest)
	case parts[1] != p.Cluster.KubernetesVersion:
		found.add(field.ErrorTypeForbidden, path, "is %s, a release for Kubernetes %s, and cluster.kubernetesVersion is %s; want a release for that, or remove the key",
			release, parts[1], p.Cluster.KubernetesVersion)
	default:
		p.checkOlderRelease(found, path)
	}
	names := p.Cluster.AddonNames()
	for _, name := range slices.Sorted(maps.Keys(p.Cluster.Addons)) {
		path := found.typedAt(field.NewPath("cluster", "addons", name))
		switch version := p.Cluster.Addons[name]; {
		case !slices.Contains(names, name):
			found.add(field.ErrorTypeInvalid, path, "is the version of an add-on that the cluster does not have%s; it has %s", keys.DidYouMean(name, names), strings.Join(slices.Sorted(slices.Values(names)), ", "))
		case !addonVersion.MatchString(version):
			found.add(field.ErrorTypeInvalid, path, "is %q, want a version of the EKS add-on such as %q", version, versions.Addon(name, p.Cluster.KubernetesVersion))
		}
	}
}

// checkOlderRelease refuses a release older than that of running nodes: EKS does not go
// back.
// https://docs.aws.amazon.com/eks/latest/userguide/update-managed-node-group.html (read 2026-11-29)
func (p *Platform) checkOlderRelease(found *findings, path *field.Path) {
	check := func(group string, live map[string]nodes.Live) {
		for _, zone := range slices.Sorted(maps.Keys(live)) {
			runs := live[zone]
			if runs.Version == p.Cluster.KubernetesVersion && versions.Compare(p.Nodes.Release, runs.Release) < 0 {
				found.add(field.ErrorTypeInvalid, path, "is %s, and %s has %s in %s, which is newer; EKS does not go back to an older AMI; want %s or newer",
					p.Nodes.Release, group, runs.Release, zone, runs.Release)
				return
			}
		}
	}
	check(nodes.SystemGroup, p.Nodes.System.Live)
	for _, g := range p.Nodes.Groups {
		check(g.Name, g.Live)
	}
}

// checkFixed refuses changes of a running cluster that AWS cannot make without a new
// cluster. deployed is the name of the cluster of the last update.
func (p *Platform) checkFixed(found *findings, deployed string) {
	if live := p.Offers.Cluster; live != nil {
		checkVersionStep(found, live.Version, p.Cluster.KubernetesVersion)
	}
	f := p.Offers.Fixed
	if f == nil {
		return
	}
	refuse := func(path *field.Path, requested, has string) {
		protected := ""
		if p.Cluster.Protect {
			protected = ", which cluster.protect refuses"
		}
		found.add(field.ErrorTypeInvalid, found.typedAt(path), "is %q, and the cluster has %q; AWS cannot change it, so the update would replace the cluster and everything in it%s; want %q, or run pulumi destroy first",
			requested, has, protected, has)
	}
	if f.Name != p.Cluster.Name {
		if f.Name == deployed { // and not the cluster of another stack with the same name
			refuse(field.NewPath("cluster", "name"), p.Cluster.Name, f.Name)
		}
		return // the other values belong to a cluster that the stack does not name
	}
	if f.ServiceCIDR != "" && f.ServiceCIDR != p.Cluster.ServiceCIDR {
		refuse(field.NewPath("cluster", "serviceCidr"), p.Cluster.ServiceCIDR, f.ServiceCIDR)
	}
	if n := p.Network.WithDefaults(); n.Existing == nil && len(f.NetworkCIDRs) > 0 && !slices.Contains(f.NetworkCIDRs, n.CIDR) {
		refuse(field.NewPath("network", "cidr"), n.CIDR, f.NetworkCIDRs[0])
	}
}

// checkVersionStep refuses a version of Kubernetes other than the running version or the
// next one.
// https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html (read 2026-11-29)
func checkVersionStep(found *findings, runs, requested string) {
	path := found.typedAt(field.NewPath("cluster", "kubernetesVersion"))
	current, target := minorOf(runs), minorOf(requested)
	next := "1." + strconv.Itoa(current+1)
	switch {
	case current == 0 || target == 0 || target == current || target == current+1:
	case target < current:
		found.add(field.ErrorTypeInvalid, path, "is %q, and the cluster runs %s; EKS has no downgrade; want %q, or %q where EKS has it", requested, runs, runs, next)
	default:
		found.add(field.ErrorTypeInvalid, path, "is %q, and the cluster runs %s; EKS upgrades one minor version at a time; want %q first", requested, runs, next)
	}
}

// minorOf returns the minor version, such as 35 for 1.35; 0 if the string is not a
// version.
func minorOf(version string) int {
	text, found := strings.CutPrefix(version, "1.")
	n, err := strconv.Atoi(text)
	if !found || err != nil {
		return 0
	}
	return n
}

// checkUpdates refuses updates of nodes that would fail half-way: if the quota does not
// allow the extra nodes, or on a capacity block.
func (c *Config) checkUpdates(found *findings) {
	p := &c.Platform
	p.checkFailedGroups(found)
	for _, change := range c.changes() {
		path := p.groupPath(change.Group)
		if change.Forced != "" {
			found.add(field.ErrorTypeInvalid, found.typedAt(field.NewPath("cluster", "nodeRelease")), "is %s, and with a changed launch template (tags, disk or reservation) of %s EKS uses the newest AMI, %s; set it to that",
				p.Nodes.Release, change.Group, change.Forced)
		}
		if change.Nodes == 0 || change.Effect == nodes.Removes {
			continue
		}
		if change.Block && change.Effect == nodes.Replaces {
			found.add(field.ErrorTypeInvalid, path, "is a capacity block with %d nodes, and EKS replaces them only after they have stopped (%s); first set the replicas of its models to 0, and wait until the nodes have stopped",
				change.Nodes, commas(change.Reasons))
			continue
		}
		if allowed, limited := p.moreNodes(change.Group); limited && allowed < change.Extra {
			found.add(field.ErrorTypeInvalid, path, "%s, quota allows %d; have the quota raised", describeChange(change), allowed)
		}
	}
}

// checkFailedGroups refuses an update if EKS could not create a node group. The update
// would treat it as created, and end the nodes of the group that it replaces.
func (p *Platform) checkFailedGroups(found *findings) {
	if p.Offers.Cluster == nil {
		return
	}
	for _, g := range p.Offers.Cluster.Groups {
		group, _, managed := nodes.ParseName(g.Name)
		if !managed || g.Status != "CREATE_FAILED" {
			continue
		}
		found.add(field.ErrorTypeInvalid, p.groupPath(group), "has the node group %s, which EKS could not create, so an update would end the nodes of the group that it replaces; run: "+
			"aws eks delete-nodegroup --region %s --cluster-name %s --nodegroup-name %s, then pulumi refresh", g.Name, p.Account.Region, p.Cluster.Name, g.Name)
	}
}
