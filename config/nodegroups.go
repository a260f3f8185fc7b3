package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// decodeNodeGroups reads the groups: as models see them, and as they are made.
func decodeNodeGroups(top *node) ([]serving.NodeGroup, []nodes.Group) {
	var groups []serving.NodeGroup
	var made []nodes.Group
	for _, n := range top.objects("nodeGroups") {
		g := serving.NodeGroup{Name: n.str("name"), InstanceTypes: n.texts("instanceTypes"), Max: n.integer("max"), USDPerHour: n.amount("usdPerHour")}
		g.InstanceTypes, g.Own = decodeHardware(n, g.Name, g.InstanceTypes)
		if least := n.integerOrZero("min"); least != nil {
			g.Min = *least
		}
		if n.has("labels") {
			g.Labels = n.textMap("labels")
		} else {
			n.asked = append(n.asked, "labels")
		}
		g.Capacity = n.str("capacity")
		groups = append(groups, g.WithDefaults())
		made = append(made, nodes.Group{
			Name: g.Name, InstanceTypes: g.InstanceTypes, Own: g.Own, Labels: g.Labels, Min: g.Min, Max: g.Max,
			Capacity:      nodes.Capacity(g.Capacity),
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
	for _, g := range c.NodeGroups {
		for name := range g.Own {
			priced[name] = true
		}
	}
	known := slices.Sorted(maps.Keys(priced))
	for _, name := range slices.Sorted(maps.Keys(c.Costs.USDPerHour)) {
		if _, system := c.Costs.Shared.Nodes[name]; !priced[name] && !system {
			d.add(field.ErrorTypeInvalid, "costs.usdPerHour."+name, "is a price of nothing that the catalogue or costs.shared.nodes has%s", didYouMean(name, known))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Costs.Shared.Nodes)) {
		if _, ok := c.prices().Of(name); !ok {
			d.add(field.ErrorTypeInvalid, "costs.shared.nodes."+name, "has no price in the catalogue%s; give it one with costs.usdPerHour", didYouMean(name, known))
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
			d.add(field.ErrorTypeInvalid, "costs.shared."+of.key, "is %d, want 0 to %d", of.count, mostShared)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Nodes)) {
		if s.Nodes[name] < 0 || s.Nodes[name] > mostShared {
			d.add(field.ErrorTypeInvalid, "costs.shared.nodes."+name, "is %d, want 1 to %d", s.Nodes[name], mostShared)
		}
	}
	if s.ExtendedSupport > s.ControlPlanes {
		d.add(field.ErrorTypeInvalid, "costs.shared.extendedSupport", "is %d, want at most controlPlanes, which is %d", s.ExtendedSupport, s.ControlPlanes)
	}
}

// mostShared is more of anything than one stack shares.
const mostShared = 1000

// chooseNodeGroup replaces the names of a model's node groups by the groups.
// Where they are left out, the cheapest group on which the model fits is taken.
func (c *Config) chooseNodeGroup(d *decoding, done settled, i int) {
	m := &c.Models[i]
	key := fmt.Sprintf("models[%d].nodeGroup", i)
	listed := m.NodeGroupNames
	if len(c.NodeGroups) == 0 && len(listed) == 0 || done.covers(key) || done.covers("nodeGroups") {
		return
	}
	if len(listed) > 0 {
		c.findNodeGroups(d, done, i, listed)
		return
	}
	groups, names := c.groupsFor(*m)
	if len(groups) == 0 {
		if m.GPU.Type == "" {
			return // every group is reported as wrong
		}
		d.add(field.ErrorTypeInvalid, d.typedAt(fmt.Sprintf("models[%d].gpu.type", i)), "is %q, which no node group has; want the GPU of one of %s", m.GPU.Type, strings.Join(c.groupNames(), ", "))
		return
	}
	choice, ok := m.Cheapest(groups)
	if !ok && len(groups) > 1 && m.UnknownShape() {
		d.add(field.ErrorTypeRequired, key, "is missing, and the cheapest cannot be chosen since the shape of %s is not known; name one of %s", m.Model.ID, strings.Join(names, ", "))
		return
	}
	if !ok {
		choice.Group = groups[0] // the only one; or what is wrong is reported elsewhere
	}
	m.NodeGroup = choice.Group
	c.passedOver[i] = choice.PassedOver
	d.origin[key] = fmt.Sprintf("nodeGroups[%d]", slices.Index(c.groupNames(), choice.Group.Name))
}

// findNodeGroups gives a model the groups that it lists by name.
func (c *Config) findNodeGroups(d *decoding, done settled, i int, listed []string) {
	m := &c.Models[i]
	key := fmt.Sprintf("models[%d].nodeGroup", i)
	names := c.groupNames()
	var groups []serving.NodeGroup
	for j, name := range listed {
		item := fmt.Sprintf("%s[%d]", key, j)
		if len(listed) == 1 {
			item = key
		}
		at := slices.Index(names, name)
		switch {
		case done.covers(d.typedAt(item)):
			return
		case at < 0:
			d.add(field.ErrorTypeNotSupported, d.typedAt(item), "is %q, which is not among the nodeGroups%s; want %s", name, didYouMean(name, names), oneOf(names))
			return
		case slices.ContainsFunc(groups, func(before serving.NodeGroup) bool { return before.Name == name }):
			d.add(field.ErrorTypeDuplicate, d.typedAt(item), "is %q a second time; name each group once, in order of preference", name)
			return
		}
		groups = append(groups, c.NodeGroups[at])
		d.origin[item] = fmt.Sprintf("nodeGroups[%d]", at) // a wrong group is reported by its own key
	}
	m.NodeGroup = serving.Compose(groups)
	if len(groups) > 1 {
		m.NodeGroups = groups
	}
}

// oneOf lists what a name may be.
func oneOf(names []string) string {
	if len(names) == 0 {
		return "a group of nodeGroups, which has none"
	}
	return "one of " + strings.Join(names, ", ")
}

// share tells every model what the others ask of its node groups.
func (c *Config) share() {
	demands := make([]serving.Demand, len(c.Models))
	for i, m := range c.Models {
		full := m.WithDefaults()
		demands[i] = serving.Demand{GPUs: full.GPU.Count, Replicas: full.Replicas.Max}
	}
	for i := range c.Models {
		m := &c.Models[i]
		for j, other := range c.Models {
			if i != j && overlap(m.GroupNames(), other.GroupNames()) {
				m.NodeGroup.Others = append(m.NodeGroup.Others, demands[j])
			}
		}
	}
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(name string) bool { return slices.Contains(b, name) })
}

// groupsFor are the groups that have the GPU that the model asks for, if it
// asks for one.
func (c *Config) groupsFor(m serving.Spec) (groups []serving.NodeGroup, names []string) {
	for _, g := range c.NodeGroups {
		if len(g.InstanceTypes) == 0 || g.Name == "" {
			continue
		}
		on, err := g.Own.Find(g.InstanceTypes[0])
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
