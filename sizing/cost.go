package sizing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Cost is the cost of one model in USD an hour on demand: whole nodes, as if no other
// model shared them.
type Cost struct {
	// Known reports whether the instance type has a price. Without a price, all amounts
	// are 0.
	Known bool
	// Min and Max are the costs of the smallest and of the largest number of replicas.
	Min, Max float64
	// PerMillionTokens is the cost of one million output tokens on a node that is full
	// of replicas, each at its target load; 0 if the rate is unknown.
	PerMillionTokens float64
	// Price is the price of one node.
	Price catalogue.Price
	// Spot reports that nodes may be spot instances. Min and Max are on-demand prices;
	// a spot price is not higher.
	Spot bool
}

// Nodes returns the number of nodes that hold the replicas if no other model uses these
// nodes; 0 if a node is too small for one replica.
func Nodes(instance catalogue.Instance, gpus, replicas int) int {
	if gpus < 1 || gpus > instance.GPUs {
		return 0
	}
	perNode := instance.GPUs / gpus
	return (replicas + perNode - 1) / perNode
}

// Charge returns the cost of minReplicas to maxReplicas replicas of gpus GPUs each.
func Charge(instance catalogue.Instance, gpus, minReplicas, maxReplicas int, s Serving, prices catalogue.Prices) Cost {
	price, ok := prices.For(instance.Type)
	if !ok || Nodes(instance, gpus, 1) == 0 {
		return Cost{}
	}
	c := Cost{Known: true, Price: price}
	c.Min = float64(Nodes(instance, gpus, minReplicas)) * price.USDPerHour
	c.Max = float64(Nodes(instance, gpus, maxReplicas)) * price.USDPerHour
	if s.TargetTokensPerSecond > 0 {
		c.PerMillionTokens = price.USDPerHour / (float64(instance.GPUs/gpus) * s.TargetTokensPerSecond * 3600) * 1e6
	}
	return c
}

// Demand is the number of GPUs and replicas of one model.
type Demand struct {
	// GPUs is the number for one replica. Min and Max are the numbers of replicas.
	GPUs, Min, Max int
}

// Pool is a group of nodes with the demands of the models that run on it.
type Pool struct {
	Name string
	// Instance is the type of the nodes.
	Instance catalogue.Instance
	// Min is the number of nodes that always run.
	Min int
	// Max is the largest number of nodes in each zone, and Zones the number of zones.
	// Default: 0, no limit and an unknown number of zones.
	Max, Zones int
	// Spot reports that the nodes are spot instances, which cost at most the on-demand
	// price. Default: false.
	Spot    bool
	Demands []Demand
	// USDPerHour is the user's price of one node. Default: 0, the catalogue's price.
	USDPerHour float64
	// Undiscounted reports that a discount does not apply. Default: false.
	Undiscounted bool
}

// prices returns the prices that apply to the pool's nodes.
func (p Pool) prices(prices catalogue.Prices) catalogue.Prices {
	return prices.ForNodes([]string{p.Instance.Type}, p.USDPerHour, !p.Undiscounted)
}

// Shared counts the resources of a stack that cost money in addition to its models'
// nodes.
type Shared struct {
	// ControlPlanes is the number of EKS clusters.
	ControlPlanes int `key:"controlPlanes" range:"0..1000" default:"0"`
	// ExtendedSupport is the number of EKS clusters that run a Kubernetes version in
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
	// Spot reports that Min and Max are the on-demand price of spot capacity.
	Spot bool
}

// Bill is a stack's cost, in USD an hour on demand.
type Bill struct {
	Items    []Item
	Min, Max float64
	// Spot reports that an item is a spot instance, so Min and Max are upper limits.
	Spot bool
	// Nodes is the number of nodes of each pool that the models need at maxReplicas.
	Nodes map[string]int
	// Elsewhere lists items whose price is from another region.
	Elsewhere []string
	// Unpriced lists instance types and other items without a price. They cost money,
	// and the bill does not count them.
	Unpriced []string
}

