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

// GPU is one card.
type GPU struct {
	// Name is what `gpu.type` calls it.
	Name string
	// NominalGB is the memory on the data sheet.
	NominalGB int
	// UsableGiB is the memory that CUDA reports as total, before anything runs:
	// the nameplate less what the driver and ECC keep.
	UsableGiB float64
	// Capability is CUDA's compute capability, times ten. 0: not a CUDA card.
	Capability int
	// Link is how the cards of a node exchange data.
	Link Link
	// MemoryGBps is the bandwidth of the memory in GB/s, TFLOPS the dense rate of
	// 16-bit matrix products. 0: not known, so nothing is said of the card's speed.
	MemoryGBps, TFLOPS float64
	// Chip is the name of the card with the same chip whose products of experts were
	// measured; "" for the card's own.
	Chip string
	// Product is what NVIDIA's driver calls the card; "" where no instance type of EC2
	// is known to have it.
	Product string
	// Measured reports that measured results of the card stand behind its speed.
	// Otherwise it is extrapolated from those of others.
	Measured bool
}

// Capabilities from which something works.
const (
	capabilityCUDA13 = 75 // CUDA 13 has no code for older ones: Turing
	capabilityAmpere = 80 // 16-bit brain floats, and Marlin's kernels
	capabilityAda    = 89 // products of FP8
	capabilityHopper = 90
)

//go:embed gpus.tsv
var gpuTable string

// gpus reads the table once. A test holds that it is without errors.
var gpus = sync.OnceValues(func() ([]GPU, error) { return readGPUs(gpuTable) })

