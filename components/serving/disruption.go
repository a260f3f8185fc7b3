package serving

// drainSeconds is how long Amazon EKS waits for a node to drain before it gives
// an update of its node group up.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
const drainSeconds = 900

// maxUnavailable is how many engines may be evicted at once: one, or as many as
// it takes to drain a node with several of them in time, where the next may go
// only when others have loaded in the place of the last.
func (s Spec) maxUnavailable() int {
	rounds := 1 + max(0, drainSeconds-s.Lifecycle.graceSeconds())/(s.Lifecycle.graceSeconds()+s.Lifecycle.LoadSeconds)
	return (s.enginesOnANode() + rounds - 1) / rounds
}

// enginesOnANode is how many of the service's engines one node can hold: as
// many as its GPUs allow, and as there are.
func (s Spec) enginesOnANode() int {
	most := 1
	for _, name := range s.NodeGroup.InstanceTypes {
		if on, err := s.NodeGroup.Own.Find(name); err == nil && s.GPU.Count > 0 {
			most = max(most, on.GPUs/s.GPU.Count)
		}
	}
	return min(most, max(s.Replicas.Max, 1))
}
