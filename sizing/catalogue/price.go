package catalogue

import (
	"cmp"
	_ "embed" // the table
	"fmt"
	"maps"
	"strconv"
	"sync"
)

// Names of what costs beside instances, in USD an hour each.
const (
	ControlPlane    = "eks-control-plane"    // an EKS cluster in standard support
	ExtendedSupport = "eks-extended-support" // an EKS cluster in extended support, in all
	NATGateway      = "nat-gateway"          // without the data that it passes
	Endpoint        = "vpc-endpoint"         // an interface endpoint in one zone, without data
	LoadBalancer    = "load-balancer"        // an Application Load Balancer, without capacity units
)

// DefaultRegion is the one whose prices are used where nothing else is said.
const DefaultRegion = "us-east-1"

// Price is what something costs on demand.
type Price struct {
	USDPerHour float64
	// Region and Date are those of the price list; empty for one that the user
	// has set.
	Region, Date string
}

// Prices are price lists, and what the user knows better. The zero value has
// the lists of the default region.
type Prices struct {
	// Region is the AWS region; "" is DefaultRegion. Where it has no price, that
	// of DefaultRegion is taken, and said to be.
	Region string
	// Override is the USD an hour of instance types and the names above.
	Override map[string]float64
}

//go:embed prices.tsv
var priceTable string

type priced struct{ region, name string }

// prices reads the table once. A test holds that it is without errors.
var prices = sync.OnceValues(func() (map[priced]Price, error) {
	all := map[priced]Price{}
	for _, f := range rows(priceTable) {
		usd, err := strconv.ParseFloat(f["usd_per_hour"], 64)
		if err != nil {
			return nil, fmt.Errorf("%s in %s: %w", f["type"], f["region"], err)
		}
		all[priced{f["region"], f["type"]}] = Price{USDPerHour: usd, Region: f["region"], Date: f["date"]}
	}
	return all, nil
})

// Of returns the price of an instance type or of one of the names above.
func (p Prices) Of(name string) (Price, bool) {
	if usd, ok := p.Override[name]; ok {
		return Price{USDPerHour: usd}, true
	}
	all, _ := prices()
	if price, ok := all[priced{cmp.Or(p.Region, DefaultRegion), name}]; ok {
		return price, true
	}
	price, ok := all[priced{DefaultRegion, name}]
	return price, ok
}

// Elsewhere tells whether a price is not of the region that was asked for.
func (p Prices) Elsewhere(price Price) bool {
	return price.Region != "" && price.Region != cmp.Or(p.Region, DefaultRegion)
}

// Priced are the names that have a price in any region.
func Priced() map[string]bool {
	all, _ := prices()
	names := map[string]bool{}
	for key := range maps.Keys(all) {
		names[key.name] = true
	}
	return names
}

// String says where the price is from.
func (p Price) String() string {
	if p.Region == "" {
		return "your price"
	}
	return fmt.Sprintf("on demand, %s, %s", p.Region, p.Date)
}
