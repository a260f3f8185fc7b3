package catalogue

import (
	_ "embed" // the tables
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Instance describes an EC2 instance type with GPUs.
type Instance struct {
	// Type is EC2's name, such as g5.2xlarge.
	Type string
	// GPU is the type of GPU, and GPUs their number.
	GPU  GPU
	GPUs int
	// VCPU and MemoryGiB are the nominal sizes.
	VCPU      int
	MemoryGiB float64
	// MaxPods is the limit of the network interfaces. The kubelet's reservation depends
	// on it.
	MaxPods int
	// NVMeGB is the total size of the local disks.
	NVMeGB int
	// NetworkGbps is the baseline of the network, and EBSMiBps the baseline of the EBS
	// volumes.
	NetworkGbps, EBSMiBps float64
}

// Reservations of an EKS node. Memory: 7.5 % for the hypervisor and the kernel
// (Karpenter's VM_MEMORY_OVERHEAD_PERCENT), 11 MiB for each pod plus 255 MiB, and 100
// MiB for the eviction threshold (kubelet flags of the EKS images). CPU: 6 % of the
// first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest (same
// source).
const (
	memoryOverhead = 0.075
	perPodMiB      = 11
	baseMiB        = 255
	evictionMiB    = 100
)

// AllocatableMiB returns the memory that pods can request, in MiB.
func (i Instance) AllocatableMiB() int {
	return int(i.MemoryGiB*1024*(1-memoryOverhead)) - perPodMiB*i.MaxPods - baseMiB - evictionMiB
}

// AllocatableMilliCPU returns the CPU that pods can request, in thousandths of a core.
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

// Excluded returns why the catalogue excludes an instance type with GPUs; "" for every
// other name.
func Excluded(name string) string {
	family, _, _ := strings.Cut(name, ".")
	for _, f := range rows(excludedTable) {
		if f["family"] == family {
			return f["reason"]
		}
	}
	return ""
}

// instances returns the rows of the table, which it reads once. A test checks that the
// table has no errors.
var instances = sync.OnceValues(func() ([]Instance, error) {
	var table []Instance
	for _, f := range rows(instanceTable) {
		i := Instance{Type: f["type"]}
		var err error
		if i.GPU, err = FindGPU(f["gpu"]); err != nil {
			return nil, fmt.Errorf("%s: gpu %w", i.Type, err)
		}
		for column, field := range map[string]any{
			"gpus": &i.GPUs, "vcpu": &i.VCPU, "memory_gib": &i.MemoryGiB, "max_pods": &i.MaxPods,
			"nvme_gb": &i.NVMeGB, "network_gbps": &i.NetworkGbps, "ebs_mibps": &i.EBSMiBps,
		} {
			x, err := strconv.ParseFloat(f[column], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", i.Type, column, err)
			}
			switch field := field.(type) {
			case *int:
				*field = int(x)
			case *float64:
				*field = x
			}
		}
		table = append(table, i)
	}
	return table, nil
})

// rows returns the rows of a table with a header. Lines that begin with '#' name the
// source.
func rows(table string) []map[string]string {
	var header []string
	var records []map[string]string
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
		records = append(records, row)
	}
	return records
}

// Instances returns all instance types, in the order of the table.
func Instances() []Instance {
	table, _ := instances()
	return slices.Clone(table)
}

// FindInstance returns an instance type by its name.
func FindInstance(name string) (Instance, error) {
	table, _ := instances()
	family, _, _ := strings.Cut(name, ".")
	var sizes, families []string
	for _, i := range table {
		typeFamily, _, _ := strings.Cut(i.Type, ".")
		switch {
		case i.Type == name:
			return i, nil
		case typeFamily == family:
			sizes = append(sizes, i.Type)
		case !slices.Contains(families, typeFamily):
			families = append(families, typeFamily)
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
