package serving

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/sizing"
)

const (
	// marginSeconds is what a derived time has to spare for the kubelet and the
	// controllers to act on it.
	marginSeconds = 10
	// probesWhileLoading is how often a load of the expected length is probed,
	// about: a slow load is not probed each second, a quick one is not waited
	// for longer than it takes.
	probesWhileLoading = 30
	longestProbePeriod = 10
	// restartSeconds is what an engine that is alive after all needs to exit.
	restartSeconds = 15
)

// startupPeriodSeconds is how often a loading engine is probed.
func (l Lifecycle) startupPeriodSeconds() int {
	return min(max(l.LoadSeconds/probesWhileLoading, 1), longestProbePeriod)
}

// startupFailures is how many probes may fail before a loading engine is
// restarted: as many as fit in twice the expected load, rounded up.
func (l Lifecycle) startupFailures() int {
	period := l.startupPeriodSeconds()
	return (2*l.LoadSeconds + period - 1) / period
}

// startupBudgetSeconds is how long an engine may take to load.
func (l Lifecycle) startupBudgetSeconds() int {
	return l.startupPeriodSeconds() * l.startupFailures()
}

// GraceSeconds is how long a pod may take to stop.
func (s Spec) GraceSeconds() int { return s.Lifecycle.graceSeconds() }

// graceSeconds is how long a stopping pod is left alone: the drain, the
// requests in flight, and a margin to exit in.
func (l Lifecycle) graceSeconds() int {
	return l.DrainSeconds + l.ShutdownSeconds + marginSeconds
}

// progressDeadlineSeconds is how long replacing one engine may take. The old
// pod's grace is part of it, because the new one may be waiting for its GPUs.
func (l Lifecycle) progressDeadlineSeconds() int {
	return l.graceSeconds() + l.ProvisionSeconds + l.startupBudgetSeconds()
}

// rolloutTimeout is how long Pulumi waits for a rollout, which replaces one
// engine after the other. Pulumi goes on waiting when Kubernetes has given up,
// so this is what decides when a failing rollout fails: a margin after the
// deadline, which leaves Kubernetes the time to say why. Only one engine is
// given all the time that it may take; for each of the others, what is expected
// will do.
func (s Spec) rolloutTimeout() string {
	return fmt.Sprintf("%ds", s.rolloutSeconds(s.Replicas.Least()))
}

// rolloutSeconds is how long a rollout of so many engines may take.
func (s Spec) rolloutSeconds(engines int) int {
	expected := s.Lifecycle.LoadSeconds + s.Lifecycle.graceSeconds() + marginSeconds
	return s.Lifecycle.progressDeadlineSeconds() + (engines-1)*expected + marginSeconds
}

// removalTimeout is how long Pulumi waits for the last pod to be gone.
func (s Spec) removalTimeout() string {
	return fmt.Sprintf("%ds", s.Lifecycle.graceSeconds()+60)
}

// restartGraceSeconds is how long an engine is left alone that its probes have
// given up: it has no requests to finish, but the hook that drains it runs
// within this.
func (l Lifecycle) restartGraceSeconds() int {
	return l.DrainSeconds + restartSeconds
}

// scaled tells whether the number of engines is left to a scaler.
func (s Spec) scaled() bool { return s.Scaling.Policy != Fixed }

// rollout is how a change replaces an engine: without GPUs to spare, a new one
// would wait for ever beside the old.
func (s Spec) rollout() Rollout {
	if _, ok := s.spareNodes(); !ok {
		return InPlace
	}
	return Surge
}

// spareNodes tells whether the node group can hold one engine more than all
// replicas of all its services, and how many nodes that takes.
func (s Spec) spareNodes() (needed int, ok bool) {
	on, err := s.NodeGroup.Dearest(s.Costs)
	if err != nil || on.GPUs == 0 || s.NodeGroup.Max == 0 {
		return 0, true // nothing bounds it
	}
	pool := sizing.Pool{Name: s.NodeGroup.Name, On: on, Demands: []sizing.Demand{{GPUs: s.GPU.Count, Max: s.Replicas.Max + 1}}}
	for _, other := range s.NodeGroup.Others {
		pool.Demands = append(pool.Demands, sizing.Demand{GPUs: other.GPUs, Max: other.Replicas})
	}
	needed = sizing.Account([]sizing.Pool{pool}, sizing.Shared{}, s.Costs.prices()).Nodes[pool.Name]
	return needed, needed <= s.NodeGroup.Max
}
