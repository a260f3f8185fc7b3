package catalogue

import (
	_ "embed" // the table
	"fmt"
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
var gpus = sync.OnceValues(func() ([]GPU, error) {
	var all []GPU
	for _, f := range rows(gpuTable) {
		g := GPU{Name: f["name"], Measured: f["measured"] == "yes"}
		at := slices.IndexFunc(links, func(l Link) bool { return l.Name == f["link"] })
		if at < 0 {
			return nil, fmt.Errorf("%s: link is %q", g.Name, f["link"])
		}
		g.Link = links[at]
		for column, to := range map[string]*float64{"usable_gib": &g.UsableGiB, "memory_gbps": &g.MemoryGBps, "tflops": &g.TFLOPS} {
			var err error
			if *to, err = strconv.ParseFloat(f[column], 64); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", g.Name, column, err)
			}
		}
		for column, to := range map[string]*int{"nominal_gb": &g.NominalGB, "capability": &g.Capability} {
			var err error
			if *to, err = strconv.Atoi(f[column]); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", g.Name, column, err)
			}
		}
		all = append(all, g)
	}
	return all, nil
})

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
