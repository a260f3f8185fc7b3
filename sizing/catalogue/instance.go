package catalogue

import (
	_ "embed" // the tables
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Instance is an EC2 instance type with GPUs.
type Instance struct {
	// Type is EC2's name, such as g5.2xlarge.
	Type string
	// GPU is the card, GPUs how many of it there are.
	GPU  GPU
	GPUs int
	// VCPU and MemoryGiB are the nominal sizes.
	VCPU      int
	MemoryGiB float64
	// MaxPods is what the network interfaces allow, by which the kubelet's
	// reservation is computed.
	MaxPods int
	// NVMeGB is the local disks' size in all.
	NVMeGB int
	// NetworkGbps is the baseline of the network, EBSMiBps that of the disks over
	// the network.
	NetworkGbps, EBSMiBps float64
}

// Reservations of an EKS node. Memory: 7.5 % for the hypervisor and the kernel
// (Karpenter's VM_MEMORY_OVERHEAD_PERCENT), 11 MiB for each pod and 255, and
// 100 below which pods are evicted (kubelet flags of the EKS images). Cores:
// 6 % of the first, 1 % of the second, 0.5 % of the next two, 0.25 % of the
// rest (the same).
const (
	memoryOverhead = 0.075
	perPodMiB      = 11
	baseMiB        = 255
	evictionMiB    = 100
)

// AllocatableMiB is the memory that pods can ask for.
func (i Instance) AllocatableMiB() int {
	return int(i.MemoryGiB*1024*(1-memoryOverhead)) - perPodMiB*i.MaxPods - baseMiB - evictionMiB
}

// AllocatableMilliCPU is how many thousandths of a core pods can ask for.
func (i Instance) AllocatableMilliCPU() int {
	reserved := 60.0
	if i.VCPU >= 2 {
		reserved += 10 + 5*float64(min(i.VCPU, 4)-2) + 2.5*float64(max(i.VCPU-4, 0))
	}
	return 1000*i.VCPU - int(reserved)
}

//go:generate go run ./generate

//go:embed instances.tsv
var instanceTable string

//go:embed excluded.tsv
var excludedTable string

// Excluded returns why the catalogue leaves out an instance type with GPUs; ""
// for every other name.
func Excluded(name string) string {
	family, _, _ := strings.Cut(name, ".")
	for _, f := range rows(excludedTable) {
		if f["family"] == family {
			return f["reason"]
		}
	}
	return ""
}

// instances reads the table once. A test holds that it is without errors.
var instances = sync.OnceValues(func() ([]Instance, error) {
	var all []Instance
	for _, f := range rows(instanceTable) {
		i := Instance{Type: f["type"]}
		var err error
		if i.GPU, err = FindGPU(f["gpu"]); err != nil {
			return nil, fmt.Errorf("%s: gpu %w", i.Type, err)
		}
		for column, to := range map[string]any{
			"gpus": &i.GPUs, "vcpu": &i.VCPU, "memory_gib": &i.MemoryGiB, "max_pods": &i.MaxPods,
			"nvme_gb": &i.NVMeGB, "network_gbps": &i.NetworkGbps, "ebs_mibps": &i.EBSMiBps,
		} {
			x, err := strconv.ParseFloat(f[column], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", i.Type, column, err)
			}
			switch to := to.(type) {
			case *int:
				*to = int(x)
			case *float64:
				*to = x
			}
		}
		all = append(all, i)
	}
	return all, nil
})

// rows reads a table with a header, in which lines with '#' say where it is
// from.
func rows(table string) []map[string]string {
	var header []string
	var all []map[string]string
	for line := range strings.Lines(table) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if header == nil {
			header = fields
			continue
		}
		row := map[string]string{}
		for i, name := range header {
			if i < len(fields) {
				row[name] = strings.TrimSpace(fields[i])
			}
		}
		all = append(all, row)
	}
	return all
}

// Instances are all types, by name.
func Instances() []Instance {
	all, _ := instances()
	return slices.Clone(all)
}

// FindInstance returns an instance type by its name.
func FindInstance(name string) (Instance, error) {
	all, _ := instances()
	family, _, _ := strings.Cut(name, ".")
	var sizes, families []string
	for _, i := range all {
		of, _, _ := strings.Cut(i.Type, ".")
		switch {
		case i.Type == name:
			return i, nil
		case of == family:
			sizes = append(sizes, i.Type)
		case !slices.Contains(families, of):
			families = append(families, of)
		}
	}
	if len(sizes) == 0 {
		sizes = families
	}
	if reason := Excluded(name); reason != "" {
		return Instance{}, fmt.Errorf("is %q, which the catalogue leaves out: %s; want one of %s", name, reason, strings.Join(sizes, ", "))
	}
	return Instance{}, fmt.Errorf("is %q, which is no GPU instance type of the catalogue; want one of %s", name, strings.Join(sizes, ", "))
}
