package conformance

import (
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// argument returns the number after a flag; -1 without one.
func argument(args []string, flag string) int64 {
	index := slices.Index(args, flag)
	if index < 0 || index+1 >= len(args) {
		return -1
	}
	n, err := strconv.ParseInt(args[index+1], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// checkProbes requires that a replica has twice its load time to start and is never restarted because
// it is slow.
func checkProbes(found *findings, s serving.Spec, r rendered) {
	engine := r.engine()
	probes := map[string]*corev1.Probe{"startupProbe": engine.StartupProbe, "readinessProbe": engine.ReadinessProbe, "livenessProbe": engine.LivenessProbe}
	for name, p := range probes {
		if p == nil {
			found.addf("there is no %s", name)
			continue
		}
		found.need(p.TimeoutSeconds >= 5, "the %s times out after %d s", name, p.TimeoutSeconds)
		found.need(p.PeriodSeconds >= 1 && p.FailureThreshold >= 1, "the %s has no period or no threshold", name)
		isExec := p.Exec != nil && len(p.Exec.Command) > 0
		if p.HTTPGet != nil {
			same(found, "the path of the "+name, p.HTTPGet.Path, "/health")
			found.need(p.HTTPGet.Port == intstr.FromString("http") || p.HTTPGet.Port == intstr.FromInt32(8000), "the port of the %s is %s", name, p.HTTPGet.Port.String())
		}
		found.need(p.HTTPGet != nil || isExec && name == "livenessProbe" && s.Lifecycle.HungSeconds > 0, "the %s checks nothing", name)
		wantGrace := name != "readinessProbe"
		found.need((p.TerminationGracePeriodSeconds != nil) == wantGrace, "the %s: only the startup and the liveness probe have a grace period", name)
		if wantGrace && p.TerminationGracePeriodSeconds != nil {
			found.need(*p.TerminationGracePeriodSeconds >= sleepSeconds(engine)+5, "the %s restarts a replica before its hook ends", name)
		}
	}
	if p := engine.StartupProbe; p != nil {
		found.need(budgetSeconds(p) >= 2*int64(s.Lifecycle.LoadSeconds), "a replica has %d s to load, and needs %d", budgetSeconds(p), s.Lifecycle.LoadSeconds)
	}
	if p := engine.LivenessProbe; p != nil {
		found.need(budgetSeconds(p) >= 60, "a replica is restarted after %d s", budgetSeconds(p))
	}
}

func budgetSeconds(p *corev1.Probe) int64 { return int64(p.PeriodSeconds) * int64(p.FailureThreshold) }

// sleepSeconds returns the sleep of the drain hook; -1 without one.
func sleepSeconds(c *corev1.Container) int64 {
	if l := c.Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Sleep != nil {
		return l.PreStop.Sleep.Seconds
	}
	return -1
}

// graceSeconds returns the grace period of the pods; 30 s by default.
func graceSeconds(r rendered) int64 {
	if g := r.pod().Spec.TerminationGracePeriodSeconds; g != nil {
		return *g
	}
	return 30
}

// checkRollout requires that leaving replicas finish their requests, and that a slow rollout does not
// count as failed.
func checkRollout(found *findings, s serving.Spec, r rendered) {
	engine, d := r.engine(), r.deployments[0]
	sleep, shutdown := sleepSeconds(engine), argument(engine.Args, "--shutdown-timeout")
	same(found, "the drain", sleep, int64(s.Lifecycle.DrainSeconds))
	same(found, "--shutdown-timeout", shutdown, int64(s.Lifecycle.ShutdownSeconds))
	found.need(graceSeconds(r) >= sleep+shutdown+5, "the grace period is %d s, for a drain of %d s and a shutdown of %d s", graceSeconds(r), sleep, shutdown)
	var budget int64
	if p := engine.StartupProbe; p != nil {
		budget = budgetSeconds(p)
	}
	deadline := int64(600) // Kubernetes' own
	if d.Spec.ProgressDeadlineSeconds != nil {
		deadline = int64(*d.Spec.ProgressDeadlineSeconds)
	}
	found.need(d.Spec.ProgressDeadlineSeconds != nil && deadline > budget+graceSeconds(r),
		"a rollout fails after %d s, while a replica loads for %d s and another leaves in %d s", deadline, budget, graceSeconds(r))
	surge, unavailable := intstr.FromInt32(1), intstr.FromInt32(0)
	if s.Lifecycle.Rollout == serving.InPlace {
		surge, unavailable = unavailable, surge
	}
	same(found, "the kind of rollout", d.Spec.Strategy.Type, appsv1.RollingUpdateDeploymentStrategyType)
	rolling := d.Spec.Strategy.RollingUpdate
	found.need(rolling != nil && rolling.MaxSurge != nil && rolling.MaxUnavailable != nil && *rolling.MaxSurge == surge && *rolling.MaxUnavailable == unavailable,
		"the rollout is %v, want %s", rolling, s.Lifecycle.Rollout)
}

// drainSeconds is the time in which Amazon EKS drains a node.
const drainSeconds = 900

// checkDrain requires a budget that never blocks a drain and, if possible, lets it end in time.
func checkDrain(found *findings, s serving.Spec, r rendered) {
	if len(r.budgets) != 1 {
		return
	}
	b := r.budgets[0].Spec
	found.need(b.UnhealthyPodEvictionPolicy != nil && *b.UnhealthyPodEvictionPolicy == "AlwaysAllow", "a replica that is not ready cannot be evicted")
	found.need(b.MinAvailable == nil, "the budget has minAvailable, which blocks the drain of the last replica")
	if b.MaxUnavailable == nil || b.MaxUnavailable.Type != intstr.Int || b.MaxUnavailable.IntVal < 1 {
		found.addf("maxUnavailable is %v, want a number of at least 1", b.MaxUnavailable)
		return
	}
	atOnce, replicas := int64(b.MaxUnavailable.IntVal), replicasOnANode(s)
	found.need(atOnce <= replicas, "maxUnavailable is %d, and a node has %d replicas", atOnce, replicas)
	rounds := (replicas + atOnce - 1) / atOnce
	took := (rounds-1)*(graceSeconds(r)+int64(s.Lifecycle.LoadSeconds)) + graceSeconds(r)
	found.need(took <= drainSeconds || rounds == 1, "the drain of a node with %d replicas, %d at once, takes %d s", replicas, atOnce, took)
}

// replicasOnANode returns the number of replicas that fit on one node of the group.
func replicasOnANode(s serving.Spec) int64 {
	highest := 1
	for _, name := range s.NodeGroup.InstanceTypes {
		if instance, err := catalogue.FindInstance(name); err == nil && s.GPU.Count > 0 {
			highest = max(highest, instance.GPUs/s.GPU.Count)
		}
	}
	return int64(min(highest, max(s.Replicas.Max, 1)))
}

// resolve returns the number of a container's port; 0 without such a port.
func resolve(r rendered, port intstr.IntOrString) int32 {
	for _, c := range r.pod().Spec.Containers {
		for _, p := range c.Ports {
			if port.Type == intstr.String && p.Name == port.StrVal || port.Type == intstr.Int && p.ContainerPort == port.IntVal {
				if c.Name != containerName {
					return 0 // the first port of that name is not vLLM's
				}
				return p.ContainerPort
			}
		}
	}
	return 0
}
