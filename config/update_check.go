package config

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// checkFixed refuses changes of a cluster that runs which AWS does not make, or
// for which it would need another cluster. Deployed is the name of the cluster that
// the last update deployed.
func (p *Platform) checkFixed(d *decoding, deployed string) {
	if live := p.Offers.Cluster; live != nil {
		checkVersionStep(d, live.Version, p.Cluster.KubernetesVersion)
	}
	f := p.Offers.Fixed
	if f == nil {
		return
	}
	refuse := func(key, wanted, has string) {
		protected := ""
		if p.Cluster.Protect {
			protected = ", which cluster.protect refuses"
		}
		d.add(field.ErrorTypeInvalid, d.typedAt(key), "is %q, and the cluster has %q; AWS never changes it, and another needs a new cluster in place of this one and all in it%s; want %q, or run pulumi destroy first",
			wanted, has, protected, has)
	}
	if f.Name != p.Cluster.Name {
		if f.Name == deployed { // and not that of a stack of the same name elsewhere
			refuse("cluster.name", p.Cluster.Name, f.Name)
		}
		return // the rest is of a cluster that the stack does not name
	}
	if f.ServiceCIDR != "" && f.ServiceCIDR != p.Cluster.ServiceCIDR {
		refuse("cluster.serviceCidr", p.Cluster.ServiceCIDR, f.ServiceCIDR)
	}
	if n := p.Network.WithDefaults(); n.Existing == nil && len(f.NetworkCIDRs) > 0 && !slices.Contains(f.NetworkCIDRs, n.CIDR) {
		refuse("network.cidr", n.CIDR, f.NetworkCIDRs[0])
	}
}

// checkVersionStep refuses another version of Kubernetes than the one that runs
// or the next.
// https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html (read 2026-11-29)
func checkVersionStep(d *decoding, runs, wanted string) {
	const key = "cluster.kubernetesVersion"
	from, to := minorOf(runs), minorOf(wanted)
	next := "1." + strconv.Itoa(from+1)
	switch {
	case from == 0 || to == 0 || to == from || to == from+1:
	case to < from:
		d.add(field.ErrorTypeInvalid, d.typedAt(key), "is %q, and the cluster runs %s; EKS has no downgrade; want %q, or %q where EKS has it", wanted, runs, runs, next)
	default:
		d.add(field.ErrorTypeInvalid, d.typedAt(key), "is %q, and the cluster runs %s; EKS upgrades one minor version at a time; want %q first", wanted, runs, next)
	}
}

// minorOf is 35 of 1.35; 0 of what is no version.
func minorOf(version string) int {
	text, found := strings.CutPrefix(version, "1.")
	n, err := strconv.Atoi(text)
	if !found || err != nil {
		return 0
	}
	return n
}
