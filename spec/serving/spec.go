// Package serving declares the keys models and namespaces: types, defaults, validation,
// and the sizes that follow from them. It imports neither Pulumi nor a cloud SDK.
package serving

// Spec holds the keys of one model's service. Zero means that a key is not given,
// so its default applies. Fields without a key are computed.
type Spec struct {
	// Name is the name of the Service, Deployment and ServiceAccount, and the first
	// part of the names of the Secrets. It has at most 54 characters, since longer
	// names of Kubernetes objects derive from it.
	Name string `key:"name" required:"true" example:"mistral-7b"`
	// PreviousNames are earlier names of the service, the latest first. The
	// Kubernetes objects keep the last of them as long as the service is deployed, and
	// the service answers at the addresses of all. A service that has its first name
	// again lists it at the end as well.
	PreviousNames []string `key:"previousNames"`
	// Namespace is the namespace of all objects. It must enforce, or at least permit,
	// the restricted Pod Security Standard. Default: the only one of the stack's
	// namespaces.
	Namespace string `key:"namespace" input:"true"`
	Model     Model  `key:",inline"`
	// VLLMVersion is the release of vLLM, v0.33.0 or newer. It replaces an image of
	// the defaults. Default: v0.33.0.
	VLLMVersion string `key:"vllmVersion" in:"defaults pin"`
	// Image replaces the image of the vLLM project, with a tag or a digest, never latest.
	// Its entry point must accept the arguments of vllm serve. It replaces a vllmVersion
	// of the defaults. Default: vllm/vllm-openai at [VLLMVersion].
	Image string `key:"image" in:"defaults"`
	// KVCache extends the KV cache beyond the memory of the GPUs.
	KVCache KVCache `key:"kvCache" in:"defaults"`
	// Queue bounds the requests that wait for a replica. Requests beyond the bounds
	// are refused at once, so that clients can try another replica.
	Queue QueueLimits `key:"queue" in:"defaults"`
	// Speculative is speculative decoding: a fast method proposes tokens, and the
	// model checks several of them at once. Answers are faster at low load.
	Speculative Speculative `key:"speculative"`
	// Media bounds the images, videos and sounds of requests, for models that accept
	// them.
	Media Media `key:"media" in:"defaults"`
	// LoRA are adapters that vLLM serves in addition to the model, each under its own
	// name.
	LoRA LoRA `key:"lora" in:"defaults"`
	// GPU are the GPUs of one replica.
	GPU GPU `key:"gpu" in:"defaults" short:"count"`
	// NodeGroupNames are the node groups on which replicas may run, in order of
	// preference. All have the same GPU. Default: the cheapest group on which the
	// model fits; of groups with the same GPUs, spot first.
	NodeGroupNames []string `key:"nodeGroup" list:"one" in:"defaults pin" only:"stack"`
	// NodeGroups describe the node groups on which replicas may run, in order of
	// preference. All have the same GPU. Default: any node with enough free GPUs.
	NodeGroups []NodeGroup `key:"nodeGroups" only:"component"`
	// NodeGroup holds the properties that all NodeGroups have. Compose computes it.
	NodeGroup NodeGroup
	// Objectives are the latency limits and the load for which the service is sized.
	Objectives Objectives `key:"objectives" in:"defaults"`
	// Costs are prices that replace those of the catalogue, and a discount.
	Costs Costs `key:"costs" only:"component"`
	// Replicas bounds the number of replicas. If the bounds differ, a scaler sets the
	// number, and the Deployment has no replicas field.
	Replicas Replicas `key:"replicas" in:"defaults" short:"min max"`
	// Scaling changes the number of replicas within their bounds.
	Scaling Scaling `key:"scaling" in:"defaults"`
	// Resources are the resources of one replica other than its GPUs, as Kubernetes
	// quantities.
	Resources  Resources  `key:"resources" in:"defaults pin"`
	Scheduling Scheduling `key:",inline" in:"defaults"`
	// Lifecycle is the duration of startup and shutdown. Probes, deadlines, grace
	// periods and Pulumi's timeouts derive from it.
	Lifecycle Lifecycle `key:"lifecycle" in:"defaults"`
	Access    Access    `key:",inline" in:"defaults"`
	// Storage is where weights and caches are stored.
	Storage Storage `key:"storage" in:"defaults"`
	// Network is the traffic that is allowed to and from the replicas. NetworkPolicies
	// enforce it on clusters with a controller for them.
	Network Network `key:"network" in:"defaults"`
	// Service is the Kubernetes Service in front of the replicas.
	Service Service `key:"service" in:"defaults"`
	// Ingress is the ingress from outside the cluster. It exposes only /v1, which the API
	// key protects.
	Ingress Ingress `key:"ingress" in:"defaults"`
	// Monitoring holds the address of Prometheus and how it scrapes the replicas.
	Monitoring Monitoring `key:"monitoring" only:"component"`
	// Traces are traces of requests that vLLM sends to a collector.
	Traces Traces `key:"traces" in:"defaults"`
	// Labels are added to the pods and to every object. The pods also have the label
	// app: vllm, unless Labels has another app.
	Labels map[string]string `key:"labels" in:"defaults"`
	// Annotations are added to the pods.
	Annotations map[string]string `key:"annotations" in:"defaults" sensitive:"true"`
	// Env are environment variables of vLLM, stored unencrypted.
	Env map[string]string `key:"env" in:"defaults" sensitive:"true"`
	// Volumes are mounted into vLLM's container.
	Volumes []Volume `key:"volumes" in:"defaults"`
	// ExtraArgs are arguments of vllm serve that follow the generated ones. They are
	// checked against the flags of vLLM.
	ExtraArgs []string `key:"extraArgs" in:"defaults" sensitive:"true"`
	// PodPatch is a strategic merge patch of the pod template. The result is validated
	// like a pod template without a patch.
	PodPatch string `key:"podPatch" as:"json" in:"defaults"`

	// underived are keys that the user must set: their defaults derive from the model's
	// shape, which is not known.
	underived []string
}

