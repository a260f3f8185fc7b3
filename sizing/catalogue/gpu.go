package catalogue

import (
	_ "embed" // the table
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// GPU describes one type of GPU.
type GPU struct {
	// Name is the value of `gpu.type`.
	Name string
	// NominalGB is the memory on the data sheet.
	NominalGB int
	// UsableGiB is the total memory that CUDA reports before anything runs: the data
	// sheet's value minus the memory of the driver and ECC.
	UsableGiB float64
	// Capability is CUDA's compute capability, times ten. 0: the GPU has no CUDA.
	Capability int
	// Link is the connection between the GPUs of a node.
	Link Link
	// MemoryGBps is the bandwidth of the memory in GB/s, TFLOPS the dense rate of
	// 16-bit matrix products. 0: unknown, so the speed is not estimated.
	MemoryGBps, TFLOPS float64
	// Chip is the name of the GPU with the same chip whose products of experts were
	// measured. "": this GPU was measured.
	Chip string
	// Product is the name in NVIDIA's driver. "": no known instance type of EC2 has the
	// GPU.
	Product string
	// Measured reports that measurements of this GPU confirm its speed. Otherwise the
	// speed is extrapolated from other GPUs.
	Measured bool
}

// Lowest compute capabilities of features.
const (
	capabilityCUDA13 = 75 // Turing: CUDA 13 has no code for older GPUs
	capabilityAmpere = 80 // 16-bit brain floats, and Marlin's kernels
	capabilityAda    = 89 // products of FP8
	capabilityHopper = 90
)

//go:embed gpus.tsv
var gpuTable string

// gpus returns the rows of the table, which it reads once. A test checks that the table
// has no errors.
var gpus = sync.OnceValues(func() ([]GPU, error) { return readGPUs(gpuTable) })

// readGPUs returns the GPUs of a table, or all its problems.
func readGPUs(table string) ([]GPU, error) {
	var read []GPU
	var problems []error
	for _, row := range rows(table) {
		g, err := readGPU(row)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", row["name"], err))
		}
		if slices.ContainsFunc(read, func(old GPU) bool { return strings.EqualFold(old.Name, g.Name) }) {
			problems = append(problems, fmt.Errorf("%s: is in the table twice", g.Name))
		}
		read = append(read, g)
	}
	for _, g := range read {
		if g.Chip != "" && !slices.ContainsFunc(read, func(old GPU) bool { return old.Name == g.Chip && old.Chip == "" }) {
			problems = append(problems, fmt.Errorf("%s: chip is %q, want a measured GPU of the table", g.Name, g.Chip))
		}
	}
	return read, errors.Join(problems...)
}

// readGPU returns the GPU of a row.
func readGPU(row map[string]string) (GPU, error) {
	g := GPU{Name: row["name"], Measured: row["measured"] == "yes"}
	if strings.ContainsAny(g.Name, " \t") || g.Name == "" {
		return g, fmt.Errorf("name is %q, want one without spaces", g.Name)
	}
	link := slices.IndexFunc(links, func(l Link) bool { return l.Name == row["link"] })
	if link < 0 {
		return g, fmt.Errorf("link is %q, want one of links", row["link"])
	}
	g.Link = links[link]
	for column, field := range map[string]*float64{"usable_gib": &g.UsableGiB, "memory_gbps": &g.MemoryGBps, "tflops": &g.TFLOPS} {
		var err error
		if *field, err = strconv.ParseFloat(row[column], 64); err != nil {
			return g, fmt.Errorf("%s: %w", column, err)
		}
	}
	for column, field := range map[string]*int{"nominal_gb": &g.NominalGB, "capability": &g.Capability} {
		var err error
		if *field, err = strconv.Atoi(row[column]); err != nil {
			return g, fmt.Errorf("%s: %w", column, err)
		}
	}
	for column, field := range map[string]*string{"chip": &g.Chip, "product": &g.Product} {
		switch value := row[column]; value {
		case "":
			return g, fmt.Errorf("%s is missing; want - where there is none", column)
		case "-":
		default:
			*field = value
		}
	}
	if measured := row["measured"]; measured != "yes" && measured != "no" {
		return g, fmt.Errorf("measured is %q, want yes or no", measured)
	}
	return g, nil
}

// GPUNames returns the names of all GPUs, sorted.
func GPUNames() []string {
	table, _ := gpus()
	names := make([]string, len(table))
	for i, g := range table {
		names[i] = g.Name
	}
	slices.Sort(names)
	return names
}

