package serving

import "maps"

// instanceTypeLabel is on every node of EC2.
const instanceTypeLabel = "node.kubernetes.io/instance-type"

// labels are those that its nodes alone have.
func (g NodeGroup) labels() map[string]string {
	if len(g.Labels) == 0 && len(g.InstanceTypes) == 1 {
		return map[string]string{instanceTypeLabel: g.InstanceTypes[0]}
	}
	return g.Labels
}

// nodeSelector is the node group's labels and the spec's own. Of several groups,
// the affinity selects the nodes.
func (s Spec) nodeSelector() map[string]string {
	selector := map[string]string{}
	if !s.prefers() {
		maps.Copy(selector, s.NodeGroup.labels())
	}
	maps.Copy(selector, s.Scheduling.NodeSelector)
	return selector
}