// Account returns the bill of a stack: the nodes of each pool that hold the replicas of
// all models together, at their smallest and at their largest number, and the shared
// resources.
func Account(pools []Pool, shared Shared, prices catalogue.Prices) Bill {
	b := Bill{Nodes: map[string]int{}}
	for _, p := range pools {
		packed := pack(p, func(d Demand) int { return d.Max })
		b.Nodes[p.Name] = packed
		before := len(b.Items)
		b.add(p.prices(prices), p.Instance.Type, fmt.Sprintf("%s in %s", p.Instance.Type, p.Name), max(pack(p, func(d Demand) int { return d.Min }), p.Min), max(p.worst(packed), p.Min))
		if p.Spot && len(b.Items) > before {
			b.Items[before].Spot, b.Spot = true, true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shared.Nodes)) {
		b.add(prices, name, name, shared.Nodes[name], shared.Nodes[name])
	}
	for _, resource := range []struct {
		name  string
		count int
	}{
		{catalogue.ControlPlane, shared.ControlPlanes - shared.ExtendedSupport}, {catalogue.ExtendedSupport, shared.ExtendedSupport},
		{catalogue.NATGateway, shared.NATGateways}, {catalogue.Endpoint, shared.Endpoints}, {catalogue.LoadBalancer, shared.LoadBalancers},
		{catalogue.PublicIPv4, shared.PublicIPv4},
	} {
		b.add(prices, resource.name, resource.name, resource.count, resource.count)
	}
	return b
}

// add appends one line to the bill if its count is not zero.
func (b *Bill) add(prices catalogue.Prices, product, name string, minCount, maxCount int) {
	if maxCount <= 0 {
		return
	}
	price, ok := prices.For(product)
	if !ok {
		if !slices.Contains(b.Unpriced, product) {
			b.Unpriced = append(b.Unpriced, product)
		}
		return
	}
	if prices.Elsewhere(price) && !slices.Contains(b.Elsewhere, product) {
		b.Elsewhere = append(b.Elsewhere, product)
	}
	item := Item{Name: name, Min: float64(minCount) * price.USDPerHour, Max: float64(maxCount) * price.USDPerHour}
	b.Items = append(b.Items, item)
	b.Min += item.Min
	b.Max += item.Max
}

// List returns all items with their largest cost, in one line.
func (b Bill) List() string {
	var parts []string
	for _, i := range b.Items {
		parts = append(parts, i.Name+" "+atMost(i.Spot, fmt.Sprintf("%.2f", i.Max)))
	}
	return strings.Join(parts, ", ")
}

// worst returns the largest number of nodes that can run at the same time; packed is
// the number of nodes that hold all replicas. Replicas that could share a node get
// nodes of their own when the models scale up and down in turn, or when their nodes are
// in several zones. The autoscaler limits the nodes of each zone. Only the replicas
// limit the nodes of all zones together.
func (p Pool) worst(packed int) int {
	replicas := 0
	for _, d := range p.Demands {
		if d.GPUs >= 1 && d.GPUs <= p.Instance.GPUs {
			replicas += d.Max
		}
	}
	return max(packed, min(replicas, p.Max*p.Zones))
}

// pack returns the number of nodes that hold the replicas of all models: the largest
// replicas first, each on the first node with enough free GPUs.
func pack(p Pool, replicas func(Demand) int) int {
	sorted := slices.Clone(p.Demands)
	slices.SortStableFunc(sorted, func(a, b Demand) int { return cmp.Compare(b.GPUs, a.GPUs) })
	var free []int // of each node
	for _, d := range sorted {
		if d.GPUs < 1 || d.GPUs > p.Instance.GPUs {
			continue
		}
		for range min(replicas(d), MaxReplicas) {
			index := slices.IndexFunc(free, func(gpus int) bool { return gpus >= d.GPUs })
			if index < 0 {
				free = append(free, p.Instance.GPUs)
				index = len(free) - 1
			}
			free[index] -= d.GPUs
		}
	}
	return len(free)
}
