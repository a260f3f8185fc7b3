package config

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// checkCosts refuses impossible prices and numbers, and prices of unknown names, which
// are most likely misspelt.
func (c *Config) checkCosts(found *findings) {
	costs := field.NewPath("costs")
	c.checkPrices(found)
	if s := c.Costs.Shared; s.ExtendedSupport > s.ControlPlanes {
		found.add(field.ErrorTypeInvalid, costs.Child("shared", "extendedSupport"), "is %d, want at most controlPlanes, which is %d", s.ExtendedSupport, s.ControlPlanes)
	}
}

// checkSize refuses a stack that exceeds its cost limit or whose limited costs are not
// known, and groups that are too small for their models.
func (c *Config) checkSize(found *findings) {
	bill := c.bill()
	limit := field.NewPath("limits", "maxUsdPerHour")
	switch budget := c.Limits.MaxUSDPerHour; {
	case budget == 0:
	case len(bill.Unpriced) > 0:
		found.add(field.ErrorTypeInvalid, limit, "is %.2f, and %s has no price in the catalogue; set its price with costs.usdPerHour", budget, strings.Join(bill.Unpriced, ", "))
	case bill.Max > budget && bill.Max-c.extendedSurcharge() <= budget:
		found.add(field.ErrorTypeInvalid, limit, "is %.2f, and the stack costs %.2f USD/h with all replicas, %.2f of it for extended support of Kubernetes %s: %s; raise cluster.kubernetesVersion, one minor version at a time, or raise the limit",
			budget, bill.Max, c.extendedSurcharge(), c.Platform.Cluster.KubernetesVersion, bill.List())
	case bill.Max > budget:
		found.add(field.ErrorTypeInvalid, limit, "is %.2f, and the stack costs %.2f USD/h with all replicas: %s; lower replicas.max or raise the limit",
			budget, bill.Max, bill.List())
	}
	nodes := sizing.Account(c.poolsOfZone(), sizing.Shared{}, c.prices()).Nodes
	for i, g := range c.NodeGroups {
		if need := nodes[g.Name]; g.Max > 0 && need > g.Max {
			found.add(field.ErrorTypeInvalid, field.NewPath("nodeGroups").Index(i).Child("max"), "is %d, and its models need %d nodes with all replicas: %s; raise it, lower replicas.max, or name another group with nodeGroup",
				g.Max, need, strings.Join(c.demands(g.Name), ", "))
		}
	}
}

// checkPrices refuses prices of unknown names, which are most likely misspelt, and shared
// nodes without a price.
func (c *Config) checkPrices(found *findings) {
	priced := catalogue.Priced()
	for _, i := range catalogue.Instances() {
		priced[i.Type] = true
	}
	for _, g := range c.NodeGroups {
		for name := range g.Own {
			priced[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(priced))
	for _, name := range slices.Sorted(maps.Keys(c.Costs.USDPerHour)) {
		if _, system := c.Costs.Shared.Nodes[name]; !priced[name] && !system {
			found.add(field.ErrorTypeInvalid, field.NewPath(keys.Join("costs.usdPerHour", name)), "is not a name of the catalogue or of costs.shared.nodes%s", keys.DidYouMean(name, names))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Costs.Shared.Nodes)) {
		if _, ok := c.prices().For(name); !ok {
			found.add(field.ErrorTypeInvalid, field.NewPath(keys.Join("costs.shared.nodes", name)), "has no price in the catalogue%s; set its price with costs.usdPerHour", keys.DidYouMean(name, names))
		}
	}
}

// shared returns the resources that the stack pays for in addition to its models: those
// that the user declares, and those that the program creates.
func (c *Config) shared() sizing.Shared {
	shared := c.Costs.Shared
	p := c.Platform
	if !p.Made() {
		return shared
	}
	shared.ControlPlanes++
	if extended, _ := p.Cluster.Support(c.source.now()); extended {
		shared.ExtendedSupport++
	}
	counts := p.Network.Counts()
	shared.NATGateways += counts.NATGateways
	shared.Endpoints += counts.Endpoints
	balancers, public := c.loadBalancers()
	shared.LoadBalancers += balancers
	shared.PublicIPv4 += counts.NATGateways + public
	shared.Nodes = maps.Clone(shared.Nodes)
	if shared.Nodes == nil {
		shared.Nodes = map[string]int{}
	}
	if len(p.Nodes.System.InstanceTypes) > 0 {
		shared.Nodes[p.Nodes.System.InstanceTypes[0]] += p.Nodes.System.Min
	}
	return shared
}

// loadBalancers returns the number of the models' load balancers (one for each model or
// group), and the number of their public addresses (one in each zone of an
// internet-facing load balancer).
func (c *Config) loadBalancers() (count, addresses int) {
	groups := map[string]bool{}
	zones := len(c.Platform.nodeZones())
	for _, m := range c.Models {
		if m.Service.Type == serving.LoadBalancer {
			count++
			if m.Service.InternetFacing {
				addresses += zones
			}
		}
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
	return count + len(groups), addresses
}

// extendedSurcharge returns the cost that extended support of the created cluster adds,
// in USD an hour; 0 in standard support.
func (c *Config) extendedSurcharge() float64 {
	if extended, _ := c.Platform.Cluster.Support(c.source.now()); !c.Platform.Made() || !extended {
		return 0
	}
	standard, _ := c.prices().For(catalogue.ControlPlane)
	price, _ := c.prices().For(catalogue.ExtendedSupport)
	return price.USDPerHour - standard.USDPerHour
}
