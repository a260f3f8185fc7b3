package config

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// shared is what the stack pays for beside its models: what the user says, and
// what the program makes.
func (c *Config) shared() sizing.Shared {
	all := c.Costs.Shared
	p := c.Platform
	if !p.Made() {
		return all
	}
	all.ControlPlanes++
	if extended, _ := p.Cluster.Support(c.source.now()); extended {
		all.ExtendedSupport++
	}
	counts := p.Network.Counts()
	all.NATGateways += counts.NATGateways
	all.Endpoints += counts.Endpoints
	balancers, public := c.loadBalancers()
	all.LoadBalancers += balancers
	all.PublicIPv4 += counts.NATGateways + public
	all.Nodes = maps.Clone(all.Nodes)
	if all.Nodes == nil {
		all.Nodes = map[string]int{}
	}
	if len(p.Nodes.System.InstanceTypes) > 0 {
		all.Nodes[p.Nodes.System.InstanceTypes[0]] += p.Nodes.System.Min
	}
	return all
}

// loadBalancers returns the number of the models' load balancers, one each and
// one for each group, and the number of their public addresses: one in each zone
// of a load balancer that faces the internet.
func (c *Config) loadBalancers() (count, addresses int) {
	groups := map[string]bool{}
	zones := len(c.Platform.nodeZones())
	for _, m := range c.Models {
		if m.Ingress.Class != serving.ALBClass {
			continue
		}
		group := m.Ingress.ALB.Group
		if group == "" {
			group = "\x00" + m.Name
		}
		if !groups[group] && m.Ingress.ALB.InternetFacing {
			addresses += zones
		}
		groups[group] = true
	}
	return len(groups), addresses
}

// platformWarnings are what one ought to know of the platform.
func (c *Config) platformWarnings() []string {
	p := c.Platform
	if !p.Made() {
		return nil
	}
	var all []string
	warn := func(format string, values ...any) { all = append(all, fmt.Sprintf(format, values...)) }
	all = append(all, c.supportWarnings()...)
	if len(p.Cluster.PublicAccessCIDRs) == 0 {
		warn("cluster.publicAccessCidrs: is empty, so that nothing outside the network reaches the API server, and pulumi up works from within alone, such as over a VPN; " +
			"name the public addresses of those who deploy, or be sure that they have a way in")
	}
	if p.asked && !p.admitted() {
		warn("cluster.access: %s, who runs this, is no admin of the cluster: a preview works, and an up stops at the first object on it", p.Offers.Caller)
	}
	if !p.Prometheus.Install && c.Monitoring.ServiceMonitor != nil && *c.Monitoring.ServiceMonitor {
		warn("monitoring.serviceMonitor: is true, and nothing of this stack brings the kind ServiceMonitor, so that the first pulumi up stops at the first of them; " +
			"remove the key, or install the CustomResourceDefinitions of Prometheus' operator as soon as the cluster exists")
	}
	for _, unread := range p.Offers.Unread {
		warn("%s", unread)
	}
	for i, m := range c.Models {
		if stop, group := m.GraceSeconds(), c.spotOf(i); group != "" && stop > spotSeconds {
			warn("%s: takes %d s to stop, and capacity: spot of %s gives it about %d before the node is taken away; lower lifecycle.shutdownSeconds",
				m.Name, stop, group, spotSeconds)
		}
	}
	return slices.Concat(all, c.updateWarnings(), p.routeWarnings(), c.subnetWarnings())
}

// supportWarnings tell of extended support: that it costs more, or that it
// begins soon.
func (c *Config) supportWarnings() []string {
	of := c.Platform.Cluster
	standard, _ := c.prices().Of(catalogue.ControlPlane)
	price, _ := c.prices().Of(catalogue.ExtendedSupport)
	if extended, _ := of.Support(c.source.now()); extended {
		return []string{fmt.Sprintf("cluster.kubernetesVersion: %s is in extended support, which costs %.2f USD/h and not %.2f; raise it, one minor version at a time",
			of.KubernetesVersion, price.USDPerHour, standard.USDPerHour)}
	}
	if day, soon := of.ExtendedSoon(c.source.now()); soon {
		return []string{fmt.Sprintf("cluster.kubernetesVersion: extended support of %s begins on %s, and then the control plane costs %.2f USD/h and not %.2f; raise it before that day, one minor version at a time",
			of.KubernetesVersion, day.Format(time.DateOnly), price.USDPerHour, standard.USDPerHour)}
	}
	return nil
}

// extendedSurcharge is what extended support of the created cluster adds, in USD
// an hour; 0 in standard support.
func (c *Config) extendedSurcharge() float64 {
	if extended, _ := c.Platform.Cluster.Support(c.source.now()); !c.Platform.Made() || !extended {
		return 0
	}
	standard, _ := c.prices().Of(catalogue.ControlPlane)
	price, _ := c.prices().Of(catalogue.ExtendedSupport)
	return price.USDPerHour - standard.USDPerHour
}

// spotSeconds is how long a pod has to stop on spare capacity that is taken
// away: two minutes, less the time in which the notice gets to it.
const spotSeconds = 100

// spotOf names the first group of spare capacity on which a model may run; "" if
// there is none.
func (c *Config) spotOf(model int) string {
	for _, g := range c.Platform.Nodes.Groups {
		if g.Capacity == nodes.Spot && slices.Contains(c.Models[model].GroupNames(), g.Name) {
			return g.Name
		}
	}
	return ""
}

// subnetWarnings are about subnets of the user's, on which load balancers are to
// be.
func (c *Config) subnetWarnings() []string {
	p := c.Platform
	e := p.Network.Existing
	if balancers, _ := c.loadBalancers(); e == nil || !p.asked || balancers == 0 {
		return nil
	}
	var all []string
	for _, of := range []struct {
		key, tag string
		ids      []string
	}{{"privateSubnetIds", "kubernetes.io/role/internal-elb", e.PrivateSubnetIDs}, {"publicSubnetIds", "kubernetes.io/role/elb", e.PublicSubnetIDs}} {
		for i, id := range of.ids {
			if p.Offers.Subnets[id].Tags[of.tag] != "1" {
				all = append(all, fmt.Sprintf("network.%s[%d]: %s lacks the tag %s: 1, without which no load balancer gets there", of.key, i, id, of.tag))
			}
		}
	}
	return all
}
