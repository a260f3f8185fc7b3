package serving

// Scaling is what moves the number of engines between the bounds of Replicas.
type Scaling struct {
	// Policy is what decides where the bounds differ; where they are the same, it
	// is Fixed and the rest is of no use. Default: Load.
	Policy ScalingPolicy
	// TargetLoad is how many requests, running and waiting, an engine should have
	// (Load). Default: what it serves within the objectives, less what the load
	// grows by while another engine starts; 9 where that is not known, which is
	// an 8B model on an A10G.
	TargetLoad int
	// TargetKVUsage is the share of an engine's KV cache that should be in use
	// (Load), above 0 and at most 1. Default: sizing.TargetKVUsage, 0.6.
	TargetKVUsage float64
	// TargetWaiting is how many requests may wait for an engine (Load, Queue).
	// Default: sizing.TargetWaiting, 2, with Load; 10 with Queue.
	TargetWaiting int
	// TargetCPU is the percentage of the requested cores that should be in use
	// (CPU). Default: 70.
	TargetCPU int
	// FallbackReplicas is the least number of engines while metrics are missing;
	// more are kept if there are more. Default: Replicas.Min, at least 1.
	FallbackReplicas int
	// DownSeconds is how long the load must have been low before engines go.
	// Default: 300.
	DownSeconds int
	// Wake is what brings the first engine of a service that has none.
	Wake Wake
}

// Wake is a signal that outlives the engines, such as a gateway's count of
// requests: vLLM's own metrics are gone with the last of them.
type Wake struct {
	// Query is in PromQL, with one value, above 0 where an engine is wanted.
	// Required where Replicas.Min is 0.
	Query string
	// IdleSeconds is how long it must have been 0 before the last engine goes.
	// Default: 300.
	IdleSeconds int
}

// Monitoring is what watches the engines.
type Monitoring struct {
	// PrometheusURL is Prometheus' address, as it is reached from KEDA, such as
	// http://kps-prometheus.monitoring.svc:9090. Required by Load and Queue.
	PrometheusURL string
	// Namespace is where Prometheus runs. Pods there may scrape the engines.
	// Default: monitoring.
	Namespace string
	// ServiceMonitor asks Prometheus' operator to scrape the engines. A pointer,
	// because false is a choice. Default: true where there is a PrometheusURL.
	ServiceMonitor *bool
	// IntervalSeconds is the time between scrapes. Default: 15.
	IntervalSeconds int
	// Labels are added to the ServiceMonitor, for a Prometheus that selects by
	// them. Default: none.
	Labels map[string]string
}
