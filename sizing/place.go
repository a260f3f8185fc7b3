package sizing

import (
	"cmp"
	"slices"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Flexible is a demand that any of several pools can meet.
type Flexible struct {
	Demand Demand
	// Pools are names of pools, in order of preference.
	Pools []string
}

// Place returns the pools with the demands added, placed where they cost most:
// each fills the most expensive of its pools up to the bound of that, then the
// next. A pool that is not spare capacity counts before one that is. What no
// pool has room for goes to the last.
func Place(pools []Pool, flexible []Flexible, prices catalogue.Prices) []Pool {
	placed := slices.Clone(pools)
	for _, f := range flexible {
		var indices []int
		for _, name := range f.Pools {
			if at := slices.IndexFunc(placed, func(p Pool) bool { return p.Name == name }); at >= 0 {
				indices = append(indices, at)
			}
		}
		slices.SortStableFunc(indices, func(a, b int) int {
			return cmp.Or(cmp.Compare(perGPU(placed[b], prices), perGPU(placed[a], prices)), spotLast(placed[a], placed[b]))
		})
		least, most := f.Demand.Min, f.Demand.Max
		for i, at := range indices {
			room := most
			if i < len(indices)-1 {
				room = placed[at].room(f.Demand.GPUs, most)
			}
			if room == 0 && least == 0 {
				continue
			}
			placed[at].Demands = append(slices.Clone(placed[at].Demands), Demand{GPUs: f.Demand.GPUs, Min: min(least, room), Max: room})
			least, most = max(least-room, 0), most-room
		}
	}
	return placed
}

// room returns how many replicas the pool holds beside its demands, in all its
// zones, at most so many.
func (p Pool) room(gpus, most int) int {
	if p.Max == 0 {
		return most
	}
	for replicas := most; replicas > 0; replicas-- {
		with := p
		with.Demands = append(slices.Clone(p.Demands), Demand{GPUs: gpus, Max: replicas})
		if gpus <= p.On.GPUs && pack(with, func(d Demand) int { return d.Max }) <= p.Max*max(p.Zones, 1) {
			return replicas
		}
	}
	return 0
}

// perGPU is the on-demand price of one GPU of a pool.
func perGPU(p Pool, prices catalogue.Prices) float64 {
	price, _ := p.prices(prices).Of(p.On.Type)
	return price.USDPerHour / float64(max(p.On.GPUs, 1))
}

func spotLast(a, b Pool) int {
	switch {
	case a.Spot == b.Spot:
		return 0
	case a.Spot:
		return 1
	}
	return -1
}