// GPU holds the GPUs of one replica.
type GPU struct {
	// Type is the GPU by its name in the catalogue, such as A10G. Without a type and a
	// node group, the service is not sized. Default: the GPU of the node group.
	Type string `key:"type"`
	// Count is the number of GPUs of one replica, all on one node. The model is split
	// over them by tensor parallelism. Default: the fewest on which the model fits; 1
	// if the GPU is not known; required if the shape of the model is not known.
	Count int `key:"count" range:"1..8" in:"defaults pin"`
}

// NodeGroup describes nodes with the same GPUs. The zero value means no group.
type NodeGroup struct {
	// Name is the name by which models refer to the group.
	Name string `key:"name" required:"true" example:"g5"`
	// Others are the requests of other services for nodes of the group. Default: none.
	Others []Demand
	// InstanceTypes are the EC2 types of its nodes, all with the same GPUs. Costs are
	// computed for the most expensive type. Default: required, except for machines that
	// hardware describes.
	InstanceTypes []string `key:"instanceTypes"`
	// Own describes types that the catalogue does not have. Default: none.
	Own OwnTypes
	// Labels are labels that only the nodes of the group have. They are required with
	// several instance types. Default: the label node.kubernetes.io/instance-type, if
	// there is one type.
	Labels map[string]string `key:"labels"`
	// Min is the number of nodes that always run.
	Min int `key:"min" range:"0..450" default:"0"`
	// Max is the largest number of nodes. A preview fails if the models need more.
	// Default: no bound.
	Max int `key:"max" range:"1..450"`
	// USDPerHour is the price of one node of the group in USD an hour. It replaces all
	// other prices. Default: none.
	USDPerHour float64 `key:"usdPerHour" range:">0.."`
	// Capacity is how the nodes are bought: on-demand, spot (cheaper, but AWS can take
	// the nodes away), or capacity-block. Spot capacity and capacity blocks have no
	// discount.
	Capacity string `key:"capacity" oneof:"on-demand spot capacity-block" default:"on-demand"`
	// Undiscounted reports that Costs.DiscountPercent does not apply, since the nodes
	// are not bought on demand. Spot reports spot capacity. Both follow from Capacity.
	Undiscounted, Spot bool
}

// Demand is the largest request of one service for nodes of a group.
type Demand struct {
	// GPUs is the number of GPUs of one replica, Replicas the number of replicas.
	GPUs, Replicas int
}

