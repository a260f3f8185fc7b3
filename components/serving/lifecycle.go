package serving

import "fmt"

const (
	// marginSeconds is what a derived time has to spare for the kubelet and the
	// controllers to act on it.
	marginSeconds = 10
	// probesWhileLoading is how often a load of the expected length is probed,
	// about: a slow load is not probed each second, a quick one is not waited
	// for longer than it takes.
	probesWhileLoading = 30
	longestProbePeriod = 10
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
// engine after the other; longer than the deadline of the last one by a margin,
// so that the reason is Kubernetes' and not "timed out".
func (s Spec) rolloutTimeout() string {
	return fmt.Sprintf("%ds", s.Replicas.Max*s.Lifecycle.progressDeadlineSeconds()+marginSeconds)
}

// removalTimeout is how long Pulumi waits for the last pod to be gone.
func (s Spec) removalTimeout() string {
	return fmt.Sprintf("%ds", s.Lifecycle.graceSeconds()+60)
}

// scaled tells whether the number of engines is left to a scaler.
func (s Spec) scaled() bool { return *s.Replicas.Min != s.Replicas.Max }