// FindGPU returns the GPU with a name, regardless of case.
func FindGPU(name string) (GPU, error) {
	table, err := gpus()
	if err != nil {
		return GPU{}, err
	}
	for _, g := range table {
		if strings.EqualFold(g.Name, name) {
			return g, nil
		}
	}
	return GPU{}, fmt.Errorf("is %q, which is no GPU of the catalogue; want one of %s", name, strings.Join(GPUNames(), ", "))
}

// FindProduct returns the GPU with a product name of NVIDIA's driver; false if the
// catalogue has none.
func FindProduct(product string) (GPU, bool) {
	table, _ := gpus()
	i := slices.IndexFunc(table, func(g GPU) bool { return g.Product != "" && g.Product == product })
	if i < 0 {
		return GPU{}, false
	}
	return table[i], true
}

// HasSpeed reports whether the GPU's bandwidth and arithmetic rate are known.
func (g GPU) HasSpeed() bool { return g.MemoryGBps > 0 && g.TFLOPS > 0 }

// Large reports whether vLLM uses its larger defaults on the GPU: 70 GiB or more, and
// not an A100 (EngineArgs in vllm/engine/arg_utils.py).
func (g GPU) Large() bool { return g.UsableGiB >= 70 && !strings.HasPrefix(g.Name, "A100") }

// Hopper reports whether the GPU is of the Hopper generation or later.
func (g GPU) Hopper() bool { return g.Capability >= capabilityHopper }

// Ada reports whether the GPU is of the Ada generation or later, which multiplies 8-bit
// numbers.
func (g GPU) Ada() bool { return g.Capability >= capabilityAda }

// Ampere reports whether the GPU is of the Ampere generation or later.
func (g GPU) Ampere() bool { return g.Capability >= capabilityAmpere }

// CUDA13 reports whether CUDA 13 runs on the GPU.
func (g GPU) CUDA13() bool { return g.Capability >= capabilityCUDA13 }

// Blackwell reports whether the GPU is of the Blackwell generation or later, which
// multiplies 4-bit numbers.
func (g GPU) Blackwell() bool { return g.Capability >= 100 }

// DataCentreBlackwell reports whether the GPU is a data-centre Blackwell, such as B200.
func (g GPU) DataCentreBlackwell() bool { return g.Capability >= 100 && g.Capability < 120 }

// Link is a class of connections between the GPUs of one node.
type Link struct {
	// Name is the name of the class, such as NVLink4.
	Name string
	// NVLink reports that data goes over NVLink.
	NVLink bool
	// reductions holds the all-reduce of two, four and eight GPUs.
	reductions [3]reduction
}

// reduction describes one all-reduce of a layer's output.
type reduction struct {
	// latency is the time of a small message in microseconds, rate the throughput of a
	// large message in GB/s.
	latency, rate float64
}

// links holds the classes as measured (ai-dynamo/aiconfigurator 095f58a, systems/data,
// custom_allreduce_perf and nccl_perf of vLLM 0.22 and 0.24, whose message sizes count
// elements of two bytes): A100, H100 and H200, B200, RTX PRO 6000, L40S. PCIe4 has the
// latencies of L40S without a recorded graph, because vLLM disables its own all-reduce
// for more than two GPUs without NVLink, and for GPUs without access to each other's
// memory, as on EC2. The rates of PCIe4 for four and eight GPUs are half of those of
// PCIe5, because the measured L40S host is slow between its sockets. PCIe3 has half the
// rates of PCIe4, and NVLink2 half of those of NVLink3 (300 of 600 GB/s).
var links = []Link{
	{"PCIe3", false, [3]reduction{{43, 9.5}, {56, 4.8}, {61, 3.3}}},
	{"PCIe4", false, [3]reduction{{43, 18.5}, {56, 9.5}, {61, 6.6}}},
	{"PCIe5", false, [3]reduction{{5.1, 36}, {14.9, 18.9}, {27, 13.2}}},
	{"NVLink2", true, [3]reduction{{6, 82}, {7, 60}, {8.5, 54}}},
	{"NVLink3", true, [3]reduction{{5.3, 165}, {6.2, 121}, {7.5, 108}}},
	{"NVLink4", true, [3]reduction{{4.5, 220}, {5, 200}, {5.8, 195}}},
	{"NVLink5", true, [3]reduction{{7.1, 400}, {7.4, 340}, {8.2, 300}}},
}

// AllReduce returns the time of one all-reduce over a number of GPUs, in seconds. One
// GPU needs none. A number between two powers of two counts as the next power.
func (l Link) AllReduce(gpus int, bytes float64) float64 {
	if gpus < 2 {
		return 0
	}
	r := l.reductions[min(bits.Len(uint(gpus-1)), len(l.reductions))-1]
	if r.rate == 0 {
		return 0
	}
	return r.latency*1e-6 + bytes/(r.rate*1e9)
}
