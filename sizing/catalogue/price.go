package catalogue

import (
	"cmp"
	_ "embed" // the table
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Names of what costs beside instances, in USD an hour each.
const (
	ControlPlane    = "eks-control-plane"    // an EKS cluster in standard support
	ExtendedSupport = "eks-extended-support" // an EKS cluster in extended support, in all
	NATGateway      = "nat-gateway"          // without the data that it passes and its public address
	Endpoint        = "vpc-endpoint"         // an interface endpoint in one zone, without data
	LoadBalancer    = "load-balancer"        // an Application Load Balancer, without capacity units and public addresses
	PublicIPv4      = "public-ipv4"          // one public IPv4 address, such as that of a NAT gateway
)

// DefaultRegion is the one whose prices are used where nothing else is said.
const DefaultRegion = "us-east-1"

// CNYPerUSD converts the prices of AWS China, which bills in CNY.
const CNYPerUSD = 7

// Price is what something costs on demand.
type Price struct {
	USDPerHour float64
	// Region and Date are those of the price list; empty for one that the user
	// has set.
	Region, Date string
	// Discount is the percentage that was taken off. Default: 0.
	Discount float64
	// Factor is what the price of DefaultRegion was multiplied by, for a region
	// whose own price is not known. Default: 0, the price is listed.
	Factor float64
}

// Prices are price lists, and what the user knows better. The zero value has
// the lists of the default region.
type Prices struct {
	// Region is the AWS region; "" is DefaultRegion.
	Region string
	// Override is the USD an hour of instance types and the names above.
	Override map[string]float64
	// DiscountPercent is taken off the catalogue's prices of instances, and off
	// nothing else. Default: 0.
	DiscountPercent float64
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

// Of returns the price of an instance type or of one of the names above. A price
// that the region lacks is that of DefaultRegion times Level.High of the region,
// so that it is rather too high than too low.
func (p Prices) Of(name string) (Price, bool) {
	if usd, ok := p.Override[name]; ok {
		return Price{USDPerHour: usd}, true
	}
	price, ok := p.listed(name)
	if ok && isInstance(name) && p.DiscountPercent > 0 {
		price.USDPerHour *= 1 - p.DiscountPercent/100
		price.Discount = p.DiscountPercent
	}
	return price, ok
}

// listed returns the price of the catalogue.
func (p Prices) listed(name string) (Price, bool) {
	all, _ := prices()
	region := cmp.Or(p.Region, DefaultRegion)
	if price, ok := all[priced{region, name}]; ok {
		return price, true
	}
	if price, ok := all[priced{everywhere, name}]; ok {
		if !apart(region) {
			price.Region = region
		}
		return price, true
	}
	price, ok := all[priced{DefaultRegion, name}]
	price.Factor = LevelOf(region).High
	price.USDPerHour *= price.Factor
	return price, ok
}

// everywhere is the region of a price that holds in each, except in those that
// are apart.
const everywhere = "*"

// apart reports whether a region is of AWS GovCloud or of China, which have
// their own prices of everything.
func apart(region string) bool { return strings.HasPrefix(region, "us-gov-") || InChina(region) }

// InChina reports whether AWS bills a region in CNY.
func InChina(region string) bool { return strings.HasPrefix(region, "cn-") }

// isInstance reports whether a name is an instance type and no other service.
func isInstance(name string) bool { return strings.Contains(name, ".") }

// Level compares the prices of a region with those of DefaultRegion.
type Level struct {
	// Low and High are the least and the greatest ratio of two prices of one
	// instance type.
	Low, High float64
	// Types is how many instance types were compared; 0 where the catalogue has
	// no price of the region, and then Low and High are those of all regions.
	Types int
}

var levels = sync.OnceValue(func() map[string]Level {
	found := map[string]Level{}
	table, _ := prices()
	for key, price := range table {
		base, ok := table[priced{DefaultRegion, key.name}]
		if !ok || !isInstance(key.name) || base.USDPerHour == 0 {
			continue
		}
		ratio := price.USDPerHour / base.USDPerHour
		l, seen := found[key.region]
		if !seen {
			l = Level{Low: ratio, High: ratio}
		}
		found[key.region] = Level{Low: min(l.Low, ratio), High: max(l.High, ratio), Types: l.Types + 1}
	}
	return found
})

// LevelOf returns the level of a region's prices.
func LevelOf(region string) Level {
	all := levels()
	if l, ok := all[region]; ok {
		return l
	}
	wide := Level{Low: 1, High: 1}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !apart(name) {
			wide.Low, wide.High = min(wide.Low, all[name].Low), max(wide.High, all[name].High)
		}
	}
	return wide
}

// Elsewhere tells whether a price is not of the region that was asked for.
func (p Prices) Elsewhere(price Price) bool {
	return price.Region != "" && price.Region != cmp.Or(p.Region, DefaultRegion)
}

// ForNodes returns the prices for the nodes of one group: usdPerHour is the
// user's price of a node of any of the types, 0 if there is none. Without a
// discount, as on spare capacity, DiscountPercent does not apply.
func (p Prices) ForNodes(types []string, usdPerHour float64, discounted bool) Prices {
	if !discounted {
		p.DiscountPercent = 0
	}
	if usdPerHour > 0 {
		own := maps.Clone(p.Override)
		if own == nil {
			own = map[string]float64{}
		}
		for _, name := range types {
			own[name] = usdPerHour
		}
		p.Override = own
	}
	return p
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
	text := "on demand"
	if p.Discount > 0 {
		text += fmt.Sprintf(" less %g %%", p.Discount)
	}
	text += fmt.Sprintf(", %s, %s", p.Region, p.Date)
	if p.Factor != 0 {
		text += fmt.Sprintf(", times %.2f, since the price of the region is not known", p.Factor)
	}
	return text
}
