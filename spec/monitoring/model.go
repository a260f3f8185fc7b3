package monitoring

import "time"

// Model describes one model to recording rules, alerts and dashboards: the labels of its
// series, its bounds, and the numbers that sizing predicts.
type Model struct {
	// Namespace and Service are labels of the series of the model's replicas. Service
	// is also the name of its Deployment.
	Namespace, Service string
	// ID is the model's name on Hugging Face, or another name.
	ID string
	// MinReplicas and MaxReplicas bound the number of replicas.
	MinReplicas, MaxReplicas int
	// Triggers holds the target of each trigger of KEDA for one replica, in the order
	// of the triggers. Default: KEDA does not scale the model.
	Triggers []Trigger
	// TTFTSeconds and TPOTSeconds are the objectives of latency, in seconds.
	TTFTSeconds, TPOTSeconds float64
	// Share is the share of requests that must meet the objectives, from 0 to 1.
	Share float64
	// Predicted holds the numbers that sizing predicts.
	Predicted Predicted
}

// Trigger is a trigger of KEDA.
type Trigger struct {
	// Name is the name of the trigger, such as load.
	Name string
	// Target is the value of the trigger's query for one replica.
	Target float64
}

// Predicted holds the numbers that sizing predicts for one replica. A number that is not
// known is 0.
type Predicted struct {
	// USDPerHour is the price of one replica: its share of a node.
	USDPerHour float64
	// USDPerMillionTokens is the cost of one million output tokens at the target load.
	USDPerMillionTokens float64
	// KVTokens is the size of the KV cache, in tokens.
	KVTokens int
	// Concurrency is the number of requests at once that meet the objectives.
	Concurrency int
	// NodeSeconds, ImageSeconds and LoadSeconds are the phases of a cold start.
	NodeSeconds, ImageSeconds, LoadSeconds float64
}

// Bounds holds limits of the whole stack that alerts compare with measurements.
type Bounds struct {
	// MaxUSDPerHour is the key limits.maxUsdPerHour. Default: no limit.
	MaxUSDPerHour float64
	// SharedUSDPerHour is the predicted cost of everything but the nodes of the models.
	SharedUSDPerHour float64
	// KubernetesVersion is the minor version of the cluster, such as 1.35.
	KubernetesVersion string
	// ExtendedSupport is the day on which extended support of the version begins.
	// Default: not known.
	ExtendedSupport time.Time
}
