package config

import (
	"fmt"
	"slices"

	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Limits fail a preview that exceeds them.
type Limits struct {
	// MaxUSDPerHour bounds what the stack costs with all replicas (key
	// limits.maxUsdPerHour). Default: 0, no bound.
	MaxUSDPerHour float64
}

// Costs are the stack's prices, and what it pays for beside its models.
type Costs struct {
	// USDPerHour are your prices of instance types, and of what else the
	// catalogue prices (key costs.usdPerHour). Default: the catalogue's.
	USDPerHour map[string]float64
	// Shared is counted beside the nodes of the models (key costs.shared).
	// Default: nothing, since an existing cluster is paid for already.
	Shared sizing.Shared
}

// Size is what a stack comes to.
type Size struct {
	rows     []sizing.Row
	bill     sizing.Bill
	warnings []string
}

// Size estimates every model, and adds them up.
func (c *Config) Size() Size {
	var s Size
	var demands []sizing.Demand
	for _, m := range c.Models {
		row := sizing.Row{Name: m.Name}
		if e, ok := m.Estimate(); ok {
			row.Estimate = &e
			for _, warning := range e.Warnings() {
				s.warnings = append(s.warnings, m.Name+": "+warning)
			}
			if on := e.Workload.On; on.Type != "" {
				demands = append(demands, sizing.Demand{
					Group: m.NodeGroup.Name, On: on, GPUs: e.Workload.Engine.GPUs(), Min: *m.Replicas.Min, Max: m.Replicas.Max,
				})
			}
		} else {
			s.warnings = append(s.warnings, m.Name+": "+notSized(m))
		}
		s.rows = append(s.rows, row)
	}
	groups := map[string]sizing.Group{}
	for _, g := range c.NodeGroups {
		groups[g.Name] = sizing.Group{Min: g.Min, Max: g.Max}
	}
	s.bill = sizing.Account(demands, groups, c.Costs.Shared, c.prices())
	for _, name := range s.bill.Unpriced {
		s.warnings = append(s.warnings, fmt.Sprintf("%s has no price in the catalogue and is not counted; give it one with costs.usdPerHour", name))
	}
	return s
}

func (c *Config) prices() catalogue.Prices {
	return catalogue.Prices{Region: c.Region, Override: c.Costs.USDPerHour}
}

// notSized says why there is no estimate.
func notSized(m serving.Spec) string {
	if m.GPU.Type == "" && len(m.NodeGroup.InstanceTypes) == 0 {
		return "not sized, since its GPU is not known; list nodeGroups with their instanceTypes, or name the card with gpu.type"
	}
	return fmt.Sprintf("not sized: the shape of %s is not in the catalogue, and none is guessed; whether it fits shows when it loads. Give its config.json with shape", m.Model.ID)
}

// Table is the stack's table, as a preview shows it; "" without models.
func (s Size) Table() string {
	if len(s.rows) == 0 {
		return ""
	}
	return sizing.Table(s.rows, &s.bill)
}

// Warnings are what one ought to know of the models and their costs.
func (s Size) Warnings() []string { return slices.Clone(s.warnings) }

// Numbers are the estimates by the model's name. A model that could not be
// sized has none.
func (s Size) Numbers() map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, r := range s.rows {
		if r.Estimate != nil {
			all[r.Name] = r.Estimate.Numbers()
		}
	}
	return all
}

// checkSize refuses a stack that costs too much, and groups that are too small
// for their models.
func (c *Config) checkSize(d *decoding, done settled) {
	bill := c.Size().bill
	if most := c.Limits.MaxUSDPerHour; most > 0 && bill.Max > most && !done.covers("limits.maxUsdPerHour") {
		d.add("limits.maxUsdPerHour", "is %.2f, and the stack costs %.2f USD/h with all replicas: %s; lower replicas.max or raise the limit", most, bill.Max, bill.List())
	}
	for i, g := range c.NodeGroups {
		if need := bill.Nodes[g.Name]; g.Max > 0 && need > g.Max {
			d.add(fmt.Sprintf("nodeGroups[%d].max", i), "is %d, and its models need %d nodes with all replicas; raise it or lower replicas.max", g.Max, need)
		}
	}
}
