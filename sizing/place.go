package sizing

import (
	"cmp"
	"slices"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Flexible is a demand that several pools can meet.
type Flexible struct {
	Demand Demand
	// Pools holds the names of the pools, in order of preference.
	Pools []string
}

// Place returns the pools with the demands added in the most expensive way. Each demand
// fills its most expensive pool up to that pool's limit, then the next one. An
// on-demand pool counts before a spot pool. The last pool takes the replicas for which
// no pool has room.
func Place(pools []Pool, flexible []Flexible, prices catalogue.Prices) []Pool {
	placed := slices.Clone(pools)
	for _, f := range flexible {
		var indices []int
		for _, name := range f.Pools {
			if index := slices.IndexFunc(placed, func(p Pool) bool { return p.Name == name }); index >= 0 {
				indices = append(indices, index)
			}
		}
		slices.SortStableFunc(indices, func(a, b int) int {
			return cmp.Or(cmp.Compare(perGPU(placed[b], prices), perGPU(placed[a], prices)), spotLast(placed[a], placed[b]))
		})
		minReplicas, maxReplicas := f.Demand.Min, f.Demand.Max
		for i, index := range indices {
			room := maxReplicas
			if i < len(indices)-1 {
				room = placed[index].room(f.Demand.GPUs, maxReplicas)
			}
			if room == 0 && minReplicas == 0 {
				continue
			}
			placed[index].Demands = append(slices.Clone(placed[index].Demands), Demand{GPUs: f.Demand.GPUs, Min: min(minReplicas, room), Max: room})
			minReplicas, maxReplicas = max(minReplicas-room, 0), maxReplicas-room
		}
	}
	return placed
}

// MaxReplicas is the largest number of replicas of a model, as the key replicas.max has it.
const MaxReplicas = 1000

// room returns the number of replicas that fit in the pool, in all zones, in addition
// to its demands; at most limit.
func (p Pool) room(gpus, limit int) int {
	if p.Max == 0 {
		return limit
	}
	for replicas := min(limit, MaxReplicas); replicas > 0; replicas-- {
		trial := p
		trial.Demands = append(slices.Clone(p.Demands), Demand{GPUs: gpus, Max: replicas})
		if gpus <= p.Instance.GPUs && pack(trial, func(d Demand) int { return d.Max }) <= p.Max*max(p.Zones, 1) {
			return replicas
		}
	}
	return 0
}

// perGPU returns the on-demand price of one GPU of a pool, in USD an hour.
func perGPU(p Pool, prices catalogue.Prices) float64 {
	price, _ := p.prices(prices).For(p.Instance.Type)
	return price.USDPerHour / float64(max(p.Instance.GPUs, 1))
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
