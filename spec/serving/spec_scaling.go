package serving

// Scaling holds how the number of replicas changes within its bounds.
type Scaling struct {
	// Policy decides the number of replicas if the bounds differ. Default: load; fixed if
	// replicas.min and replicas.max are the same.
	Policy ScalingPolicy `key:"policy"`
	// Settings are the settings of the policy.
	Settings `key:",inline"`
	Wake     Wake `key:",inline"`
}

// Settings holds the settings of all policies. Each policy uses some of them, with its
// own defaults, and refuses the others.
type Settings struct {
	// TargetLoad is the number of requests, running and waiting, that a replica should
	// have, with the policy load. Default: the number of requests with which a replica
	// meets its objectives, less the growth of the load until a new replica serves; 9 if
	// that is not known.
	TargetLoad int `key:"targetLoad" range:"1..16384" in:"defaults pin"`
	// TargetKVUsage is the share of a replica's KV cache that should be in use, with
	// the policy load. Default: 0.6.
	TargetKVUsage float64 `key:"targetKVUsage" range:">0..1" in:"defaults pin"`
	// TargetWaiting is the number of requests that may wait for a replica. Default: 2
	// with the policy load, 10 with queue.
	TargetWaiting int `key:"targetWaiting" range:"1..16384" in:"defaults pin"`
	// TargetCPU is the use of the requested cores, in percent, with the policy cpu.
	// Default: 70.
	TargetCPU int `key:"targetCPU" range:"1..100" in:"defaults pin"`
	// FallbackReplicas is the smallest number of replicas while metrics are missing.
	// Default: [Replicas.Min], at least 1.
	FallbackReplicas int `key:"fallbackReplicas" range:"1.." in:"defaults pin"`
	// DownSeconds is how long the load must be low before replicas are removed.
	// Default: 300.
	DownSeconds int `key:"downSeconds" range:"1..3600" in:"defaults pin"`
}

// Wake holds a signal for scaling from zero and to zero. vLLM's own metrics do not exist
// while the service has no replica.
type Wake struct {
	// Query is a PromQL query with one value, above 0 while requests need a replica, such
	// as a gateway's count of requests. It is required if replicas.min is 0. Default:
	// none.
	Query string `key:"wakeQuery"`
	// IdleSeconds is how long the query must have been 0 before the last replica is
	// removed.
	IdleSeconds int `key:"idleSeconds" range:"1..3600" default:"300" if:"wakeQuery" in:"defaults pin"`
}

// Monitoring holds the address of Prometheus and how it scrapes the replicas.
type Monitoring struct {
	// PrometheusURL is the address at which KEDA reaches Prometheus. The scaling policies
	// load and queue need it. Default: the address of the Prometheus that the stack
	// installs, if any.
	PrometheusURL string `key:"prometheusUrl" input:"true" sensitive:"true" example:"http://kps-prometheus.monitoring.svc:9090"`
	// Namespace is the namespace of Prometheus, whose pods may scrape the replicas.
	Namespace string `key:"namespace" default:"monitoring"`
	// ServiceMonitor creates ServiceMonitors, with which the Prometheus operator finds
	// the replicas. Default: true with a prometheusUrl; false on a created cluster
	// without a Prometheus of the stack.
	ServiceMonitor *bool `key:"serviceMonitor"`
	// IntervalSeconds is the time between two scrapes.
	IntervalSeconds int `key:"intervalSeconds" range:"1..120" default:"15" if:"serviceMonitor"`
	// Labels are added to the ServiceMonitors, for a Prometheus that selects by labels.
	Labels map[string]string `key:"labels"`
}
