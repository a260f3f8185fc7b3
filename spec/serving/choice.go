package serving

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/sizing"
)

// Choice is the node group chosen for a service.
type Choice struct {
	Group NodeGroup
	// PassedOver are the groups that cost less, or the same as spot capacity, and were
	// not chosen. Default: none.
	PassedOver []PassedOver
}

// PassedOver is a node group that was not chosen.
type PassedOver struct {
	Name, Why string
}

// candidate is a node group with the service's estimate on it; obstacle is the reason why
// the service cannot run there.
type candidate struct {
	group    NodeGroup
	estimate sizing.Estimate
	obstacle string
}

// Cheapest returns the node group on which all replicas cost least, among the groups
// where the service fits and that have room for it. If it fits on no group, it returns
// the group that comes nearest. Of two groups with the same GPUs, spot capacity comes
// first. ok is false if the service cannot be sized.
func (s Spec) Cheapest(groups []NodeGroup) (Choice, bool) {
	var roomy, candidates []candidate
	for _, g := range groups {
		candidateSpec := s
		candidateSpec.NodeGroup = g
		e, ok := candidateSpec.Estimate()
		if !ok {
			continue
		}
		c := candidate{g, e, candidateSpec.noRoom(e)}
		candidates = append(candidates, c)
		if c.obstacle == "" {
			roomy = append(roomy, c)
		}
	}
	if len(candidates) == 0 {
		return Choice{}, false
	}
	if len(roomy) == 0 {
		roomy = candidates
	}
	slices.SortStableFunc(roomy, func(a, b candidate) int {
		return cmp.Or(sizing.Compare(a.estimate, b.estimate), cmp.Compare(a.group.Name, b.group.Name))
	})
	chosen := roomy[0]
	for _, c := range roomy {
		if c.group.Spot && !chosen.group.Spot && c.likewise(chosen) {
			chosen = c // its price is at most the on-demand price of these GPUs
		}
	}
	return Choice{Group: chosen.group, PassedOver: passedOver(candidates, chosen)}, true
}

// likewise reports whether the service has the same verdict and the same GPUs on two
// groups.
func (c candidate) likewise(peer candidate) bool {
	a, b := c.estimate, peer.estimate
	return a.Memory.Verdict == b.Memory.Verdict && a.Workload.Engine.GPU.Name == b.Workload.Engine.GPU.Name && a.Workload.Engine.GPUs() == b.Workload.Engine.GPUs()
}

// passedOver returns the candidates that would cost less than the chosen group.
func passedOver(candidates []candidate, chosen candidate) []PassedOver {
	var passed []PassedOver
	for _, c := range candidates {
		cost, limit := c.estimate.Cost, chosen.estimate.Cost
		cheaper := cost.Known && (!limit.Known || cost.Max < limit.Max || cost.Max == limit.Max && c.group.Spot && !chosen.group.Spot)
		if c.group.Name == chosen.group.Name || !cheaper {
			continue
		}
		reason := c.obstacle
		if short := c.estimate.Shortage(); short != "" {
			reason = short
		}
		if reason == "" {
			reason = "spot capacity with the same GPUs comes first"
		}
		passed = append(passed, PassedOver{Name: c.group.Name, Why: reason})
	}
	return passed
}

// noRoom returns why the node group cannot hold the service: too few GPUs, memory or
// cores on a node, or too few nodes; "" if it can.
func (s Spec) noRoom(e sizing.Estimate) string {
	w := e.Workload
	needed := sizing.Nodes(w.Instance, w.Engine.GPUs(), w.MaxReplicas)
	var found field.ErrorList
	s.WithDefaults().validateAllocatable(&found, nil)
	switch {
	case needed == 0:
		return fmt.Sprintf("a replica takes %d GPUs, and %s has %d", w.Engine.GPUs(), w.Instance.Type, w.Instance.GPUs)
	case s.NodeGroup.Max > 0 && needed > s.NodeGroup.Max:
		return fmt.Sprintf("max is %d, and all replicas need %d nodes", s.NodeGroup.Max, needed)
	case len(found) > 0:
		return found[0].Field + " " + found[0].Detail
	}
	return ""
}