// Objectives holds the latency limits and the load.
type Objectives struct {
	// TPOTMilliseconds is the longest time per output token that meets the objectives,
	// in ms. Default: 100.
	TPOTMilliseconds int `key:"tpotMilliseconds" range:"1..10000"`
	// TTFTMilliseconds is the longest time to the first token that meets the
	// objectives, in ms. It bounds [Settings.TargetLoad]. Default: 2000.
	TTFTMilliseconds int `key:"ttftMilliseconds" range:"1..600000"`
	// InputTokens is the mean length of a prompt, in tokens. Default: 1155, that of
	// Azure's conversation trace.
	InputTokens int `key:"inputTokens" range:"1..10000000"`
	// OutputTokens is the mean length of an answer, in tokens. Default: 211, that of
	// Azure's conversation trace.
	OutputTokens int `key:"outputTokens" range:"1..10000000"`
	// Share is the share of requests that must meet the objectives. Alerts fire when too
	// many requests miss them.
	Share float64 `key:"share" range:"0.5..0.9999" default:"0.95" only:"stack"`
}

// Costs holds prices that replace those of the catalogue, and a discount.
type Costs struct {
	// Region is the AWS region of the prices. Default: us-east-1.
	Region string `key:"region" only:"component"`
	// USDPerHour are prices in USD an hour by instance type, and by eks-control-plane,
	// nat-gateway and other names of the catalogue. They replace the prices of the
	// catalogue.
	USDPerHour map[string]float64 `key:"usdPerHour" range:">0.."`
	// DiscountPercent is the discount on the catalogue's price of instances on demand,
	// in percent. It does not apply to your own prices, spot, capacity blocks, or
	// anything else.
	DiscountPercent float64 `key:"discountPercent" range:"0..100" default:"0"`
}

// Replicas bounds the number of replicas.
type Replicas struct {
	// Min is the smallest number of replicas. 0 scales to zero, and needs
	// [Wake.Query].
	Min *int `key:"min" range:"0..1000" default:"1"`
	// Max is the largest number of replicas. Default: [Min], at least 1.
	Max int `key:"max" range:"1..1000"`
}

// Least returns the smallest number of replicas, but at least 1: the number while the
// service is not scaled to zero.
func (r Replicas) Least() int { return max(r.Smallest(), 1) }

// Smallest returns the smallest number of replicas: Min, or its default, 1.
func (r Replicas) Smallest() int {
	if r.Min == nil {
		return 1
	}
	return *r.Min
}

// Resources holds the resources of one replica other than its GPUs.
type Resources struct {
	// CPU is the requested number of cores. There is no limit, because throttling would
	// leave the GPUs idle. Default: one for each GPU, and 2 for the API server.
	CPU string `key:"cpu"`
	// Memory is the requested memory and the limit. It includes [ShmSize]. Default: 12Gi
	// for each GPU, and the memory that arguments such as --kv-offloading-size use.
	Memory string `key:"memory"`
	// ShmSize is the size of /dev/shm, through which the GPUs of one replica exchange
	// data. Default: 2Gi for each GPU.
	ShmSize string `key:"shmSize"`
	// Disk is the requested ephemeral storage of the node, and the limit of the home
	// directory, for weights and caches. The image is not counted. Default: the
	// weights and 20Gi; 60Gi for each GPU if the GPU is not known; required if the
	// shape of the model is not known.
	Disk string `key:"disk"`
}

// Scheduling holds which nodes replicas may run on.
type Scheduling struct {
	// NodeSelector are labels that a node must have.
	NodeSelector map[string]string `key:"nodeSelector"`
	// PriorityClass is the name of a PriorityClass of the cluster. With it, replicas can
	// preempt other pods. Default: none.
	PriorityClass string `key:"priorityClass"`
	// Tolerations let replicas run on nodes with taints other than nvidia.com/gpu.
	Tolerations []Toleration `key:"tolerations"`
}

// Toleration holds a taint of nodes on which replicas may run.
type Toleration struct {
	// Key is the key of the taint.
	Key string `key:"key" required:"true" example:"team"`
	// Value is the value of the taint. Default: any.
	Value string `key:"value"`
	// Effect is the effect of the taint. Default: every effect.
	Effect string `key:"effect" oneof:"NoSchedule PreferNoSchedule NoExecute"`
}

