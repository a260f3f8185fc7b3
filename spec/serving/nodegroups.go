package serving

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// OwnTypes holds instance types, or other machines, that the user describes, by name.
type OwnTypes = catalogue.Types

// Values of NodeGroup.Capacity.
const (
	spotCapacity  = "spot"
	capacityBlock = "capacity-block"
)

// WithDefaults returns the group with the fields that follow from its capacity.
func (g NodeGroup) WithDefaults() NodeGroup {
	g.Spot = g.Spot || g.Capacity == spotCapacity
	g.Undiscounted = g.Undiscounted || g.Capacity == spotCapacity || g.Capacity == capacityBlock
	return g
}

// Compose returns a node group with the properties that all groups have, for a service
// that may run on any of them. It has the types of all groups and the sum of their
// bounds. Its name is that of the first group.
func Compose(groups []NodeGroup) NodeGroup {
	if len(groups) == 1 {
		return groups[0]
	}
	var union NodeGroup
	bounded := true
	for i, g := range groups {
		if i == 0 {
			union.Name = g.Name
		}
		for _, instanceType := range g.InstanceTypes {
			if !slices.Contains(union.InstanceTypes, instanceType) {
				union.InstanceTypes = append(union.InstanceTypes, instanceType)
			}
			if instance, ok := g.Own[instanceType]; ok {
				if union.Own == nil {
					union.Own = OwnTypes{}
				}
				union.Own[instanceType] = instance
			}
		}
		union.Min += g.Min
		union.Max += g.Max
		union.Spot = union.Spot || g.Spot
		bounded = bounded && g.Max > 0
	}
	if !bounded {
		union.Max = 0
	}
	return union
}

// upTo reports whether the price is an upper bound: the on-demand price of spot capacity.
func (g NodeGroup) upTo() bool { return g.Spot && g.USDPerHour == 0 }

// prices returns the prices of the nodes. A type in several groups of a list has the
// highest price.
func (s Spec) prices() catalogue.Prices {
	if !s.Prefers() {
		return s.NodeGroup.prices(s.Costs)
	}
	prices := s.Costs.prices()
	overrides := maps.Clone(prices.Override)
	if overrides == nil {
		overrides = map[string]float64{}
	}
	highest := map[string]float64{}
	for _, g := range s.NodeGroups {
		for _, instanceType := range g.InstanceTypes {
			if price, ok := g.prices(s.Costs).For(instanceType); ok && price.USDPerHour > highest[instanceType] {
				highest[instanceType], overrides[instanceType] = price.USDPerHour, price.USDPerHour
			}
		}
	}
	prices.Override = overrides
	return prices
}

// Prefers reports whether the service runs on several groups, in order of
// preference.
func (s Spec) Prefers() bool { return len(s.NodeGroups) > 1 }

// GroupNames returns the names of the node groups, in order of preference.
func (s Spec) GroupNames() []string {
	var names []string
	for _, g := range s.candidates() {
		if g.Name != "" {
			names = append(names, g.Name)
		}
	}
	return names
}

// candidates returns the groups on whose nodes the pods may run.
func (s Spec) candidates() []NodeGroup {
	if s.Prefers() {
		return s.NodeGroups
	}
	return []NodeGroup{s.NodeGroup}
}

// groups returns the names of the node groups for a message.
func (s Spec) groups() string {
	if s.Prefers() {
		return "node groups " + strings.Join(s.GroupNames(), ", ")
	}
	return "node group " + s.NodeGroup.Name
}

// validateGroups refuses a list of groups with different GPUs, or with the same node
// labels.
func (s Spec) validateGroups(found *field.ErrorList, path *field.Path) {
	key := path.Child("nodeGroups")
	if len(s.NodeGroupNames) > 0 {
		key = path.Child("nodeGroup")
	}
	if len(s.NodeGroups) == 0 {
		if s.NodeGroup.configured() {
			*found = append(*found, s.NodeGroup.Validate(path.Child("nodeGroup"))...)
		}
		return
	}
	var reference NodeGroup
	var gpu string
	for i, g := range s.NodeGroups {
		item, before := path.Child("nodeGroups").Index(i), len(*found)
		g.validate(found, item)
		if len(*found) > before || g.Name == "" {
			continue
		}
		instance, _ := g.Own.Find(g.InstanceTypes[0])
		if gpu == "" {
			reference, gpu = g, instance.GPU.Name
		}
		if instance.GPU.Name != gpu {
			problems.Invalid(found, key, "lists %s with %s and %s with %s; want groups with the same GPU, since the model is sized for one", reference.Name, gpu, g.Name, instance.GPU.Name)
			return
		}
		for _, before := range s.NodeGroups[:i] {
			if maps.Equal(before.NodeLabels(), g.NodeLabels()) {
				problems.Invalid(found, key, "lists %s and %s, whose nodes have the same labels; give each a label of its own with nodeGroups[].labels", before.Name, g.Name)
			}
		}
	}
}

