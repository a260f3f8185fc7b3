package serving

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/sizing"
)

// ScalingPolicy is the name of a scaling policy: see Policies.
type ScalingPolicy string

// The names of Policies.
const (
	Load     ScalingPolicy = "load"
	Queue    ScalingPolicy = "queue"
	CPU      ScalingPolicy = "cpu"
	Fixed    ScalingPolicy = "fixed"
	External ScalingPolicy = "external"
)

// Scaler is the program that changes the number of replicas.
type Scaler string

const (
	// NoScaler means that the Deployment states the number.
	NoScaler Scaler = ""
	// KEDA changes the number with a ScaledObject.
	KEDA Scaler = "KEDA"
	// PodAutoscaler is a HorizontalPodAutoscaler of Kubernetes, which reads the
	// metrics server.
	PodAutoscaler Scaler = "metrics server"
	// OtherScaler is a scaler that the user installs.
	OtherScaler Scaler = "a scaler of your own"
)

// Policy declares a scaling policy. components/serving/manifest builds its object.
type Policy struct {
	// Name is the value of scaling.policy.
	Name ScalingPolicy
	// Doc describes how the policy determines the number of replicas, for the
	// documentation.
	Doc string
	// Scaler changes the number of replicas.
	Scaler Scaler
	// Triggers are the names of KEDA's queries to Prometheus. Each yields a number of
	// replicas, and the largest is used. Default: none, for other scalers.
	Triggers []string
	// FromZero reports whether scaling.wakeQuery can start the first replica, so that
	// replicas.min may be 0.
	FromZero bool
	// Settings returns the settings that the policy uses, each with its default. A
	// setting that is zero cannot be combined with the policy. If Settings is nil, the
	// policy has no settings and ignores all, because they may be in the defaults of all
	// models.
	Settings func(Replicas) Settings
	// Check reports wrong combinations of settings that are each in range; the path is
	// that of scaling. Default: no check.
	Check func(found *field.ErrorList, scaling *field.Path, s Settings, r Replicas)
}

// Policies returns every scaling policy. To add a policy, add an entry here. A new
// trigger also needs its query in components/serving/manifest.
func Policies() []Policy {
	return []Policy{
		{
			Name: Load, Scaler: KEDA, Triggers: []string{"load", "kv-cache", "queue"}, FromZero: true, Check: checkFallback,
			Doc: "the largest of three numbers: running and waiting requests divided by `targetLoad`; use of the KV cache divided by `targetKVUsage`; waiting requests divided by `targetWaiting`",
			Settings: func(r Replicas) Settings {
				return Settings{TargetLoad: 9, TargetKVUsage: sizing.TargetKVUsage, TargetWaiting: sizing.TargetWaiting, FallbackReplicas: r.Least(), DownSeconds: 300}
			},
		},
		{
			Name: Queue, Scaler: KEDA, Triggers: []string{"queue"}, FromZero: true, Check: checkFallback,
			Doc: "only waiting requests divided by `targetWaiting`: it reacts late, because requests wait only at full replicas and do not move to a new one",
			Settings: func(r Replicas) Settings {
				return Settings{TargetWaiting: 10, FallbackReplicas: r.Least(), DownSeconds: 300}
			},
		},
		{
			Name: CPU, Scaler: PodAutoscaler,
			Doc:      "the use of CPU cores, which says little about the load of GPUs",
			Settings: func(Replicas) Settings { return Settings{TargetCPU: 70, DownSeconds: 300} },
		},
		{Name: Fixed, Scaler: NoScaler, Doc: "nothing: `replicas.min` and `replicas.max` are the same"},
		{Name: External, Scaler: OtherScaler, Doc: "your own scaler; until you install it, Kubernetes runs one replica"},
	}
}

// Values returns the names of all policies.
func (ScalingPolicy) Values() []string {
	var names []string
	for _, p := range Policies() {
		names = append(names, string(p.Name))
	}
	return names
}

// Declaration returns the declaration of the policy; false if no such policy exists.
func (p ScalingPolicy) Declaration() (Policy, bool) {
	policies := Policies()
	i := slices.IndexFunc(policies, func(d Policy) bool { return d.Name == p })
	if i < 0 {
		return Policy{}, false
	}
	return policies[i], true
}

// defaults returns the settings that the policy uses, each with its default.
func (p Policy) defaults(r Replicas) Settings {
	if p.Settings == nil {
		return Settings{}
	}
	return p.Settings(r)
}

// Prometheus reports whether the scaler queries Prometheus.
func (p Policy) Prometheus() bool { return len(p.Triggers) > 0 }

// Needs returns the programs that must run on the cluster, such as KEDA and Prometheus.
func (p Policy) Needs() []string {
	var needs []string
	if p.Scaler != NoScaler {
		needs = append(needs, string(p.Scaler))
	}
	if p.Prometheus() {
		needs = append(needs, "Prometheus")
	}
	return needs
}

// Target returns the value of a trigger's query for one replica; 0 for another trigger.
func (s Settings) Target(trigger string) float64 {
	switch trigger {
	case "load":
		return float64(s.TargetLoad)
	case "kv-cache":
		return s.TargetKVUsage
	case "queue":
		return float64(s.TargetWaiting)
	}
	return 0
}

// Scaled reports whether a scaler changes the number of replicas.
func (s Spec) Scaled() bool { return s.Scaling.Policy != Fixed }

// Scaler returns the program that changes the number of replicas.
func (s Spec) Scaler() Scaler {
	p, _ := s.Scaling.Policy.Declaration()
	return p.Scaler
}

// policyNames returns the names of the policies that a function selects, as a
// message lists them: a, b or c.
func policyNames(selects func(Policy) bool) string {
	var names []string
	for _, p := range Policies() {
		if selects(p) {
			names = append(names, string(p.Name))
		}
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