// Lifecycle holds the duration of startup and shutdown, in seconds.
type Lifecycle struct {
	// LoadSeconds is the expected time from the start of the container until the model
	// is loaded. A replica may take twice as long. Default: the estimate for the model
	// and its node; 600 if they are not known.
	LoadSeconds int `key:"loadSeconds" range:"1..3600" in:"defaults pin"`
	// ProvisionSeconds is the longest time in which a node boots and pulls the image.
	// Default: 1.5 times the estimate; 600 if it is not known.
	ProvisionSeconds int `key:"provisionSeconds" range:"1..3600" in:"defaults pin"`
	// DrainSeconds is how long a stopping pod still accepts requests, until load
	// balancers and proxies have removed it.
	DrainSeconds int `key:"drainSeconds" range:"1..3600" default:"15" in:"defaults pin"`
	// ShutdownSeconds is the time after the drain in which requests in flight may finish.
	// Default: the time of four answers of the mean length at the slowest speed that
	// meets the objectives, at least 120.
	ShutdownSeconds int `key:"shutdownSeconds" range:"1..3600" in:"defaults pin"`
	// Rollout is how a change replaces a replica: surge starts the new replica first, and
	// needs free GPUs; inPlace stops the old replica first. Default: surge; inPlace if
	// the node group has no free GPUs when all replicas run.
	Rollout Rollout `key:"rollout" oneof:"surge inPlace" in:"defaults pin"`
	// HungSeconds is how long a replica that has requests may complete no step before it
	// is restarted. A restart interrupts every stream and loads the model again. Default:
	// never; vLLM's /health does not detect a hung replica.
	HungSeconds int `key:"hungSeconds" range:"120..3600" advice:"leave it out to disable the check"`
	// derived reports that Rollout is the default.
	derived bool
}

// Rollout is how a change replaces a replica.
type Rollout string

const (
	// Surge starts the new replica first, so that nothing is interrupted. It needs free
	// GPUs for one more replica.
	Surge Rollout = "surge"
	// InPlace stops the old replica first, for clusters without free GPUs. With one
	// replica, the service does not answer while the new one loads.
	InPlace Rollout = "inPlace"
)

// Access holds the identity of the replicas, and who may call them.
type Access struct {
	// HuggingFaceToken refers to a Secret that exists in the namespace and has a token
	// for gated models. Default: the token of the stack, if any.
	HuggingFaceToken SecretRef `key:"huggingFaceToken" sensitive:"true"`
	// APIKey refers to a Secret that exists in the namespace and has the key that
	// clients must send. Default: the API key of the stack, if any.
	APIKey SecretRef `key:"apiKey" sensitive:"true"`
	// Guarded reports that an API key is given with the arguments.
	Guarded bool
	// ServiceAccountName is a ServiceAccount that exists in the namespace, such as one
	// with an AWS role by EKS Pod Identity. Default: a ServiceAccount of its own, with
	// the name of the service.
	ServiceAccountName string `key:"serviceAccountName" input:"true"`
}

// SecretRef refers to a key of a Secret that exists.
type SecretRef struct {
	// Name is the name of the Secret. Default: none.
	Name string `key:"existingSecret" input:"true"`
	// Key is the key within the Secret. Default: token of huggingFaceToken, api-key of
	// apiKey.
	Key string `key:"key"`
}

// NamespaceSpec is one namespace for models.
type NamespaceSpec struct {
	// Name is the name of the namespace.
	Name string `key:"name" required:"true" example:"inference"`
	// Existing reports that the namespace exists already. The program neither creates,
	// changes nor deletes it. It must enforce, or at least permit, the restricted Pod
	// Security Standard.
	Existing bool `key:"existing"`
	// Known reports that Pulumi's state already records the namespace as existing. If
	// false, the program reads the namespace once: Pulumi then stops managing an object
	// that it created under the same name and ID, and does not delete it. Default: false.
	Known bool
	// ReadinessGates keeps new pods unready until the load balancer has them as targets,
	// so that a rollout waits for the load balancer. The AWS Load Balancer Controller
	// does this.
	ReadinessGates bool `key:"readinessGates" only:"component"`
}
