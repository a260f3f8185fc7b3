package config

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/spec/account"
)

// checkExistingVersion finds out which version of Kubernetes an existing cluster
// runs, where cluster-autoscaler is installed, which must be of the same. The
// account says so, or else cluster.kubernetesVersion.
func (c *Config) checkExistingVersion(d *decoding, read account.Reader) {
	p := &c.Platform
	if !p.Autoscaler.Install {
		return
	}
	const key = "cluster.kubernetesVersion"
	given, live := p.Cluster.KubernetesVersion, p.liveVersion(read)
	switch {
	case live == "" && given == "":
		d.add(field.ErrorTypeRequired, key, "is missing, and the account did not say which version %s runs; cluster-autoscaler must be of the same minor version: give it in quotes, such as %q",
			p.Cluster.Existing.Name, versions.Kubernetes)
	case live != "" && given != "" && live != given:
		d.add(field.ErrorTypeForbidden, key, "is %s, and the cluster runs %s; remove the key", given, live)
	case given == "":
		p.Cluster.KubernetesVersion = live
	}
}

// liveVersion returns the version of the existing cluster, or "" if the account
// does not say so. Without a version, nothing is installed, so that a failure is
// reported as a missing key.
func (p *Platform) liveVersion(read account.Reader) string {
	name := p.Cluster.Existing.Name
	if read == nil || name == "" || !slices.Contains(account.Regions(), p.Account.Region) {
		return ""
	}
	offers, err := read(account.Wanted{Cluster: name})
	if err != nil || offers.Cluster == nil {
		return ""
	}
	return offers.Cluster.Version
}
