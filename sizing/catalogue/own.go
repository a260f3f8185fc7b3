package catalogue

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Types holds the instance types, or other machines, that a user describes, by name. It
// ignores their field Type.
type Types map[string]Instance

// Find returns an instance type: the user's description, else the entry of the
// catalogue.
func (t Types) Find(name string) (Instance, error) {
	instance, ok := t[name]
	if !ok {
		return FindInstance(name)
	}
	if instance.GPU.Name == "" || instance.GPU.UsableGiB <= 0 || instance.GPUs < 1 || instance.VCPU < 1 || instance.MemoryGiB <= 0 {
		return Instance{}, fmt.Errorf("describes %s without a GPU, its memory, the number of GPUs, vCPUs or the memory of a node; give all of them", name)
	}
	instance.Type = name
	return instance, nil
}

// Compute capabilities of GPUs that a user may describe: from Pascal, the oldest
// generation of the catalogue.
const minCapability, maxCapability = 6.0, 20.0

// CapabilityOf returns the Capability of a GPU for a compute capability such as 9.0.
func CapabilityOf(capability float64) (int, error) {
	tenths := math.Round(capability * 10)
	if capability < minCapability || capability > maxCapability || math.Abs(tenths-capability*10) > 1e-6 {
		return 0, fmt.Errorf("is %g, want %.1f to %.1f with one decimal, as nvidia-smi --query-gpu=compute_cap shows it", capability, minCapability, maxCapability)
	}
	return int(tenths), nil
}

// DefaultLink is the class of links of a GPU that a user describes without a link.
const DefaultLink = "PCIe4"

// FindLink returns a class of links by its name, regardless of case.
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
