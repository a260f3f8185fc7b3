package serving

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	s.Env, s.Labels, s.Annotations = maps.Clone(s.Env), maps.Clone(s.Labels), maps.Clone(s.Annotations)
	s.ExtraArgs = slices.Clone(s.ExtraArgs)
	s.Media.Domains = slices.Clone(s.Media.Domains)
	s.Scheduling.NodeSelector = maps.Clone(s.Scheduling.NodeSelector)
	s.Model = s.Model.withDefaults(s.ObjectName())
	s = s.withGroups()
	if s.Model.Quantization == "auto" {
		s.Model.Quantization = "" // vLLM reads the method from the checkpoint
	}
	s.LoRA = s.LoRA.withDefaults()
	s.Replicas = s.Replicas.withDefaults()
	s.Scaling.Policy = s.Scaling.Policy.withDefault(s.Replicas)
	keys.Complete(&s)
	s.Storage = s.Storage.withDefaults(s)
	s.Lifecycle.ShutdownSeconds = cmp.Or(s.Lifecycle.ShutdownSeconds, s.Objectives.shutdownSeconds())
	if e, ok := s.Estimate(); ok {
		s = s.withEstimate(e)
	}
	s.underived = append(s.underived, s.underivable()...)
	s.GPU.Count = cmp.Or(s.GPU.Count, 1)
	s.Lifecycle.derived = s.Lifecycle.derived || s.Lifecycle.Rollout == ""
	s.Lifecycle.Rollout = cmp.Or(s.Lifecycle.Rollout, s.rollout())
	s.Resources = s.Resources.withDefaults(max(s.GPU.Count, 1), s.hostMemory())
	s.Lifecycle = s.Lifecycle.withDefaults()
	s.Access.HuggingFaceToken = s.Access.HuggingFaceToken.withDefaults(TokenKey)
	s.Access.APIKey = s.Access.APIKey.withDefaults(APIKeyKey)
	s.Scaling = s.Scaling.withDefaults(s.Replicas)
	s.Monitoring = s.Monitoring.WithDefaults()
	if s.Ingress.Class == ALBClass {
		s.Ingress.ALB.IdleSeconds = cmp.Or(s.Ingress.ALB.IdleSeconds, idleSeconds)
	}
	return s
}

// withDefaults returns the model with served names: the given names, else its id, or the
// name of its service if it is in S3.
func (m Model) withDefaults(service string) Model {
	m.ServedNames = slices.Clone(m.ServedNames)
	switch {
	case len(m.ServedNames) > 0:
	case m.InS3():
		m.ServedNames = []string{service}
	default:
		m.ServedNames = []string{m.ID}
	}
	return m
}

// withGroups returns the spec with the composed node group, unless it has one.
func (s Spec) withGroups() Spec {
	s.NodeGroups = slices.Clone(s.NodeGroups)
	for i := range s.NodeGroups {
		s.NodeGroups[i] = s.NodeGroups[i].WithDefaults()
	}
	if len(s.NodeGroups) > 0 && !s.NodeGroup.configured() {
		s.NodeGroup = Compose(s.NodeGroups)
	}
	s.NodeGroup = s.NodeGroup.WithDefaults()
	return s
}

// defaultLoaded is the largest default of lora.maxLoaded.
const defaultLoaded = 8

func (l LoRA) withDefaults() LoRA {
	if n := len(l.Adapters); n > 0 {
		l.MaxLoaded = cmp.Or(l.MaxLoaded, min(n, defaultLoaded))
	}
	return l
}

func (st Storage) withDefaults(s Spec) Storage {
	if st.Weights.Claim != "" {
		st.Weights.Path = cmp.Or(st.Weights.Path, s.Model.ID)
	}
	if st.Offline == nil {
		st.Offline = new(!s.needsHub())
	}
	return st
}

func (r SecretRef) withDefaults(key string) SecretRef {
	if r.Name != "" {
		r.Key = cmp.Or(r.Key, key)
	}
	return r
}

// withDefault returns the policy: fixed if the bounds are the same, else load. An unknown
// policy is kept, so that validation refuses it.
func (p ScalingPolicy) withDefault(r Replicas) ScalingPolicy {
	if _, exists := p.Declaration(); (p == "" || exists) && r.Smallest() == r.Max {
		return Fixed
	}
	return cmp.Or(p, Load)
}

// withDefaults returns the scaling with the settings of its policy.
func (sc Scaling) withDefaults(r Replicas) Scaling {
	p, exists := sc.Policy.Declaration()
	if exists && p.Settings == nil {
		return Scaling{Policy: sc.Policy}
	}
	keys.Fill(&sc.Settings, p.defaults(r))
	return sc
}

// ScrapeSeconds is the assumed time between two scrapes if it is not known: the default
// of Monitoring.IntervalSeconds.
const ScrapeSeconds = 15

// WithDefaults returns the monitoring with every field set that has a default.
func (m Monitoring) WithDefaults() Monitoring {
	if m.ServiceMonitor == nil {
		m.ServiceMonitor = new(m.PrometheusURL != "")
	}
	keys.Complete(&m)
	return m
}

func (r Replicas) withDefaults() Replicas {
	minimum := r.Smallest()
	return Replicas{Min: &minimum, Max: cmp.Or(r.Max, max(minimum, 1))}
}

// withDefaults returns the resources of a replica by the number of its GPUs. Each GPU has
// a process that keeps a core busy and loads its share of the weights through memory;
// that share is on the disk. The memory that arguments use is added.
func (r Resources) withDefaults(gpus int, host hostMemory) Resources {
	return Resources{
		CPU:     cmp.Or(r.CPU, strconv.Itoa(gpus+2)),
		Memory:  cmp.Or(r.Memory, host.memory(gpus)),
		ShmSize: cmp.Or(r.ShmSize, strconv.Itoa(2*gpus)+"Gi"),
		Disk:    cmp.Or(r.Disk, strconv.Itoa(60*gpus)+"Gi"),
	}
}

func (l Lifecycle) withDefaults() Lifecycle {
	l.LoadSeconds = cmp.Or(l.LoadSeconds, 600)
	l.ProvisionSeconds = cmp.Or(l.ProvisionSeconds, 600)
	l.ShutdownSeconds = cmp.Or(l.ShutdownSeconds, 120)
	l.Rollout = cmp.Or(l.Rollout, Surge)
	return l
}

// WithDefaults returns the spec unchanged, because a namespace has no defaults.
func (s NamespaceSpec) WithDefaults() NamespaceSpec { return s }
