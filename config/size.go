package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Size is what a stack comes to.
type Size struct {
	rows     []sizing.Row
	choices  []string
	bill     sizing.Bill
	itemised bool
	warnings []string
}

// Size estimates every model, and adds up the stack.
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
		warn("%s has no price in the catalogue and is not counted; give it one with costs.usdPerHour", name)
	}
	s.warnings = append(s.warnings, c.priceWarnings(s.bill.Elsewhere)...)
	return s
}

// bill adds up the node groups, with what the models ask of them, and what is
// shared. It needs no estimate, so that what cannot be sized is counted too.
func (c *Config) bill() sizing.Bill {
	return sizing.Account(c.pools(), c.shared(), c.prices())
}

// pools returns the node groups with the requests of the models, placed where they cost
// most. Each zone may have the largest number of nodes of a group.
func (c *Config) pools() []sizing.Pool { return c.place(c.emptyPools()) }

// poolsOfAZone returns the node groups with the requests of the models if all nodes
// start in one zone, whose bound no group may exceed.
func (c *Config) poolsOfAZone() []sizing.Pool {
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
		instance, err := g.Dearest(c.Costs.Costs)
		if err != nil {
			continue // reported as wrong
		}
		zones := 0 // on a cluster of the user's, they are not known
		if c.Platform.Made() && i < len(c.Platform.Nodes.Groups) {
			zones = len(c.Platform.Nodes.Groups[i].Zones)
		}
		pools = append(pools, sizing.Pool{
			Name: g.Name, Instance: instance, Min: g.Min, Max: g.Max, Zones: zones, Spot: g.Spot && g.USDPerHour == 0, USDPerHour: g.USDPerHour, Undiscounted: g.Undiscounted,
		})
	}
	return pools
}

// place adds what the models ask. Replicas that may run on several groups are
// placed where they cost most, after those that have one group alone.
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

// Table returns the stack's table, as a preview shows it, and the cost of a platform
// that the program creates; "" without either.
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
// reasons; "" if there are none.
func (c *Config) passed(model int) string {
	var reasons []string
	for _, p := range c.passedOver[model] {
		reasons = append(reasons, p.Name+": "+p.Why)
	}
	return strings.Join(reasons, "; ")
}

// Watched returns the models as recording rules, alerts and dashboards know them. Without
// ServiceMonitors, the list is empty, because Prometheus has no series of the models.
func (c *Config) Watched() []monitoring.Model {
	if c == nil || c.Monitoring.ServiceMonitor == nil || !*c.Monitoring.ServiceMonitor {
		return nil
	}
	var models []monitoring.Model
	for _, m := range c.Models {
		models = append(models, watched(m))
	}
	return models
}

func watched(m serving.Spec) monitoring.Model {
	objectives := m.Objectives.Latencies()
	w := monitoring.Model{
		Namespace: m.Namespace, Service: m.ObjectName(), ID: m.Model.ID, MinReplicas: m.Replicas.Smallest(), MaxReplicas: m.Replicas.Max,
		TTFTSeconds: objectives.TTFTMilliseconds / 1000, TPOTSeconds: objectives.TPOTMilliseconds / 1000, Share: m.Objectives.Share, HungSeconds: m.Lifecycle.HungSeconds,
	}
	policy, _ := m.Scaling.Policy.Declaration()
	for _, name := range policy.Triggers {
		w.Triggers = append(w.Triggers, monitoring.Trigger{Name: name, Target: m.Scaling.Target(name)})
	}
	if e, ok := m.Estimate(); ok && e.Memory.Verdict != sizing.DoesNotFit {
		w.Predicted = predicted(e)
	}
	return w
}

// predicted returns what sizing predicts for one replica. Its price is its share of a node
// that is full of replicas.
func predicted(e sizing.Estimate) monitoring.Predicted {
	p := monitoring.Predicted{
		USDPerMillionTokens: e.Cost.PerMillionTokens, KVTokens: e.Memory.Tokens, Concurrency: e.Serving.Usable,
		NodeSeconds: e.ColdStart.Node.Seconds(), ImageSeconds: e.ColdStart.Image.Seconds(), LoadSeconds: e.ColdStart.Load().Seconds(),
	}
	if gpus := e.Workload.Engine.GPUs(); e.Cost.Known && gpus > 0 && e.Workload.Instance.GPUs >= gpus {
		p.USDPerHour = e.Cost.Price.USDPerHour / float64(e.Workload.Instance.GPUs/gpus)
	}
	return p
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
