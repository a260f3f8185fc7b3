package config

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/spec/checklist"
)

// check reports every problem of a complete configuration: of each component, and of
// combinations of components. It changes nothing.
func (c *Config) check(found *findings) {
	found.report(c.unfilled)
	found.report(keys.Check(&c.root, nil)) // the declarations of every key
	c.checkNodeGroups(found)
	if !found.covers(field.NewPath("cluster")) { // else it is not known whether the cluster exists
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
	c.checkTelemetry(found)
	c.checkNamespaces(found)
	for i, m := range c.Models {
		c.checkGroupNames(found, i)
		path := field.NewPath("models").Index(i)
		found.settle(path.Child("costs")) // the costs of models are those of the stack, which are reported there
		found.report(manifest.Validate(m, path))
	}
	c.checkIdentity(found)
	c.checkIngresses(found)
	c.checkCertificates(found)
	c.checkRoles(found)
	c.checkCaches(found)
	c.checkChecklist(found)
	if len(found.list) == 0 {
		c.checkSize(found)
	}
}

// checkNodeGroups refuses node groups that are not valid for models.
func (c *Config) checkNodeGroups(found *findings) {
	for i, g := range c.NodeGroups {
		path := field.NewPath("nodeGroups").Index(i)
		group := c.root.NodeGroups[i]
		if h := group.Hardware; h != nil {
			hardware := path.Child("hardware")
			if instanceType := group.catalogued(); instanceType != "" {
				found.add(field.ErrorTypeForbidden, hardware, "describes %s, which is in the catalogue; remove it, or name other instanceTypes", instanceType)
			}
			found.report(h.Validate(hardware))
			if found.reported(hardware) {
				found.settle(hardware) // do not report it again for the types
			}
		}
		found.report(g.Validate(path))
	}
}

// checkPlatform reports the problems of the platform: everything except the models.
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

// checkCreated refuses nodes, addresses and versions that a created cluster cannot have,
// and updates that AWS refuses.
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

// checkChecklist refuses deviations from the checklist that do not exist, and with
// checklist.require a stack that does not meet an item.
func (c *Config) checkChecklist(found *findings) {
	path := field.NewPath("checklist")
	var names []string
	for _, m := range c.Models {
		names = append(names, m.Name)
	}
	found.report(c.root.Checklist.Validate(path, names))
	if len(found.list) > 0 || !c.root.Checklist.Require {
		return // an item is about a valid stack
	}
	for _, sentence := range c.unmet() {
		found.add(field.ErrorTypeForbidden, path.Child("require"), "is true, and the stack does not meet %s; or add the item to checklist.accept", sentence)
	}
}

// unmet returns a sentence for each item of the checklist that the stack neither meets
// nor accepts.
func (c *Config) unmet() []string {
	p := &c.Platform
	if !c.root.Checklist.Enabled(p.Made() && p.Cluster.Protect) {
		return nil
	}
	controllers := map[string]int{}
	if p.KEDA.Install {
		controllers["keda.replicas"] = p.KEDA.Replicas
	}
	if p.IngressController.Install {
		controllers["ingressController.replicas"] = p.IngressController.Replicas
	}
	return c.root.Checklist.Unmet(checklist.Stack{
		Models: c.Models, MaxUSDPerHour: c.Limits.MaxUSDPerHour, Created: p.Made(), Cluster: p.Cluster, Network: p.Network, Nodes: p.Nodes,
		Prometheus: p.Prometheus, Controllers: controllers,
	})
}

// checklistWarnings returns a warning for each item of the checklist that the stack does
// not meet.
func (c *Config) checklistWarnings() []string {
	var warnings []string
	for _, sentence := range c.unmet() {
		warnings = append(warnings, "checklist: "+sentence)
	}
	return warnings
}