// readGPUs returns the GPUs of a table, or every problem of it.
func readGPUs(table string) ([]GPU, error) {
	var read []GPU
	var problems []error
	for _, row := range rows(table) {
		g, err := readGPU(row)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", row["name"], err))
		}
		if slices.ContainsFunc(read, func(other GPU) bool { return strings.EqualFold(other.Name, g.Name) }) {
			problems = append(problems, fmt.Errorf("%s: stands there twice", g.Name))
		}
		read = append(read, g)
	}
	for _, g := range read {
		if g.Chip != "" && !slices.ContainsFunc(read, func(other GPU) bool { return other.Name == g.Chip && other.Chip == "" }) {
			problems = append(problems, fmt.Errorf("%s: chip is %q, want a card of the table with a chip of its own", g.Name, g.Chip))
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
	for column, to := range map[string]*float64{"usable_gib": &g.UsableGiB, "memory_gbps": &g.MemoryGBps, "tflops": &g.TFLOPS} {
		var err error
		if *to, err = strconv.ParseFloat(row[column], 64); err != nil {
			return g, fmt.Errorf("%s: %w", column, err)
		}
	}
	for column, to := range map[string]*int{"nominal_gb": &g.NominalGB, "capability": &g.Capability} {
		var err error
		if *to, err = strconv.Atoi(row[column]); err != nil {
			return g, fmt.Errorf("%s: %w", column, err)
		}
	}
	for column, to := range map[string]*string{"chip": &g.Chip, "product": &g.Product} {
		switch value := row[column]; value {
		case "":
			return g, fmt.Errorf("%s is missing; want - where there is none", column)
		case "-":
		default:
			*to = value
		}
	}
	if measured := row["measured"]; measured != "yes" && measured != "no" {
		return g, fmt.Errorf("measured is %q, want yes or no", measured)
	}
	return g, nil
}

// GPUNames lists the cards, sorted.
func GPUNames() []string {
	all, _ := gpus()
	names := make([]string, len(all))
	for i, g := range all {
		names[i] = g.Name
	}
	slices.Sort(names)
	return names
}

// FindGPU returns a card by its name, in whatever case.
func FindGPU(name string) (GPU, error) {
	all, err := gpus()
	if err != nil {
		return GPU{}, err
	}
	for _, g := range all {
		if strings.EqualFold(g.Name, name) {
			return g, nil
		}
	}
	return GPU{}, fmt.Errorf("is %q, which is no GPU of the catalogue; want one of %s", name, strings.Join(GPUNames(), ", "))
}

// FindProduct returns the card that NVIDIA's driver calls by a name; false if the
// catalogue has none.
func FindProduct(product string) (GPU, bool) {
	all, _ := gpus()
	i := slices.IndexFunc(all, func(g GPU) bool { return g.Product != "" && g.Product == product })
	if i < 0 {
		return GPU{}, false
	}
	return all[i], true
}

// HasSpeed reports whether the card's bandwidth and arithmetic are known.
func (g GPU) HasSpeed() bool { return g.MemoryGBps > 0 && g.TFLOPS > 0 }

// Large tells whether vLLM takes its larger defaults on the card: 70 GiB or
// more, and no A100 (EngineArgs in vllm/engine/arg_utils.py).
func (g GPU) Large() bool { return g.UsableGiB >= 70 && !strings.HasPrefix(g.Name, "A100") }

// Hopper tells whether the card is of that generation or a later one.
func (g GPU) Hopper() bool { return g.Capability >= capabilityHopper }

// Ada tells whether the card multiplies numbers of 8 bit: that generation or a
// later one.
func (g GPU) Ada() bool { return g.Capability >= capabilityAda }

// Ampere tells whether the card is of that generation or a later one.
func (g GPU) Ampere() bool { return g.Capability >= capabilityAmpere }

// CUDA13 tells whether CUDA 13 runs on the card.
func (g GPU) CUDA13() bool { return g.Capability >= capabilityCUDA13 }

// Blackwell tells whether the card multiplies numbers of 4 bit.
func (g GPU) Blackwell() bool { return g.Capability >= 100 }

// DataCentreBlackwell tells whether the card is a B200 or one of its kind.
func (g GPU) DataCentreBlackwell() bool { return g.Capability >= 100 && g.Capability < 120 }

// Link is how the GPUs of one node exchange data.
type Link struct {
	// Name is that of the class, such as NVLink4.
	Name string
	// NVLink reports that data goes over NVLink.
	NVLink bool
	// reductions are those of two, four and eight GPUs.
	reductions [3]reduction
}

// reduction is one all-reduce of a layer's output.
type reduction struct {
	// latency of a small one in microseconds, rate of a large one in GB/s of the
	// message.
	latency, rate float64
}

// links are the classes, as measured (ai-dynamo/aiconfigurator 095f58a,
// systems/data, custom_allreduce_perf and nccl_perf of vLLM 0.22 and 0.24, whose
// message sizes count elements of two bytes): A100, H100 and H200, B200, RTX PRO
// 6000, L40S. PCIe4 has the latencies of L40S without a recorded graph, because
// vLLM's own all-reduce is off for more than two GPUs without NVLink and where
// GPUs have no access to each other's memory, as on EC2's; its rates for four and
// eight GPUs are half of those of PCIe5, because that host of L40S is slow between
// its sockets. PCIe3 has half the rates of PCIe4, and NVLink2 those of NVLink3
// (300 of 600 GB/s).
var links = []Link{
	{"PCIe3", false, [3]reduction{{43, 9.5}, {56, 4.8}, {61, 3.3}}},
	{"PCIe4", false, [3]reduction{{43, 18.5}, {56, 9.5}, {61, 6.6}}},
	{"PCIe5", false, [3]reduction{{5.1, 36}, {14.9, 18.9}, {27, 13.2}}},
	{"NVLink2", true, [3]reduction{{6, 82}, {7, 60}, {8.5, 54}}},
	{"NVLink3", true, [3]reduction{{5.3, 165}, {6.2, 121}, {7.5, 108}}},
	{"NVLink4", true, [3]reduction{{4.5, 220}, {5, 200}, {5.8, 195}}},
	{"NVLink5", true, [3]reduction{{7.1, 400}, {7.4, 340}, {8.2, 300}}},
}

// AllReduce returns how many seconds one all-reduce of so many bytes takes over
// so many GPUs. One GPU needs none. Numbers between powers of two count as the
// next power.
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
