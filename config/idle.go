package config

import (
	"fmt"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// idle warns of GPUs that are paid for and that no replica uses while all
// replicas run, and names the change that uses them at the same cost.
func (c *Config) idle() []string {
	var warnings []string
	for _, p := range c.poolsOfAZone() {
		nodes := sizing.Account([]sizing.Pool{p}, sizing.Shared{}, c.prices()).Nodes[p.Name]
		idle := nodes * p.Instance.GPUs
		for _, d := range p.Demands {
			idle -= d.GPUs * d.Max
		}
		if idle < 1 {
			continue
		}
		var models, changes []string
		for _, m := range c.Models {
			if names := m.GroupNames(); len(names) != 1 || names[0] != p.Name {
				continue
			}
			models = append(models, m.Name)
			if change := c.useIdle(m, p, nodes); change != "" {
				changes = append(changes, change)
			}
		}
		if len(models) == 0 {
			continue // a list, whose replicas are on this group only at worst
		}
		text := fmt.Sprintf("%s: %d of %d GPUs of %s stay idle with all replicas", strings.Join(models, ", "), idle, nodes*p.Instance.GPUs, p.Name)
		if len(changes) > 0 {
			text += "; for the same price: " + strings.Join(changes, ", or ")
		}
		warnings = append(warnings, text)
	}
	return warnings
}

// useIdle names a change of one model that uses more GPUs of as many nodes: more
// GPUs for each replica, or else more replicas; "" if there is none.
func (c *Config) useIdle(m serving.Spec, p sizing.Pool, nodes int) string {
	pool := p
	pool.Demands = nil
	removed := false
	for _, d := range p.Demands {
		if !removed && d.GPUs == m.GPU.Count && d.Max == m.Replicas.Max {
			removed = true // the model's own
			continue
		}
		pool.Demands = append(pool.Demands, d)
	}
	fits := func(gpus, replicas int) bool {
		grown := pool
		grown.Demands = append(grown.Demands[:len(grown.Demands):len(grown.Demands)], sizing.Demand{GPUs: gpus, Max: replicas})
		return sizing.Account([]sizing.Pool{grown}, sizing.Shared{}, c.prices()).Nodes[p.Name] <= nodes
	}
	before, sized := m.Estimate()
	for gpus := p.Instance.GPUs; gpus > m.GPU.Count && sized; gpus-- {
		larger := m
		larger.GPU.Count = gpus
		larger.Model.MaxNumSeqs = 0 // derived anew
		after, ok := larger.Estimate()
		if ok && gpus%m.GPU.Count == 0 && after.Workload.Engine.Splits(gpus) && fits(gpus, m.Replicas.Max) && after.Memory.Verdict == sizing.Fits && after.Serving.Usable > before.Serving.Usable {
			return fmt.Sprintf("%s with gpu.count: %d serves %d requests at once in place of %d", m.Name, gpus, after.Serving.Usable*m.Replicas.Max, before.Serving.Usable*m.Replicas.Max)
		}
	}
	if m.GPU.Count <= p.Instance.GPUs && fits(m.GPU.Count, m.Replicas.Max+1) {
		replicas := m.Replicas.Max + 1
		for fits(m.GPU.Count, replicas+1) {
			replicas++
		}
		return fmt.Sprintf("%s with replicas.max: %d", m.Name, replicas)
	}
	return ""
}

// unordered warns of lists of node groups on a cluster whose groups the program
// does not know: there, the order counts among nodes that run.
func (c *Config) unordered() []string {
	var warnings []string
	for _, m := range c.Models {
		if len(m.NodeGroups) > 1 && !c.Platform.Made() {
			warnings = append(warnings, fmt.Sprintf("%s: prefers nodes of %s that run, in this order; which group starts a node is up to the cluster's own autoscaler, such as by its expander priority",
				m.Name, strings.Join(m.GroupNames(), ", ")))
		}
	}
	return warnings
}
