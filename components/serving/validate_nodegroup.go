package serving

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// given tells whether there is a node group.
func (g NodeGroup) given() bool { return g.Name != "" || len(g.InstanceTypes) > 0 || len(g.Labels) > 0 }

// mostNodes is how many nodes a managed node group of EKS may have.
const mostNodes = 450

// Validate returns every problem of the node group, each beginning with its key
// under path.
func (g NodeGroup) Validate(path string) error {
	var found problems.List
	switch {
	case g.Name == "":
		found.Addf(path+".name", "is missing; give the group a name such as %q", "g5")
	case !isLabel(g.Name):
		found.Addf(path+".name", "is %q, want lower-case letters, digits and '-', such as %q", g.Name, "g5")
	}
	if len(g.InstanceTypes) == 0 {
		found.Addf(path+".instanceTypes", "is missing; name the EC2 types of its nodes, such as [g5.2xlarge]")
	}
	var first catalogue.Instance
	for i, name := range g.InstanceTypes {
		key := fmt.Sprintf("%s.instanceTypes[%d]", path, i)
		on, err := g.Own.Find(name)
		_, own := g.Own[name]
		switch {
		case err != nil && own:
			found.Addf(path+".hardware", "%s", err)
		case err != nil && catalogue.Excluded(name) != "":
			found.Addf(key, "%s", err)
		case err != nil:
			found.Addf(key, "%s; or describe the nodes with hardware", err)
		case first.Type == "":
			first = on
		case on.GPU.Name != first.GPU.Name || on.GPUs != first.GPUs:
			found.Addf(key, "is %s with %d × %s, and %s has %d × %s; the nodes of a group have the same GPUs, so make it two groups",
				name, on.GPUs, on.GPU.Name, first.Type, first.GPUs, first.GPU.Name)
		}
	}
	if _, machines := g.Own[g.Name]; machines && len(g.Labels) == 0 {
		found.Addf(path+".labels", "is missing; without instanceTypes, name a label that the group's nodes have and no others")
	}
	if len(g.InstanceTypes) > 1 && len(g.Labels) == 0 {
		found.Addf(path+".labels", "is missing; with several instance types, name a label that the group's nodes have and no others")
	}
	for key, value := range sorted(g.Labels) {
		if !isLabelKey(key) || !isLabelValue(value) {
			found.Addf(path+".labels."+key, "is %q, which no label of a node can be", value)
		}
	}
	if g.Min < 0 || g.Min > mostNodes {
		found.Addf(path+".min", "is %d, want 0 to %d", g.Min, mostNodes)
	}
	if g.Max < 0 || g.Max > mostNodes || g.Max > 0 && g.Max < g.Min {
		found.Addf(path+".max", "is %d, want min, which is %d, to %d", g.Max, g.Min, mostNodes)
	}
	return found.Err()
}
