package config

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
)

var (
	releaseName  = regexp.MustCompile(`^(1\.\d+)\.\d+-\d{8}$`)
	addonVersion = regexp.MustCompile(`^v\d+\.\d+\.\d+-eksbuild\.\d+$`)
)

// fillAddons gives each EKS add-on a version: the one that the stack names, else
// the newest that EKS has, else, for a new cluster, the one of the table. A cluster
// that runs may have a newer one than the table, which an update would replace.
func (p *Platform) fillAddons(d *decoding) {
	all := maps.Clone(p.Cluster.Addons)
	if all == nil {
		all = map[string]string{}
	}
	for _, name := range p.Cluster.AddonNames() {
		if p.Offers.Cluster != nil && cmp.Or(all[name], p.Offers.Addons[name]) == "" {
			d.add(field.ErrorTypeRequired, "cluster.addons."+name, "is missing, and EKS does not say which version is the newest; name the version that runs, or have eks:DescribeAddonVersions allowed")
		}
		if version := cmp.Or(all[name], p.Offers.Addons[name], versions.Addon(name, p.Cluster.KubernetesVersion)); version != "" {
			all[name] = version
		}
	}
	p.Cluster.Addons = all
}

// checkPatches refuses AMI releases and versions of add-ons that EKS would.
func (p *Platform) checkPatches(d *decoding) {
	const key = "cluster.nodeRelease"
	release := p.Nodes.Release
	parts := releaseName.FindStringSubmatch(release)
	switch {
	case release == "" || release == nodes.Latest:
	case parts == nil:
		d.add(field.ErrorTypeInvalid, d.typedAt(key), "is %q, want a release of the EKS AMI such as %q, or %q for the newest", release, versions.AMIRelease(versions.Kubernetes), nodes.Latest)
	case parts[1] != p.Cluster.KubernetesVersion:
		d.add(field.ErrorTypeForbidden, d.typedAt(key), "is %s, a release for Kubernetes %s, and cluster.kubernetesVersion is %s; want a release for that, or remove the key",
			release, parts[1], p.Cluster.KubernetesVersion)
	default:
		p.checkOlderRelease(d, d.typedAt(key))
	}
	names := p.Cluster.AddonNames()
	for _, name := range slices.Sorted(maps.Keys(p.Cluster.Addons)) {
		key := d.typedAt("cluster.addons." + name)
		switch version := p.Cluster.Addons[name]; {
		case !slices.Contains(names, name):
			d.add(field.ErrorTypeInvalid, key, "is the version of an add-on that the cluster has not%s; it has %s", didYouMean(name, names), strings.Join(slices.Sorted(slices.Values(names)), ", "))
		case !addonVersion.MatchString(version):
			d.add(field.ErrorTypeInvalid, key, "is %q, want a version of the EKS add-on such as %q", version, versions.Addon(name, p.Cluster.KubernetesVersion))
		}
	}
}

// checkOlderRelease refuses a release older than that of nodes that run: EKS does
// not go back.
// https://docs.aws.amazon.com/eks/latest/userguide/update-managed-node-group.html (read 2026-11-29)
func (p *Platform) checkOlderRelease(d *decoding, key string) {
	check := func(group string, live map[string]nodes.Live) {
		for _, zone := range slices.Sorted(maps.Keys(live)) {
			runs := live[zone]
			if runs.Version == p.Cluster.KubernetesVersion && versions.Compare(p.Nodes.Release, runs.Release) < 0 {
				d.add(field.ErrorTypeInvalid, key, "is %s, and %s has %s in %s, which is newer; EKS does not go back to an older AMI; want %s or newer",
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

// ClusterPin returns what cluster.pin freezes: the versions of the add-ons, and
// the AMI release where all nodes have the same. It is nil on a cluster of the
// user's.
func (c *Config) ClusterPin() map[string]any {
	p := &c.Platform
	if !p.Made() {
		return nil
	}
	addons := map[string]any{}
	for name, version := range p.Cluster.Addons {
		addons[name] = version
	}
	pin := map[string]any{"addons": addons}
	var releases []string
	for _, release := range p.Nodes.Releases(p.Cluster.Name, p.Account.AllTags(c.source.project, c.source.stack)) {
		releases = append(releases, release)
	}
	slices.Sort(releases)
	if same := slices.Compact(releases); len(same) == 1 {
		pin["nodeRelease"] = same[0]
	}
	return pin
}

func commas(texts []string) string { return strings.Join(texts, ", ") }
