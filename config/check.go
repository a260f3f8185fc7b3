package config

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// check reports every problem of a complete configuration: of each component, and of
// what spans them. It changes nothing.
func (c *Config) check(found *findings) {
	found.report(c.unfilled)
	found.report(keys.Check(&c.root, nil)) // by construction, of every key
	c.checkNodeGroups(found)
	if !found.covers(field.NewPath("cluster")) { // else nobody knows whose it is
		c.checkPlatform(found)
	}
	for i, n := range c.Namespaces {
		found.report(n.Validate(field.NewPath("namespaces").Index(i)))
	}
	c.checkReferences(found)
	c.checkCosts(found)
	c.checkMonitoring(found)
	c.checkGrafanaPassword(found)
	c.checkAlertReceivers(found)
	c.checkNamespaces(found)
	for i, m := range c.Models {
		c.checkGroupNames(found, i)
		path := field.NewPath("models").Index(i)
		found.settle(path.Child("costs")) // those of the stack, which are reported there
		found.report(manifest.Validate(m, path))
	}
	c.checkIdentity(found)
	c.checkIngresses(found)
	c.checkCertificates(found)
	c.checkRoles(found)
	c.checkCaches(found)
	if len(found.list) == 0 {
		c.checkSize(found)
	}
}

// checkNodeGroups refuses node groups that cannot be, as models see them.
func (c *Config) checkNodeGroups(found *findings) {
	for i, g := range c.NodeGroups {
		path := field.NewPath("nodeGroups").Index(i)
		group := c.root.NodeGroups[i]
		if h := group.Hardware; h != nil {
			hardware := path.Child("hardware")
			if instanceType := group.catalogued(); instanceType != "" {
				found.add(field.ErrorTypeForbidden, hardware, "describes %s, which the catalogue has; remove it, or name other instanceTypes", instanceType)
			}
			found.report(h.Validate(hardware))
			if found.reported(hardware) {
				found.settle(hardware) // it is not reported again for its types
			}
		}
		found.report(g.Validate(path))
	}
}

// checkPlatform refuses what is wrong with everything below the models.
func (c *Config) checkPlatform(found *findings) {
	p := &c.Platform
	c.checkAWS(found)
	found.report(p.Account.Validate(field.NewPath("tags")))
	if p.Made() {
		found.report(p.networkProblems())
	} else {
		c.checkUnused(found)
		p.checkVersion(found)
		c.checkLocation(found)
	}
	found.report(p.Cluster.Validate(field.NewPath("cluster")))
	if p.Made() {
		c.checkCreated(found)
	}
	c.checkPreferences(found)
	for _, chart := range p.otherCharts() {
		found.report(chart.spec.Validate(field.NewPath(chart.key)))
	}
}

// checkCreated refuses nodes, addresses and versions that a created cluster cannot
// have, and updates that AWS would refuse.
func (c *Config) checkCreated(found *findings) {
	p := &c.Platform
	found.report(p.Nodes.Validate(field.NewPath("systemNodes"), field.NewPath("nodeGroups")))
	c.checkSupport(found)
	p.checkAddresses(found)
	p.checkOffers(found, &c.source)
	p.checkFixed(found, c.source.Deployed.EKS)
	p.checkPlaces(found)
	c.checkAddons(found)
	p.checkPatches(found)
	p.checkQuotas(found)
	if len(found.list) == 0 {
		c.checkUpdates(found)
	}
}
