package serving

import (
	"maps"
	"slices"
	"strconv"
)

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	s.Env = maps.Clone(s.Env)
	s.ExtraArgs = slices.Clone(s.ExtraArgs)
	s.Scheduling.NodeSelector = maps.Clone(s.Scheduling.NodeSelector)
	s.Model.ServedName = or(s.Model.ServedName, s.Model.ID)
	s.Replicas = s.Replicas.withDefaults()
	s.Lifecycle.ShutdownSeconds = or(s.Lifecycle.ShutdownSeconds, s.Objectives.shutdownSeconds())
	if e, ok := s.Estimate(); ok {
		s = s.withEstimate(e)
	}
	s.GPU.Count = or(s.GPU.Count, 1)
	s.Resources = s.Resources.withDefaults(max(s.GPU.Count, 1))
	s.Lifecycle = s.Lifecycle.withDefaults()
	if s.Access.HuggingFaceToken.Name != "" {
		s.Access.HuggingFaceToken.Key = or(s.Access.HuggingFaceToken.Key, tokenKey)
	}
	return s
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
// share that it holds was downloaded.
func (r Resources) withDefaults(gpus int) Resources {
	return Resources{
		CPU:     or(r.CPU, strconv.Itoa(gpus+2)),
		Memory:  or(r.Memory, strconv.Itoa(12*gpus)+"Gi"),
		ShmSize: or(r.ShmSize, strconv.Itoa(2*gpus)+"Gi"),
		Disk:    or(r.Disk, strconv.Itoa(60*gpus)+"Gi"),
	}
}

func (l Lifecycle) withDefaults() Lifecycle {
	return Lifecycle{
		LoadSeconds:      or(l.LoadSeconds, 600),
		ProvisionSeconds: or(l.ProvisionSeconds, 600),
		DrainSeconds:     or(l.DrainSeconds, 15),
		ShutdownSeconds:  or(l.ShutdownSeconds, 120),
		Rollout:          or(l.Rollout, Surge),
	}
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
