package serving

import (
	"maps"
	"slices"
	"strconv"

	"github.com/vllm-eks/vllm-eks/sizing"
)

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	s.Env, s.Labels, s.Annotations = maps.Clone(s.Env), maps.Clone(s.Labels), maps.Clone(s.Annotations)
	s.ExtraArgs, s.Model.ServedAliases = slices.Clone(s.ExtraArgs), slices.Clone(s.Model.ServedAliases)
	s.Media.Domains = slices.Clone(s.Media.Domains)
	s.Scheduling.NodeSelector = maps.Clone(s.Scheduling.NodeSelector)
	s.Model.ServedName = or(s.Model.ServedName, s.Model.servedName(s.objectName()))
	if s.Model.Quantization == "auto" {
		s.Model.Quantization = "" // vLLM reads it from the checkpoint
	}
	s.LoRA = s.LoRA.withDefaults()
	s.Replicas = s.Replicas.withDefaults()
	s.Scaling.Policy = s.Scaling.Policy.withDefault(s.Replicas)
	s.Storage = s.Storage.withDefaults(s)
	s.Lifecycle.ShutdownSeconds = or(s.Lifecycle.ShutdownSeconds, s.Objectives.shutdownSeconds())
	if e, ok := s.Estimate(); ok {
		s = s.withEstimate(e)
	}
	s.underived = append(s.underived, s.underivable()...)
	s.GPU.Count = or(s.GPU.Count, 1)
	s.Lifecycle.derived = s.Lifecycle.derived || s.Lifecycle.Rollout == ""
	s.Lifecycle.Rollout = or(s.Lifecycle.Rollout, s.rollout())
	s.Resources = s.Resources.withDefaults(max(s.GPU.Count, 1), s.hostMemory())
	s.Lifecycle = s.Lifecycle.withDefaults()
	if s.Storage.Cache.StorageClass != "" {
		s.Storage.Cache.Size = or(s.Storage.Cache.Size, "100Gi")
	}
	s.Access.HuggingFaceToken = s.Access.HuggingFaceToken.withDefaults(tokenKey)
	s.Access.APIKey = s.Access.APIKey.withDefaults(apiKeyKey)
	s.Scaling = s.Scaling.withDefaults(s.Replicas)
	s.Monitoring = s.Monitoring.WithDefaults()
	if s.Ingress.Class == ALBClass {
		s.Ingress.ALB.IdleSeconds = or(s.Ingress.ALB.IdleSeconds, 600)
	}
	return s
}

func (m Model) servedName(service string) string {
	if m.inS3() {
		return service
	}
	return m.ID
}

// mostLoaded is how many adapters are kept in GPU memory unless it is said.
const mostLoaded = 8

func (l LoRA) withDefaults() LoRA {
	if n := len(l.Adapters); n > 0 {
		l.MaxRank = or(l.MaxRank, 16)
		l.MaxLoaded = or(l.MaxLoaded, min(n, mostLoaded))
	}
	return l
}

func (st Storage) withDefaults(s Spec) Storage {
	if st.Weights.Claim != "" {
		st.Weights.Path = or(st.Weights.Path, s.Model.ID)
	}
	if st.Offline == nil {
		st.Offline = new(!s.needsHub())
	}
	return st
}

func (r SecretRef) withDefaults(key string) SecretRef {
	if r.Name != "" {
		r.Key = or(r.Key, key)
	}
	return r
}

// withDefault is the policy: bounds that are the same leave nothing to decide.
// One that does not exist is kept, to be refused.
func (p ScalingPolicy) withDefault(r Replicas) ScalingPolicy {
	if known := p == "" || slices.Contains(policies, p); known && *r.Min == r.Max {
		return Fixed
	}
	return or(p, Load)
}

var policies = []ScalingPolicy{Fixed, Load, Queue, CPU, External}

func (sc Scaling) withDefaults(r Replicas) Scaling {
	switch sc.Policy {
	case Load:
		sc.TargetLoad = or(sc.TargetLoad, 9)
		sc.TargetKVUsage = or(sc.TargetKVUsage, sizing.TargetKVUsage)
		sc.TargetWaiting = or(sc.TargetWaiting, sizing.TargetWaiting)
	case Queue:
		sc.TargetWaiting = or(sc.TargetWaiting, 10)
	case CPU:
		sc.TargetCPU = or(sc.TargetCPU, 70)
	case Fixed, External:
		return Scaling{Policy: sc.Policy}
	}
	sc.DownSeconds = or(sc.DownSeconds, 300)
	if sc.Policy != CPU {
		sc.FallbackReplicas = or(sc.FallbackReplicas, r.Least())
	}
	if sc.Wake.Query != "" {
		sc.Wake.IdleSeconds = or(sc.Wake.IdleSeconds, 300)
	}
	return sc
}

// scrapeSeconds is the time between two scrapes, where nothing is said of it.
const scrapeSeconds = 15

// WithDefaults returns the monitoring with every field set that has a default.
func (m Monitoring) WithDefaults() Monitoring {
	if m.ServiceMonitor == nil {
		m.ServiceMonitor = new(m.PrometheusURL != "")
	}
	if *m.ServiceMonitor {
		m.IntervalSeconds = or(m.IntervalSeconds, scrapeSeconds)
	}
	m.Namespace = or(m.Namespace, "monitoring")
	return m
}

func (r Replicas) withDefaults() Replicas {
	least := 1
	if r.Min != nil {
		least = *r.Min
	}
	return Replicas{Min: &least, Max: or(r.Max, max(least, 1))}
}

// withDefaults sizes a replica by its GPUs: each has a process of its own that
// keeps a core busy and stages its share of the weights in memory, and the
// share that it holds was downloaded. What arguments keep in the node's memory comes
// on top.
func (r Resources) withDefaults(gpus int, host hostMemory) Resources {
	return Resources{
		CPU:     or(r.CPU, strconv.Itoa(gpus+2)),
		Memory:  or(r.Memory, host.memory(gpus)),
		ShmSize: or(r.ShmSize, strconv.Itoa(2*gpus)+"Gi"),
		Disk:    or(r.Disk, strconv.Itoa(60*gpus)+"Gi"),
	}
}

func (l Lifecycle) withDefaults() Lifecycle {
	l.LoadSeconds = or(l.LoadSeconds, 600)
	l.ProvisionSeconds = or(l.ProvisionSeconds, 600)
	l.DrainSeconds = or(l.DrainSeconds, 15)
	l.ShutdownSeconds = or(l.ShutdownSeconds, 120)
	l.Rollout = or(l.Rollout, Surge)
	return l
}

// WithDefaults returns the spec as it is: a name has no default, and a
// namespace is created unless the spec says that it exists.
func (s NamespaceSpec) WithDefaults() NamespaceSpec { return s }

func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
