package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/plans"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// Size holds the estimates and the costs of a stack.
type Size struct {
	rows     []sizing.Row
	choices  []string
	bill     sizing.Bill
	itemised bool
	warnings []string
}

// Size returns the estimates of all models and the costs of the stack.
func (c *Config) Size() Size {
	if c == nil {
		return Size{}
	}
	s := Size{bill: c.bill(), itemised: c.Platform.Made(), warnings: append(c.locationWarnings(), c.platformWarnings()...)}
	warn := func(format string, values ...any) { s.warnings = append(s.warnings, fmt.Sprintf(format, values...)) }
	for i, m := range c.Models {
		row := sizing.Row{Name: m.Name, Group: strings.Join(m.GroupNames(), ", ")}
		if passed := c.passed(i); passed != "" {
			s.choices = append(s.choices, fmt.Sprintf("%s runs on %s, and not on %s", m.Name, row.Group, passed))
		}
		if e, ok := m.Estimate(); ok {
			row.Estimate = &e
			for _, warning := range e.Warnings() {
				warn("%s: %s", m.Name, warning)
			}
			if uncounted := m.Uncounted(); uncounted != "" {
				warn("%s: %s", m.Name, uncounted)
			}
		} else {
			warn("%s: not sized: %s", m.Name, m.Unsized())
		}
		s.rows = append(s.rows, row)
	}
	s.warnings = append(s.warnings, c.idle()...)
	s.warnings = append(s.warnings, c.unordered()...)
	s.warnings = append(s.warnings, c.withoutRole()...)
	s.warnings = append(s.warnings, c.cacheWarnings()...)
	for _, name := range s.bill.Unpriced {
		warn("%s has no price in the catalogue and is not counted; set its price with costs.usdPerHour", name)
	}
	s.warnings = append(s.warnings, c.priceWarnings(s.bill.Elsewhere)...)
	s.warnings = append(s.warnings, c.checklistWarnings()...)
	return s
}

// bill returns the costs of the node groups with the requests of the models, and of
// shared resources. It needs no estimates, so it includes models that cannot be sized.
func (c *Config) bill() sizing.Bill {
	return sizing.Account(c.pools(), c.shared(), c.prices())
}

// pools returns the node groups with the requests of the models, placed on the most
// expensive groups. Each zone may have the largest number of nodes of a group.
func (c *Config) pools() []sizing.Pool { return c.place(c.emptyPools()) }

// poolsOfZone returns the node groups with the requests of the models if all nodes start
// in one zone. No group may exceed the bound of that zone.
func (c *Config) poolsOfZone() []sizing.Pool {
	pools := c.emptyPools()
	for i := range pools {
		pools[i].Zones = 0
	}
	return c.place(pools)
}

// emptyPools returns the node groups without the requests of the models.
func (c *Config) emptyPools() []sizing.Pool {
	var pools []sizing.Pool
	for i, g := range c.NodeGroups {
		instance, err := g.MostExpensive(c.Costs.Costs)
		if err != nil {
			continue // reported as wrong
		}
		zones := 0 // not known on an existing cluster
		if c.Platform.Made() && i < len(c.Platform.Nodes.Groups) {
			zones = len(c.Platform.Nodes.Groups[i].Zones)
		}
		pools = append(pools, sizing.Pool{
			Name: g.Name, Instance: instance, Min: g.Min, Max: g.Max, Zones: zones, Spot: g.Spot && g.USDPerHour == 0, USDPerHour: g.USDPerHour, Undiscounted: g.Undiscounted,
		})
	}
	return pools
}

// place adds the requests of the models. It first places replicas that have only one
// group, then replicas with several groups on the most expensive one.
func (c *Config) place(pools []sizing.Pool) []sizing.Pool {
	var inflexible, flexible []sizing.Flexible
	for _, m := range c.Models {
		f := sizing.Flexible{Demand: sizing.Demand{GPUs: m.GPU.Count, Min: m.Replicas.Smallest(), Max: m.Replicas.Max}, Pools: m.GroupNames()}
		if len(f.Pools) == 1 {
			inflexible = append(inflexible, f)
		} else {
			flexible = append(flexible, f)
		}
	}
	return sizing.Place(pools, append(inflexible, flexible...), c.prices())
}

func (c *Config) prices() catalogue.Prices {
	return catalogue.Prices{Region: c.Region, Override: c.Costs.USDPerHour, DiscountPercent: c.Costs.DiscountPercent}
}

// Table returns the table that a preview shows, with the cost of a platform that the
// program creates; "" without models and platform.
func (s Size) Table() string {
	var parts []string
	if len(s.rows) > 0 {
		parts = append(parts, sizing.Table(s.rows, &s.bill))
	}
	parts = append(parts, s.choices...)
	if s.itemised {
		parts = append(parts, "USD/h at most: "+s.bill.List())
	}
	return strings.Join(parts, "\n")
}

// USDPerHour returns the cost of the stack with all replicas, in USD an hour.
func (s Size) USDPerHour() float64 { return s.bill.Max }

// Costs returns the cost of the stack for the record of its outputs.
func (s Size) Costs() plans.Costs { return plans.CostsOf(s.bill.Min, s.bill.Max, s.bill.Spot) }

// Warnings returns the warnings about the models and their costs.
func (s Size) Warnings() []string { return slices.Clone(s.warnings) }

// Summaries returns the estimates by the model's name, one line each. A model that
// could not be sized has none.
func (s Size) Summaries() map[string]string {
	summaries := map[string]string{}
	for _, r := range s.rows {
		if r.Estimate != nil {
			summaries[r.Name] = r.Estimate.Summary()
		}
	}
	return summaries
}

// demands returns the requests of the models to a node group as text, and why models
// that did not name it do not run on a cheaper one.
func (c *Config) demands(group string) []string {
	var demands []string
	for i, m := range c.Models {
		if !slices.Contains(m.GroupNames(), group) {
			continue
		}
		text := fmt.Sprintf("%s %d × %d GPU", m.Name, m.Replicas.Max, m.GPU.Count)
		if passed := c.passed(i); passed != "" {
			text += " (not on " + passed + ")"
		}
		demands = append(demands, text)
	}
	return demands
}

// passed returns the cheaper node groups that were not chosen for a model, with the
// reasons; "" if none.
func (c *Config) passed(model int) string {
	var reasons []string
	for _, p := range c.passedOver[model] {
		reasons = append(reasons, p.Name+": "+p.Why)
	}
	return strings.Join(reasons, "; ")
}

// Bounds returns the limits of the stack that alerts compare with measurements.
func (c *Config) Bounds() monitoring.Bounds {
	if c == nil {
		return monitoring.Bounds{}
	}
	b := monitoring.Bounds{MaxUSDPerHour: c.Limits.MaxUSDPerHour, KubernetesVersion: c.Platform.Cluster.KubernetesVersion}
	if b.MaxUSDPerHour > 0 {
		b.SharedUSDPerHour = sizing.Account(nil, c.shared(), c.prices()).Max
	}
	if support, known := versions.SupportOf(b.KubernetesVersion); known {
		b.ExtendedSupport = support.Standard
	}
	return b
}
