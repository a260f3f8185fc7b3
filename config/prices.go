package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// priceWarnings say what is taken for prices that the catalogue lacks, and by how
// much that may be wrong. The names are those whose price is of another region.
func (c *Config) priceWarnings(elsewhere []string) []string {
	var all []string
	if catalogue.InChina(c.Region) {
		all = append(all, fmt.Sprintf("aws:region: AWS bills %s in CNY; the catalogue takes %d CNY for 1 USD, so prices in USD are as wrong as that rate; give your own with costs.usdPerHour",
			c.Region, catalogue.CNYPerUSD))
	}
	if len(elsewhere) == 0 {
		return all
	}
	region := cmp.Or(c.Region, catalogue.DefaultRegion)
	level := catalogue.LevelOf(region)
	from := fmt.Sprintf("of %d instance types, the price there is %.2f to %.2f times that of %s", level.Types, level.Low, level.High, catalogue.DefaultRegion)
	if level.Types == 0 {
		from = fmt.Sprintf("it has no price of the region; elsewhere, prices are %.2f to %.2f times those of %s", level.Low, level.High, catalogue.DefaultRegion)
	}
	return append(all, fmt.Sprintf("aws:region: the catalogue has no price in %s for %s, and takes that of %s times %.2f (%s); the true price may be %.0f %% lower, and is rarely higher; give it with costs.usdPerHour",
		region, strings.Join(elsewhere, ", "), catalogue.DefaultRegion, level.High, from, math.Ceil(100*(1-level.Low/level.High))))
}

// percent is a number from 0 to 100; 0 if it is not given.
func (n *node) percent(key string) float64 {
	value, path, ok := n.lookup(key)
	if !ok {
		return 0
	}
	if number, isNumber := value.(json.Number); isNumber {
		if x, err := number.Float64(); err == nil && x >= 0 && x <= 100 {
			return x
		}
	}
	n.d.add(field.ErrorTypeInvalid, path, "is %s, want a number from 0 to 100", describe(path, value))
	return 0
}
