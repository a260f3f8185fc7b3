// Package hardware holds the constants of the GPUs and models that the
// simulator pretends to have, and the arithmetic that follows from them: how
// many tokens of KV cache fit, and how long an engine step takes.
package hardware

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// GPU is one card. Timings are those of an 8B model in 16 bit on that card:
// a step takes Base + PerSequence × sequences + prefill tokens / PrefillRate.
type GPU struct {
	Name        string
	UsableGiB   float64 // what the driver leaves of the nameplate
	NVLink      bool
	Base        time.Duration
	PerSequence time.Duration
	PrefillRate float64 // tokens per second
	MaxSeqs     int     // vLLM's defaults for the API server
	BatchTokens int
}

// Usable memory: what vLLM's start-up logs report as total per card.
//
// Timings. Measured: A100-80 from Vidur's profiles of an 8B model (step
// 9.7 / 10.9 / 13.2 / 19.5 ms at 1 / 32 / 128 / 256 sequences, prefill 14.3k
// tokens/s), H100 from Vidur's of a 7B (5.6 / 5.8 / 6.4 / 9.2 ms, 51k), A6000
// end to end with a 7B (21.9 / 22.3 / 27.5 / 36.0 / 53.1 ms at 1 / 8 / 64 /
// 128 / 256). The lines below are fits through them, within 10 %.
// Derived: A10G from A6000 by memory bandwidth (600 against 768 GB/s), and the
// others from the nearest card: Base by memory bandwidth, because decoding is
// bound by reading the weights, PrefillRate by 16-bit throughput.
var gpus = map[string]GPU{
	"A10G":    {UsableGiB: 22.07, Base: 28 * time.Millisecond, PerSequence: 140 * time.Microsecond, PrefillRate: 3000},
	"A10":     {UsableGiB: 22.07, Base: 28 * time.Millisecond, PerSequence: 140 * time.Microsecond, PrefillRate: 3000},
	"L4":      {UsableGiB: 22.03, Base: 56 * time.Millisecond, PerSequence: 140 * time.Microsecond, PrefillRate: 2900},
	"T4":      {UsableGiB: 14.6, Base: 52 * time.Millisecond, PerSequence: 270 * time.Microsecond, PrefillRate: 1500},
	"A6000":   {UsableGiB: 47.4, Base: 21600 * time.Microsecond, PerSequence: 120 * time.Microsecond, PrefillRate: 4000},
	"L40S":    {UsableGiB: 44.4, Base: 19400 * time.Microsecond, PerSequence: 60 * time.Microsecond, PrefillRate: 13000},
	"A100-40": {UsableGiB: 39.5, NVLink: true, Base: 12500 * time.Microsecond, PerSequence: 36 * time.Microsecond, PrefillRate: 14300},
	"A100-80": {UsableGiB: 79.2, NVLink: true, Base: 9600 * time.Microsecond, PerSequence: 36 * time.Microsecond, PrefillRate: 14300},
	"H100":    {UsableGiB: 79.2, NVLink: true, Base: 5500 * time.Microsecond, PerSequence: 12 * time.Microsecond, PrefillRate: 51000},
	"H200":    {UsableGiB: 139.8, NVLink: true, Base: 3840 * time.Microsecond, PerSequence: 12 * time.Microsecond, PrefillRate: 51000},
}

// FindGPU returns a card by name.
func FindGPU(name string) (GPU, error) {
	gpu, ok := gpus[strings.ToUpper(name)]
	if !ok {
		return GPU{}, fmt.Errorf("unknown GPU %q; known: %s", name, strings.Join(GPUNames(), ", "))
	}
	gpu.Name = strings.ToUpper(name)
	gpu.MaxSeqs, gpu.BatchTokens = 256, 2048
	if gpu.UsableGiB >= 70 && !strings.HasPrefix(gpu.Name, "A100") {
		gpu.MaxSeqs, gpu.BatchTokens = 1024, 8192
	}
	return gpu, nil
}

// GPUNames lists the cards in order.
func GPUNames() []string {
	names := make([]string, 0, len(gpus))
	for name := range gpus {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
