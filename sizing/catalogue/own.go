package catalogue

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Types are instance types, or other machines, that a user describes, by name.
// Their field Type is ignored.
type Types map[string]Instance

// Find returns an instance type: one that the user describes, or else one of the
// catalogue.
func (t Types) Find(name string) (Instance, error) {
	on, own := t[name]
	if !own {
		return FindInstance(name)
	}
	if on.GPU.Name == "" || on.GPU.UsableGiB <= 0 || on.GPUs < 1 || on.VCPU < 1 || on.MemoryGiB <= 0 {
		return Instance{}, fmt.Errorf("describes %s without a GPU, its memory, the number of GPUs, vCPUs or the memory of a node; give all of them", name)
	}
	on.Type = name
	return on, nil
}

// Compute capabilities of GPUs that a user may describe: from Pascal, the oldest
// of the catalogue.
const leastCapability, mostCapability = 6.0, 20.0

// CapabilityOf returns the Capability of a GPU with a compute capability such as
// 9.0.
func CapabilityOf(capability float64) (int, error) {
	tenths := math.Round(capability * 10)
	if capability < leastCapability || capability > mostCapability || math.Abs(tenths-capability*10) > 1e-6 {
		return 0, fmt.Errorf("is %g, want %.1f to %.1f with one decimal, as nvidia-smi --query-gpu=compute_cap shows it", capability, leastCapability, mostCapability)
	}
	return int(tenths), nil
}

// DefaultLink is the class of a GPU that a user describes without one.
const DefaultLink = "PCIe4"

// FindLink returns a class of links by its name, in whatever case.
func FindLink(name string) (Link, error) {
	var names []string
	for _, l := range links {
		if strings.EqualFold(l.Name, name) {
			return l, nil
		}
		names = append(names, l.Name)
	}
	slices.Sort(names)
	return Link{}, fmt.Errorf("is %q, want one of %s", name, strings.Join(names, ", "))
}
