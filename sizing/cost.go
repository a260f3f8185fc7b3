package sizing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Cost is what runs for one model, in USD an hour on demand: whole nodes, as if
// no other model shared them.
type Cost struct {
	// Known tells whether the instance type has a price; without, all is 0.
	Known bool
	// Min and Max are at the least and at the most replicas.
	Min, Max float64
	// PerMillionTokens is one million output tokens on a node with as many replicas
	// as fit, all at their target load; 0 where the rate is not known.
	PerMillionTokens float64
	// Price is that of one node.
	Price catalogue.Price
	// Spot reports that nodes may be spare capacity: Min and Max are on-demand
	// prices, which spot prices do not exceed.
	Spot bool
}

// Nodes is how many nodes so many replicas need, if they have them to
// themselves; 0 where not even one fits a node.
func Nodes(on catalogue.Instance, gpus, replicas int) int {
	if gpus < 1 || gpus > on.GPUs {
		return 0
	}
	each := on.GPUs / gpus
	return (replicas + each - 1) / each
}

// Charge computes the cost of so many replicas of so many GPUs.
func Charge(on catalogue.Instance, gpus, least, most int, s Serving, prices catalogue.Prices) Cost {
	price, ok := prices.Of(on.Type)
	if !ok || Nodes(on, gpus, 1) == 0 {
		return Cost{}
	}
	c := Cost{Known: true, Price: price}
	c.Min = float64(Nodes(on, gpus, least)) * price.USDPerHour
	c.Max = float64(Nodes(on, gpus, most)) * price.USDPerHour
	if s.TargetTokensPerSecond > 0 {
		c.PerMillionTokens = price.USDPerHour / (float64(on.GPUs/gpus) * s.TargetTokensPerSecond * 3600) * 1e6
	}
	return c
}

// Demand is one model's.
type Demand struct {
	// GPUs are those of one replica; Min and Max are the numbers of replicas.
	GPUs, Min, Max int
}

// Pool is a group of nodes, and what runs on it.
type Pool struct {
	Name string
	// On is the type of its nodes.
	On catalogue.Instance
	// Min is how many nodes are always there.
	Min int
	// Max is how many nodes there may be, in each of so many Zones. Default: 0, no
	// bound, and zones that are not known.
	Max, Zones int
	// Spot reports that the nodes are spare capacity, which costs at most the
	// on-demand price. Default: false.
	Spot    bool
	Demands []Demand
	// USDPerHour is the user's price of one node. Default: 0, none.
	USDPerHour float64
	// Undiscounted reports that a discount does not apply. Default: false.
	Undiscounted bool
}

// prices are those of the pool's nodes.
func (p Pool) prices(all catalogue.Prices) catalogue.Prices {
	return all.ForNodes([]string{p.On.Type}, p.USDPerHour, !p.Undiscounted)
}

// Shared is what a stack pays for beside the nodes of its models.
type Shared struct {
	// ControlPlanes is the number of EKS clusters.
	ControlPlanes int `key:"controlPlanes" range:"0..1000" default:"0"`
	// ExtendedSupport is how many of the EKS clusters run a Kubernetes version in
	// extended support.
	ExtendedSupport int `key:"extendedSupport" range:"0..1000" default:"0"`
	// NATGateways is the number of NAT gateways, without their traffic.
	NATGateways int `key:"natGateways" range:"0..1000" default:"0"`
	// Endpoints is the number of interface endpoints times zones.
	Endpoints int `key:"endpoints" range:"0..1000" default:"0"`
	// LoadBalancers is the number of load balancers, without their traffic.
	LoadBalancers int `key:"loadBalancers" range:"0..1000" default:"0"`
	// PublicIPv4 is the number of public addresses, such as those of NAT gateways.
	PublicIPv4 int `key:"publicIpv4" range:"0..1000" default:"0"`
	// Nodes is the number of other nodes, by instance type.
	Nodes map[string]int `key:"nodes" range:"1..1000"`
}

// Item is one line of a stack's cost, in USD an hour.
type Item struct {
	Name     string
	Min, Max float64
	// Spot reports that Min and Max are the on-demand price of spare capacity.
	Spot bool
}

