package config

import (
	"fmt"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// idle returns warnings about GPUs that no replica uses even when all replicas run, with
// a change that uses them at the same cost.
func (c *Config) idle() []string {
	var warnings []string
	for _, p := range c.poolsOfZone() {
		nodes := sizing.Account([]sizing.Pool{p}, sizing.Shared{}, c.prices()).Nodes[p.Name]
		idle := nodes * p.Instance.GPUs
		for _, d := range p.Demands {
			idle -= d.GPUs * d.Max
		}
		if idle < 1 {
			continue
		}
		var models, changes []string
		effect := ""
		for _, m := range c.Models {
			if names := m.GroupNames(); len(names) != 1 || names[0] != p.Name {
				continue
			}
			models = append(models, m.Name)
			if change, gain := c.useIdle(m, p, nodes); change != "" {
				changes, effect = append(changes, change), gain
			}
		}
		if len(models) == 0 {
			continue // replicas of a list run on this group only in the worst case
		}
		text := fmt.Sprintf("%s: %d of %d GPUs of %s stay idle with all replicas", strings.Join(models, ", "), idle, nodes*p.Instance.GPUs, p.Name)
		if len(changes) > 0 {
			text += "; for the same price: " + strings.Join(changes, ", or ")
			if len(changes) == 1 {
				text += effect
			}
		}
		warnings = append(warnings, text)
	}
	return warnings
}

// useIdle returns a change of a model that uses more GPUs on the same number of nodes
// (more GPUs for each replica, or else more replicas), and its effect; "" if there is
// none.
func (c *Config) useIdle(m serving.Spec, p sizing.Pool, nodes int) (change, effect string) {
	pool := p
	pool.Demands = nil
	removed := false
	for _, d := range p.Demands {
		if !removed && d.GPUs == m.GPU.Count && d.Max == m.Replicas.Max {
			removed = true // the demand of the model itself
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
		larger.Model.MaxNumSeqs = 0 // derive it again
		after, ok := larger.Estimate()
		if ok && gpus%m.GPU.Count == 0 && after.Workload.Engine.Splits(gpus) && fits(gpus, m.Replicas.Max) && after.Memory.Verdict == sizing.Fits && after.Serving.Usable > before.Serving.Usable {
			return fmt.Sprintf("%s with gpu.count: %d", m.Name, gpus), fmt.Sprintf(" serves %d requests at once instead of %d", after.Serving.Usable*m.Replicas.Max, before.Serving.Usable*m.Replicas.Max)
		}
	}
	if m.GPU.Count >= 1 && m.GPU.Count <= p.Instance.GPUs && fits(m.GPU.Count, m.Replicas.Max+1) {
		replicas := m.Replicas.Max + 1
		for replicas < sizing.MaxReplicas && fits(m.GPU.Count, replicas+1) {
			replicas++
		}
		return fmt.Sprintf("%s with replicas.max: %d", m.Name, replicas), ""
	}
	return "", ""
}

// unordered returns warnings about lists of node groups on an existing cluster, where the
// order only applies to running nodes.
func (c *Config) unordered() []string {
	var warnings []string
	for _, m := range c.Models {
		if len(m.NodeGroups) > 1 && !c.Platform.Made() {
			warnings = append(warnings, fmt.Sprintf("%s: the order of %s only applies to running nodes; the cluster's autoscaler chooses the group in which a node starts",
				m.Name, strings.Join(m.GroupNames(), ", ")))
		}
	}
	return warnings
}
