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

// OwnTypes are instance types, or other machines, that the user describes, by
// name.
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

// Compose returns what a service can rely on that runs on any of the groups: the
// types of all, and the sum of their bounds. Its name is the first group's.
func Compose(groups []NodeGroup) NodeGroup {
	if len(groups) == 1 {
		return groups[0]
	}
	var all NodeGroup
	bounded := true
	for i, g := range groups {
		if i == 0 {
			all.Name = g.Name
		}
		for _, of := range g.InstanceTypes {
			if !slices.Contains(all.InstanceTypes, of) {
				all.InstanceTypes = append(all.InstanceTypes, of)
			}
			if own, ok := g.Own[of]; ok {
				if all.Own == nil {
					all.Own = OwnTypes{}
				}
				all.Own[of] = own
			}
		}
		all.Min += g.Min
		all.Max += g.Max
		all.Spot = all.Spot || g.Spot
		bounded = bounded && g.Max > 0
	}
	if !bounded {
		all.Max = 0
	}
	return all
}

// upTo reports that a price is an upper bound: the on-demand price of spare
// capacity.
func (g NodeGroup) upTo() bool { return g.Spot && g.USDPerHour == 0 }

// prices are those of the nodes: of a type in several groups of a list, the
// highest.
func (s Spec) prices() catalogue.Prices {
	if !s.Prefers() {
		return s.NodeGroup.prices(s.Costs)
	}
	all := s.Costs.prices()
	own := maps.Clone(all.Override)
	if own == nil {
		own = map[string]float64{}
	}
	highest := map[string]float64{}
	for _, g := range s.NodeGroups {
		for _, of := range g.InstanceTypes {
			if price, ok := g.prices(s.Costs).For(of); ok && price.USDPerHour > highest[of] {
				highest[of], own[of] = price.USDPerHour, price.USDPerHour
			}
		}
	}
	all.Override = own
	return all
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

// candidates are the groups on whose nodes the pods may run.
func (s Spec) candidates() []NodeGroup {
	if s.Prefers() {
		return s.NodeGroups
	}
	return []NodeGroup{s.NodeGroup}
}

// groups names the node groups in a message.
func (s Spec) groups() string {
	if s.Prefers() {
		return "node groups " + strings.Join(s.GroupNames(), ", ")
	}
	return "node group " + s.NodeGroup.Name
}

// validateGroups refuses a list whose groups a pod cannot replace by each other,
// or which the scheduler cannot tell apart.
func (s Spec) validateGroups(found *field.ErrorList, at *field.Path) {
	key := at.Child("nodeGroups")
	if len(s.NodeGroupNames) > 0 {
		key = at.Child("nodeGroup")
	}
	if len(s.NodeGroups) == 0 {
		if s.NodeGroup.given() {
			*found = append(*found, s.NodeGroup.Validate(at.Child("nodeGroup"))...)
		}
		return
	}
	var first NodeGroup
	var gpu string
	for i, g := range s.NodeGroups {
		path, before := at.Child("nodeGroups").Index(i), len(*found)
		g.validate(found, path)
		if len(*found) > before || g.Name == "" {
			continue
		}
		on, _ := g.Own.Find(g.InstanceTypes[0])
		if gpu == "" {
			first, gpu = g, on.GPU.Name
		}
		if on.GPU.Name != gpu {
			problems.Invalid(found, key, "lists %s with %s and %s with %s; want groups with the same GPU, since the model is sized for one", first.Name, gpu, g.Name, on.GPU.Name)
			return
		}
		for _, before := range s.NodeGroups[:i] {
			if maps.Equal(before.NodeLabels(), g.NodeLabels()) {
				problems.Invalid(found, key, "lists %s and %s, whose nodes have the same labels; give each a label of its own with nodeGroups[].labels", before.Name, g.Name)
			}
		}
	}
}

// instanceTypeLabel is on every node of EC2.
const instanceTypeLabel = "node.kubernetes.io/instance-type"

// NodeLabels are those that its nodes alone have.
func (g NodeGroup) NodeLabels() map[string]string {
	if len(g.Labels) == 0 && len(g.InstanceTypes) == 1 {
		return map[string]string{instanceTypeLabel: g.InstanceTypes[0]}
	}
	return g.Labels
}

// NodeSelector is the node group's labels and the spec's own. Of several groups,
// the affinity selects the nodes.
func (s Spec) NodeSelector() map[string]string {
	selector := map[string]string{}
	if !s.Prefers() {
		maps.Copy(selector, s.NodeGroup.NodeLabels())
	}
	maps.Copy(selector, s.Scheduling.NodeSelector)
	return selector
}

// given reports whether there is a node group.
func (g NodeGroup) given() bool { return g.Name != "" || len(g.InstanceTypes) > 0 || len(g.Labels) > 0 }

// Validate returns every problem of the node group, each beginning with its key
// under path.
func (g NodeGroup) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&g, path)
	g.validate(&found, path)
	return found
}

// validate checks what the declarations of the keys do not tell.
func (g NodeGroup) validate(found *field.ErrorList, path *field.Path) {
	switch {
	case g.Name == "": // reported as missing
	case !isLabel(g.Name):
		problems.Invalid(found, path.Child("name"), "is %q, want lower-case letters, digits and '-', such as %q", g.Name, "g5")
	}
	if len(g.InstanceTypes) == 0 {
		problems.Required(found, path.Child("instanceTypes"), "is missing; name the EC2 types of its nodes, such as [g5.2xlarge]")
	}
	var first catalogue.Instance
	for i, name := range g.InstanceTypes {
		key := path.Child("instanceTypes").Index(i)
		on, err := g.Own.Find(name)
		_, own := g.Own[name]
		switch {
		case err != nil && own:
			problems.Invalid(found, path.Child("hardware"), "%s", err)
		case err != nil && catalogue.Excluded(name) != "":
			problems.Invalid(found, key, "%s", err)
		case err != nil:
			problems.Invalid(found, key, "%s; or describe the nodes with hardware", err)
		case first.Type == "":
			first = on
		case on.GPU.Name != first.GPU.Name || on.GPUs != first.GPUs:
			problems.Invalid(found, key, "is %s with %d × %s, and %s has %d × %s; the nodes of a group have the same GPUs, so make it two groups",
				name, on.GPUs, on.GPU.Name, first.Type, first.GPUs, first.GPU.Name)
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
			problems.Invalid(found, path.Child("labels", key), "is %q, which no label of a node can be", value)
		}
	}
	if g.Max > 0 && g.Max < g.Min {
		problems.Invalid(found, path.Child("max"), "is %d, want at least min, which is %d", g.Max, g.Min)
	}
}