// Bill is a stack's cost, in USD an hour on demand.
type Bill struct {
	Items    []Item
	Min, Max float64
	// Spot reports that an item is spare capacity, so that Min and Max are upper
	// bounds.
	Spot bool
	// Nodes is how many nodes of each pool the models need at their most.
	Nodes map[string]int
	// Elsewhere are those whose price is of another region.
	Elsewhere []string
	// Unpriced are instance types and others without a price: they cost, and are
	// not counted.
	Unpriced []string
}

// Account adds up a stack: nodes of each pool that hold the replicas of all its
// models together, at their least and at their most, and what is shared.
func Account(pools []Pool, shared Shared, prices catalogue.Prices) Bill {
	b := Bill{Nodes: map[string]int{}}
	for _, p := range pools {
		most := pack(p, func(d Demand) int { return d.Max })
		b.Nodes[p.Name] = most
		before := len(b.Items)
		b.add(p.prices(prices), p.On.Type, fmt.Sprintf("%s in %s", p.On.Type, p.Name), max(pack(p, func(d Demand) int { return d.Min }), p.Min), max(p.worst(most), p.Min))
		if p.Spot && len(b.Items) > before {
			b.Items[before].Spot, b.Spot = true, true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shared.Nodes)) {
		b.add(prices, name, name, shared.Nodes[name], shared.Nodes[name])
	}
	for _, other := range []struct {
		name  string
		count int
	}{
		{catalogue.ControlPlane, shared.ControlPlanes - shared.ExtendedSupport}, {catalogue.ExtendedSupport, shared.ExtendedSupport},
		{catalogue.NATGateway, shared.NATGateways}, {catalogue.Endpoint, shared.Endpoints}, {catalogue.LoadBalancer, shared.LoadBalancers},
		{catalogue.PublicIPv4, shared.PublicIPv4},
	} {
		b.add(prices, other.name, other.name, other.count, other.count)
	}
	return b
}

// add appends one line, unless there is none of it.
func (b *Bill) add(prices catalogue.Prices, priced, name string, least, most int) {
	if most <= 0 {
		return
	}
	price, ok := prices.Of(priced)
	if !ok {
		if !slices.Contains(b.Unpriced, priced) {
			b.Unpriced = append(b.Unpriced, priced)
		}
		return
	}
	if prices.Elsewhere(price) && !slices.Contains(b.Elsewhere, priced) {
		b.Elsewhere = append(b.Elsewhere, priced)
	}
	item := Item{Name: name, Min: float64(least) * price.USDPerHour, Max: float64(most) * price.USDPerHour}
	b.Items = append(b.Items, item)
	b.Min += item.Min
	b.Max += item.Max
}

// List is the bill in one line, at its most.
func (b Bill) List() string {
	var parts []string
	for _, i := range b.Items {
		parts = append(parts, i.Name+" "+atMost(i.Spot, fmt.Sprintf("%.2f", i.Max)))
	}
	return strings.Join(parts, ", ")
}

// worst returns the most nodes that can run at once, if packed is how many hold
// all replicas. Replicas that could share a node end up on nodes of their own
// when the models scale up and down in turn, and when their nodes are in several
// zones: the autoscaler bounds the nodes of a zone, and nothing those of all zones
// but the replicas.
func (p Pool) worst(packed int) int {
	replicas := 0
	for _, d := range p.Demands {
		if d.GPUs >= 1 && d.GPUs <= p.On.GPUs {
			replicas += d.Max
		}
	}
	return max(packed, min(replicas, p.Max*p.Zones))
}

// pack is how many nodes hold the replicas of all models: the largest first,
// each on the first node with room.
func pack(p Pool, replicas func(Demand) int) int {
	sorted := slices.Clone(p.Demands)
	slices.SortStableFunc(sorted, func(a, b Demand) int { return cmp.Compare(b.GPUs, a.GPUs) })
	var free []int // of each node
	for _, d := range sorted {
		if d.GPUs < 1 || d.GPUs > p.On.GPUs {
			continue
		}
		for range replicas(d) {
			at := slices.IndexFunc(free, func(gpus int) bool { return gpus >= d.GPUs })
			if at < 0 {
				free = append(free, p.On.GPUs)
				at = len(free) - 1
			}
			free[at] -= d.GPUs
		}
	}
	return len(free)
}