// instanceTypeLabel is a label of every EC2 node.
const instanceTypeLabel = "node.kubernetes.io/instance-type"

// NodeLabels returns the labels that only the nodes of the group have.
func (g NodeGroup) NodeLabels() map[string]string {
	if len(g.Labels) == 0 && len(g.InstanceTypes) == 1 {
		return map[string]string{instanceTypeLabel: g.InstanceTypes[0]}
	}
	return g.Labels
}

// NodeSelector returns the labels of the node group and of the spec's nodeSelector. With
// several groups, the affinity selects the nodes instead of group labels.
func (s Spec) NodeSelector() map[string]string {
	selector := map[string]string{}
	if !s.Prefers() {
		maps.Copy(selector, s.NodeGroup.NodeLabels())
	}
	maps.Copy(selector, s.Scheduling.NodeSelector)
	return selector
}

// configured reports whether there is a node group.
func (g NodeGroup) configured() bool {
	return g.Name != "" || len(g.InstanceTypes) > 0 || len(g.Labels) > 0
}

// Validate returns every problem of the node group, each beginning with its key
// under path.
func (g NodeGroup) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&g, path)
	g.validate(&found, path)
	return found
}

// validate checks rules that the declarations of the keys do not express.
func (g NodeGroup) validate(found *field.ErrorList, path *field.Path) {
	switch {
	case g.Name == "": // reported as missing
	case !isLabel(g.Name):
		problems.Invalid(found, path.Child("name"), "is %q, want lower-case letters, digits and '-', such as %q", g.Name, "g5")
	}
	if len(g.InstanceTypes) == 0 {
		problems.Required(found, path.Child("instanceTypes"), "is missing; name the EC2 types of its nodes, such as [g5.2xlarge]")
	}
	var reference catalogue.Instance
	for i, name := range g.InstanceTypes {
		key := path.Child("instanceTypes").Index(i)
		instance, err := g.Own.Find(name)
		_, described := g.Own[name]
		switch {
		case err != nil && described:
			problems.Invalid(found, path.Child("hardware"), "%s", err)
		case err != nil && catalogue.Excluded(name) != "":
			problems.Invalid(found, key, "%s", err)
		case err != nil:
			problems.Invalid(found, key, "%s; or describe the nodes with hardware", err)
		case reference.Type == "":
			reference = instance
		case instance.GPU.Name != reference.GPU.Name || instance.GPUs != reference.GPUs:
			problems.Invalid(found, key, "is %s with %d × %s, and %s has %d × %s; the nodes of a group have the same GPUs, so make it two groups",
				name, instance.GPUs, instance.GPU.Name, reference.Type, reference.GPUs, reference.GPU.Name)
		}
	}
	if _, machines := g.Own[g.Name]; machines && len(g.Labels) == 0 {
		problems.Required(found, path.Child("labels"), "is missing; without instanceTypes, name a label that the group's nodes have and no others")
	}
	if len(g.InstanceTypes) > 1 && len(g.Labels) == 0 {
		problems.Required(found, path.Child("labels"), "is missing; with several instance types, name a label that the group's nodes have and no others")
	}
	for key, value := range Sorted(g.Labels) {
		if !IsLabelKey(key) || !IsLabelValue(value) {
			problems.Invalid(found, path.Child("labels", key), "is %q, which is not valid for a label of a node", value)
		}
	}
	if g.Max > 0 && g.Max < g.Min {
		problems.Invalid(found, path.Child("max"), "is %d, want at least min, which is %d", g.Max, g.Min)
	}
}
