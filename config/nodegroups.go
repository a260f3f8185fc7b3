package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/components/nodes"
	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// decodeNodeGroups reads the groups: as models see them, and as they are made.
func decodeNodeGroups(top *node) ([]serving.NodeGroup, []nodes.Group) {
	var groups []serving.NodeGroup
	var made []nodes.Group
	for _, n := range top.objects("nodeGroups") {
		g := serving.NodeGroup{Name: n.str("name"), InstanceTypes: n.texts("instanceTypes"), Max: n.integer("max"), USDPerHour: n.amount("usdPerHour")}
		if least := n.integerOrZero("min"); least != nil {
			g.Min = *least
		}
		if n.has("labels") {
			g.Labels = n.textMap("labels")
		} else {
			n.asked = append(n.asked, "labels")
		}
		capacity := nodes.Capacity(n.str("capacity"))
		g.Undiscounted = capacity == nodes.Spot || capacity == nodes.CapacityBlock
		groups = append(groups, g)
		made = append(made, nodes.Group{
			Name: g.Name, InstanceTypes: g.InstanceTypes, Labels: g.Labels, Min: g.Min, Max: g.Max,
			Capacity:      capacity,
			ReservationID: n.str("reservationId"),
			Zones:         n.texts("zones"),
			DiskGiB:       n.integer("diskGiB"),
		})
	}
	return groups, made
}

func decodeCosts(top *node) Costs {
	n := top.object("costs")
	shared := n.object("shared")
	count := func(key string) int {
		if p := shared.integerOrZero(key); p != nil {
			return *p
		}
		return 0
	}
	return Costs{
		USDPerHour:      n.amounts("usdPerHour"),
		DiscountPercent: n.percent("discountPercent"),
		Shared: sizing.Shared{
			ControlPlanes: count("controlPlanes"), ExtendedSupport: count("extendedSupport"), NATGateways: count("natGateways"),
			Endpoints: count("endpoints"), LoadBalancers: count("loadBalancers"), PublicIPv4: count("publicIpv4"), Nodes: shared.counts("nodes"),
		},
	}
}

func decodeLimits(top *node) Limits {
	return Limits{MaxUSDPerHour: top.object("limits").amount("maxUsdPerHour")}
}

// checkCosts refuses prices of things that nothing of the program costs, which
// are most likely misspelt, and numbers that cannot be.
func (c *Config) checkCosts(d *decoding) {
	priced := catalogue.Priced()
	for _, i := range catalogue.Instances() {
		priced[i.Type] = true
	}
	known := slices.Sorted(maps.Keys(priced))
	for _, name := range slices.Sorted(maps.Keys(c.Costs.USDPerHour)) {
		if _, system := c.Costs.Shared.Nodes[name]; !priced[name] && !system {
			d.add("costs.usdPerHour."+name, "is a price of nothing that the catalogue or costs.shared.nodes has%s", didYouMean(name, known))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Costs.Shared.Nodes)) {
		if _, ok := c.prices().Of(name); !ok {
			d.add("costs.shared.nodes."+name, "has no price in the catalogue%s; give it one with costs.usdPerHour", didYouMean(name, known))
		}
	}
	s := c.Costs.Shared
	for _, of := range []struct {
		key   string
		count int
	}{
		{"controlPlanes", s.ControlPlanes}, {"extendedSupport", s.ExtendedSupport}, {"natGateways", s.NATGateways},
		{"endpoints", s.Endpoints}, {"loadBalancers", s.LoadBalancers}, {"publicIpv4", s.PublicIPv4},
	} {
		if of.count < 0 || of.count > mostShared {
			d.add("costs.shared."+of.key, "is %d, want 0 to %d", of.count, mostShared)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Nodes)) {
		if s.Nodes[name] < 0 || s.Nodes[name] > mostShared {
			d.add("costs.shared.nodes."+name, "is %d, want 1 to %d", s.Nodes[name], mostShared)
		}
	}
	if s.ExtendedSupport > s.ControlPlanes {
		d.add("costs.shared.extendedSupport", "is %d, want at most controlPlanes, which is %d", s.ExtendedSupport, s.ControlPlanes)
	}
}

// mostShared is more of anything than one stack shares.
const mostShared = 1000

// chooseNodeGroup replaces the name of a model's node group by the group. Where
// it is left out, the cheapest group on which the model fits is taken.
func (c *Config) chooseNodeGroup(d *decoding, done settled, i int) {
	m := &c.Models[i]
	key := fmt.Sprintf("models[%d].nodeGroup", i)
	groups, names := c.groupsFor(*m)
	if len(c.NodeGroups) == 0 && m.NodeGroup.Name == "" || done.covers(key) || done.covers("nodeGroups") {
		return
	}
	if name := m.NodeGroup.Name; name != "" {
		all := c.groupNames()
		at := slices.Index(all, name)
		if at < 0 {
			d.add(d.typedAt(key), "is %q, which is not among the nodeGroups%s", name, didYouMean(name, all))
			m.NodeGroup = serving.NodeGroup{}
			return
		}
		m.NodeGroup = c.NodeGroups[at]
		d.origin[key] = fmt.Sprintf("nodeGroups[%d]", at)
		return
	}
	if len(groups) == 0 {
		if m.GPU.Type == "" {
			return // every group is reported as wrong
		}
		d.add(d.typedAt(fmt.Sprintf("models[%d].gpu.type", i)), "is %q, which no node group has; want the GPU of one of %s", m.GPU.Type, strings.Join(c.groupNames(), ", "))
		return
	}
	chosen, ok := m.Cheapest(groups)
	if !ok && len(groups) > 1 && m.UnknownShape() {
		d.add(key, "is missing, and the cheapest cannot be chosen since the shape of %s is not known; name one of %s", m.Model.ID, strings.Join(names, ", "))
		return
	}
	if !ok {
		chosen = groups[0] // the only one; or what is wrong is reported elsewhere
	}
	m.NodeGroup = chosen
	d.origin[key] = fmt.Sprintf("nodeGroups[%d]", slices.Index(c.groupNames(), chosen.Name))
}

// share tells every model what the others ask of its node group.
func (c *Config) share() {
	demands := make([]serving.Demand, len(c.Models))
	for i, m := range c.Models {
		full := m.WithDefaults()
		demands[i] = serving.Demand{GPUs: full.GPU.Count, Replicas: full.Replicas.Max}
	}
	for i := range c.Models {
		group := &c.Models[i].NodeGroup
		for j, other := range c.Models {
			if i != j && group.Name != "" && other.NodeGroup.Name == group.Name {
				group.Others = append(group.Others, demands[j])
			}
		}
	}
}

// groupsFor are the groups that have the GPU that the model asks for, if it
// asks for one.
func (c *Config) groupsFor(m serving.Spec) (groups []serving.NodeGroup, names []string) {
	for _, g := range c.NodeGroups {
		if len(g.InstanceTypes) == 0 || g.Name == "" {
			continue
		}
		on, err := catalogue.FindInstance(g.InstanceTypes[0])
		if m.GPU.Type != "" && err == nil && !strings.EqualFold(on.GPU.Name, m.GPU.Type) {
			continue
		}
		groups = append(groups, g)
		names = append(names, g.Name)
	}
	return groups, names
}

func (c *Config) groupNames() []string {
	var names []string
	for _, g := range c.NodeGroups {
		names = append(names, g.Name)
	}
	return names
}
