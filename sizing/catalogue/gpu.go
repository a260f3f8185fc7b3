package catalogue

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// GPU is one card.
type GPU struct {
	// Name is what `gpu.type` calls it.
	Name string
	// NominalGB is the memory on the data sheet.
	NominalGB int
	// UsableGiB is the memory that CUDA reports as total, before anything runs:
	// the nameplate less what the driver and ECC keep. Source: "total" in vLLM's
	// start-up logs and nvidia-smi.
	UsableGiB float64
	// NVLink tells whether the cards of a node exchange data over NVLink.
	NVLink bool
	// Capability is CUDA's compute capability, times ten. 0: not a CUDA card.
	Capability int
	// Timing is that of the reference model, an 8B in 16 bit, on this card. It
	// is zero where no measurement stands behind it.
	Timing Timing
}

// Timing is how long one engine step takes: Base + PerSequence × sequences +
// PrefillPerToken × prompt tokens.
type Timing struct {
	Base            time.Duration
	PerSequence     time.Duration
	PrefillPerToken time.Duration
}

// perToken is the time of one token at a rate of so many a second.
func perToken(rate float64) time.Duration { return time.Duration(float64(time.Second) / rate) }

// Capabilities from which something works.
const (
	capabilityCUDA13 = 75 // CUDA 13 has no code for older ones: Turing
	capabilityAmpere = 80 // 16-bit brain floats, and Marlin's kernels
	capabilityHopper = 90
)

const us = time.Microsecond

// Timings. Measured: A100-80 from Vidur's profiles of an 8B model (step
// 9.7 / 10.9 / 13.2 / 19.5 ms at 1 / 32 / 128 / 256 sequences, prefill 14.3k
// tokens/s), H100 from Vidur's of a 7B (5.6 / 5.8 / 6.4 / 9.2 ms, 51k), A6000
// end to end with a 7B (21.9 / 22.3 / 27.5 / 36.0 / 53.1 ms at 1 / 8 / 64 /
// 128 / 256). The lines are fits through them, within 10 %.
// Derived: A10G from A6000 by memory bandwidth (600 against 768 GB/s), and the
// others from the nearest card: Base by memory bandwidth, because decoding is
// bound by reading the weights, PrefillPerToken by 16-bit throughput.
var gpus = []GPU{
	{"T4", 16, 14.6, false, 75, Timing{52000 * us, 270 * us, perToken(1500)}},
	{"V100-16", 16, 15.8, true, 70, Timing{}},
	{"V100-32", 32, 31.7, true, 70, Timing{}},
	{"A10G", 24, 22.07, false, 86, Timing{28000 * us, 140 * us, perToken(3000)}},
	{"A10", 24, 22.07, false, 86, Timing{28000 * us, 140 * us, perToken(3000)}},
	{"L4", 24, 22.03, false, 89, Timing{56000 * us, 140 * us, perToken(2900)}},
	{"A6000", 48, 47.4, false, 86, Timing{21600 * us, 120 * us, perToken(4000)}},
	{"L40S", 48, 44.4, false, 89, Timing{19400 * us, 60 * us, perToken(13000)}},
	{"A100-40", 40, 39.5, true, 80, Timing{12500 * us, 36 * us, perToken(14300)}},
	{"A100-80", 80, 79.25, true, 80, Timing{9600 * us, 36 * us, perToken(14300)}},
	{"H100", 80, 79.2, true, 90, Timing{5500 * us, 12 * us, perToken(51000)}},
	{"H100-NVL", 94, 93.1, true, 90, Timing{}},
	{"GH200", 96, 94.5, true, 90, Timing{}},
	{"H20", 96, 95.1, true, 90, Timing{}},
	{"H200", 141, 139.8, true, 90, Timing{3840 * us, 12 * us, perToken(51000)}},
	{"B200", 180, 178.4, true, 100, Timing{}},
	{"RTX-PRO-6000", 96, 94.97, false, 120, Timing{}},
	{"A2", 16, 14.5, false, 86, Timing{}},
	{"A30", 24, 23.5, false, 80, Timing{}},
	{"A40", 48, 44.4, false, 86, Timing{}},
	{"A4000", 16, 15.7, false, 86, Timing{}},
	{"A5000", 24, 23.6, false, 86, Timing{}},
	{"L40", 48, 44.4, false, 89, Timing{}},
	{"P100", 16, 15.9, false, 60, Timing{}},
	{"RTX-2080-TI", 11, 10.75, false, 75, Timing{}},
	{"RTX-3060", 12, 11.6, false, 86, Timing{}},
	{"RTX-3080", 10, 9.7, false, 86, Timing{}},
	{"RTX-3090", 24, 23.57, false, 86, Timing{}},
	{"RTX-4060-TI", 16, 15.6, false, 89, Timing{}},
	{"RTX-4070", 12, 11.6, false, 89, Timing{}},
	{"RTX-4080", 16, 15.6, false, 89, Timing{}},
	{"RTX-4090", 24, 23.5, false, 89, Timing{}},
	{"RTX-5080", 16, 15.5, false, 120, Timing{}},
	{"RTX-5090", 32, 31.4, false, 120, Timing{}},
	{"RTX-6000-ADA", 48, 47.4, false, 89, Timing{}},
}

// GPUNames lists the cards, sorted.
func GPUNames() []string {
	names := make([]string, len(gpus))
	for i, g := range gpus {
		names[i] = g.Name
	}
	slices.Sort(names)
	return names
}

// FindGPU returns a card by its name, in whatever case.
func FindGPU(name string) (GPU, error) {
	for _, g := range gpus {
		if strings.EqualFold(g.Name, name) {
			return g, nil
		}
	}
	return GPU{}, fmt.Errorf("is %q, which is no GPU of the catalogue; want one of %s", name, strings.Join(GPUNames(), ", "))
}

// Large tells whether vLLM takes its larger defaults on the card: 70 GiB or
// more, and no A100 (EngineArgs in vllm/engine/arg_utils.py).
func (g GPU) Large() bool { return g.UsableGiB >= 70 && !strings.HasPrefix(g.Name, "A100") }

// Hopper tells whether the card is of that generation or a later one.
func (g GPU) Hopper() bool { return g.Capability >= capabilityHopper }

// Ampere tells whether the card is of that generation or a later one.
func (g GPU) Ampere() bool { return g.Capability >= capabilityAmpere }

// CUDA13 tells whether CUDA 13 runs on the card.
func (g GPU) CUDA13() bool { return g.Capability >= capabilityCUDA13 }

// DataCentreBlackwell tells whether the card is a B200 or one of its kind.
func (g GPU) DataCentreBlackwell() bool { return g.Capability >= 100 && g.Capability < 120 }
