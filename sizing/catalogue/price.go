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

// Names of resources other than instances, each with a price in USD an hour.
const (
	ControlPlane    = "eks-control-plane"    // an EKS cluster in standard support
	ExtendedSupport = "eks-extended-support" // an EKS cluster in extended support, in all
	NATGateway      = "nat-gateway"          // without the data that it passes and its public address
	Endpoint        = "vpc-endpoint"         // an interface endpoint in one zone, without data
	LoadBalancer    = "load-balancer"        // an Application Load Balancer, without capacity units and public addresses
	PublicIPv4      = "public-ipv4"          // one public IPv4 address, such as that of a NAT gateway
)

// DefaultRegion is the region of the prices if the user states none.
const DefaultRegion = "us-east-1"

// CNYPerUSD converts the prices of AWS China, which bills in CNY.
const CNYPerUSD = 7

// Price is an on-demand price.
type Price struct {
	USDPerHour float64
	// Region and Date identify the price list; both are empty for a price that the user
	// has set.
	Region, Date string
	// Discount is the percentage by which the price is reduced. Default: 0.
	Discount float64
	// Factor is the number by which the price of DefaultRegion was multiplied, for a
	// region without a known price. Default: 0, the price is listed.
	Factor float64
}

// Prices holds price lists and the user's changes. The zero value has the lists of the
// default region.
type Prices struct {
	// Region is the AWS region. Default: DefaultRegion.
	Region string
	// Override holds prices in USD an hour, by instance type or by one of the names
	// above.
	Override map[string]float64
	// DiscountPercent reduces the catalogue's prices of instances, and no other prices.
	// Default: 0.
	DiscountPercent float64
}

//go:embed prices.tsv
var priceTable string

type priced struct{ region, name string }

// prices returns the price table, which it reads once. A test checks that the table has
// no errors.
var prices = sync.OnceValues(func() (map[priced]Price, error) {
	table := map[priced]Price{}
	for _, f := range rows(priceTable) {
		usd, err := strconv.ParseFloat(f["usd_per_hour"], 64)
		if err != nil {
			return nil, fmt.Errorf("%s in %s: %w", f["type"], f["region"], err)
		}
		table[priced{f["region"], f["type"]}] = Price{USDPerHour: usd, Region: f["region"], Date: f["date"]}
	}
	return table, nil
})

// For returns the price of an instance type or of one of the names above. If the region
// has no price, the result is the price of DefaultRegion times Level.High of the
// region, so it is more likely too high than too low.
func (p Prices) For(name string) (Price, bool) {
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
	table, _ := prices()
	region := cmp.Or(p.Region, DefaultRegion)
	if price, ok := table[priced{region, name}]; ok {
		return price, true
	}
	if price, ok := table[priced{everywhere, name}]; ok {
		if !apart(region) {
			price.Region = region
		}
		return price, true
	}
	price, ok := table[priced{DefaultRegion, name}]
	price.Factor = LevelOf(region).High
	price.USDPerHour *= price.Factor
	return price, ok
}

// everywhere is the region of a price that applies to all regions, except those for which
// apart is true.
const everywhere = "*"

// apart reports whether a region belongs to AWS GovCloud or to China, which have
// separate prices for everything.
func apart(region string) bool { return strings.HasPrefix(region, "us-gov-") || InChina(region) }

// InChina reports whether AWS bills a region in CNY.
func InChina(region string) bool { return strings.HasPrefix(region, "cn-") }

// isInstance reports whether a name is an instance type and not another resource.
func isInstance(name string) bool { return strings.Contains(name, ".") }

// Level compares the prices of a region with those of DefaultRegion.
type Level struct {
	// Low and High are the smallest and the largest ratio of two prices of one instance
	// type.
	Low, High float64
	// Types is the number of compared instance types. It is 0 if the catalogue has no
	// price of the region; then Low and High are those of all regions.
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

// LevelOf returns the price level of a region.
func LevelOf(region string) Level {
	table := levels()
	if l, ok := table[region]; ok {
		return l
	}
	wide := Level{Low: 1, High: 1}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if !apart(name) {
			wide.Low, wide.High = min(wide.Low, table[name].Low), max(wide.High, table[name].High)
		}
	}
	return wide
}

// Elsewhere reports whether a price belongs to another region than the requested one.
func (p Prices) Elsewhere(price Price) bool {
	return price.Region != "" && price.Region != cmp.Or(p.Region, DefaultRegion)
}

// ForNodes returns the prices for the nodes of one group. usdPerHour is the user's
// price of a node of any of the types, 0 for none. DiscountPercent does not apply if
// discounted is false, as for spot instances.
func (p Prices) ForNodes(types []string, usdPerHour float64, discounted bool) Prices {
	if !discounted {
		p.DiscountPercent = 0
	}
	if usdPerHour > 0 {
		override := maps.Clone(p.Override)
		if override == nil {
			override = map[string]float64{}
		}
		for _, name := range types {
			override[name] = usdPerHour
		}
		p.Override = override
	}
	return p
}

// Priced returns the names that have a price in a region.
func Priced() map[string]bool {
	table, _ := prices()
	names := map[string]bool{}
	for key := range maps.Keys(table) {
		names[key.name] = true
	}
	return names
}

// String returns the source of the price.
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
		text += fmt.Sprintf(", times %.2f, because the price of the region is unknown", p.Factor)
	}
	return text
}
