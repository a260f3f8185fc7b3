package sizing

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// TestPlaceFillsMostExpensivePool checks that the most expensive pool fills first, up
// to its limit.
func TestPlaceFillsMostExpensivePool(t *testing.T) {
	instance := func(name string) catalogue.Instance {
		i, err := catalogue.FindInstance(name)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	small, large := instance("g5.2xlarge"), instance("g5.12xlarge")
	tests := map[string]struct {
		pools       []Pool
		list        []string
		minReplicas int
		maxReplicas int
		want        map[string]Demand // without GPUs
	}{
		"spot pool first in the list":    {[]Pool{{Name: "spot", Instance: small, Spot: true, Max: 9}, {Name: "demand", Instance: small, Max: 9}}, []string{"spot", "demand"}, 1, 3, map[string]Demand{"demand": {Min: 1, Max: 3}}},
		"on-demand pool without a limit": {[]Pool{{Name: "spot", Instance: small, Spot: true, Max: 9}, {Name: "demand", Instance: small}}, []string{"spot", "demand"}, 1, 30, map[string]Demand{"demand": {Min: 1, Max: 30}}},
		"most expensive pool is full": {[]Pool{{Name: "spot", Instance: small, Spot: true, Max: 9}, {Name: "demand", Instance: small, Max: 2}}, []string{"spot", "demand"}, 3, 5,
			map[string]Demand{"demand": {Min: 2, Max: 2}, "spot": {Min: 1, Max: 3}}},
		"limit of nodes in each zone": {[]Pool{{Name: "spot", Instance: small, Spot: true, Max: 9}, {Name: "demand", Instance: small, Max: 1, Zones: 3}}, []string{"spot", "demand"}, 0, 5,
			map[string]Demand{"demand": {Max: 3}, "spot": {Max: 2}}},
		"larger node costs more per GPU": {[]Pool{{Name: "small", Instance: small, Max: 9}, {Name: "large", Instance: large, Max: 1}}, []string{"small", "large"}, 1, 6, map[string]Demand{"large": {Min: 1, Max: 4}, "small": {Max: 2}}},
		"no room in any pool":            {[]Pool{{Name: "spot", Instance: small, Spot: true, Max: 1}, {Name: "demand", Instance: small, Max: 1}}, []string{"spot", "demand"}, 1, 5, map[string]Demand{"demand": {Min: 1, Max: 1}, "spot": {Max: 4}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			placed := Place(test.pools, []Flexible{{Demand: Demand{GPUs: 1, Min: test.minReplicas, Max: test.maxReplicas}, Pools: test.list}}, catalogue.Prices{})
			for _, p := range placed {
				var got Demand
				for _, d := range p.Demands {
					got.Min, got.Max = got.Min+d.Min, got.Max+d.Max
				}
				if got != test.want[p.Name] {
					t.Errorf("%s has %+v, want %+v", p.Name, got, test.want[p.Name])
				}
			}
		})
	}
}
