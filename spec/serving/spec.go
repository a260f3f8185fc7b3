// Package serving declares what a model's service can be told (keys models and
// namespaces): types, defaults, validation, and the sizes that follow. It imports
// neither Pulumi nor a cloud SDK.
package serving

// Spec is everything that decides the shape of one model's service. Zero means
// "not given" in every field, so the default applies.
type Spec struct {
	// Name is the service's name: of its Deployment, Service and
	// ServiceAccount, and the beginning of the names of its Secrets. At most 54
	// characters, so that what is derived from it stays within Kubernetes'
	// limits. Required.
	Name string
	// PreviousNames are what the service was called before, the latest first. The
	// last is what its objects are called as long as they live, so that nothing is
	// replaced, and the service answers at all of its addresses. A service that has
	// its first name again has it at the end of this list as well. Default: none.
	PreviousNames []string
	// Namespace is where the service runs. It must enforce, or at least permit,
	// the restricted Pod Security Standard. Required.
	Namespace string
	// VLLMVersion is the release of vLLM. Default: versions.VLLM, which is also
	// the minimum.
	VLLMVersion string
	// Image replaces the image of the vLLM project, with a tag or a digest. Its
	// entry point must take the arguments of `vllm serve`. Default:
	// vllm/vllm-openai at VLLMVersion.
	Image string
	// Model is what is served.
	Model Model
	// KVCache is where the KV cache goes beside the GPU's memory.
	KVCache KVCache
	// Queue bounds what waits for an engine.
	Queue QueueLimits
	// Speculative proposes tokens that the model checks several at once.
	Speculative Speculative
	// Media bounds the images, videos and sounds of requests.
	Media Media
	// LoRA are adapters that are served beside the model.
	LoRA LoRA
	// GPU is what one replica computes on.
	GPU GPU
	// NodeGroup is where it runs. Default: any node with enough free GPUs.
	NodeGroup NodeGroup
	// NodeGroups are the groups that NodeGroup is composed of (Compose), in order
	// of preference. All have the same GPU. Default: none, so NodeGroup is one
	// group.
	NodeGroups []NodeGroup
	// Objectives are what the service promises, and what is asked of it.
	Objectives Objectives
	// Costs are what is known of prices beside the catalogue.
	Costs Costs
	// Replicas is how many engines there are.
	Replicas Replicas
	// Scaling is what moves their number between the bounds of Replicas.
	Scaling Scaling
	// Resources is what one replica needs beside its GPUs.
	Resources Resources
	// underived are keys that have to be given, since the shape that their defaults
	// derive from is not known.
	underived []string
	// Scheduling says which nodes the engines may run on.
	Scheduling Scheduling
	// Lifecycle is how long births and deaths take.
	Lifecycle Lifecycle
	// Access is who the engine is, and who may ask it.
	Access Access
	// Storage is where weights and caches are kept.
	Storage Storage
	// Network is who may talk to the engines, and to whom they may.
	Network Network
	// Ingress is the way in from outside the cluster.
	Ingress Ingress
	// Monitoring is what watches the engines.
	Monitoring Monitoring
	// Labels are added to the pods and to every object. Default: none.
	Labels map[string]string
	// Annotations are added to the pods. Default: none.
	Annotations map[string]string
	// Env is added to the engine's environment, in clear. Default: nothing.
	Env map[string]string
	// Volumes are mounted into the engine's container. Default: none.
	Volumes []Volume
	// ExtraArgs follow the arguments that are derived from this spec. They are
	// checked against the flags of vLLM. Default: none.
	ExtraArgs []string
	// PodPatch is a strategic merge patch of the pod template, as JSON. What it
	// comes to is validated like what it is applied to. Default: none.
	PodPatch string
}

// GPU is what one replica computes on.
type GPU struct {
	// Type is the card, by its name in the catalogue, such as A10G. Default: that
	// of NodeGroup; without either, the service is not sized.
	Type string
	// Count is the number of GPUs of one replica, all on one node; the model is
	// split over them by tensor parallelism. Default: the fewest on which it
	// fits, 1 where that is not known.
	Count int
}

// NodeGroup are nodes of one kind. The zero value is none.
type NodeGroup struct {
	// Name is what models call it.
	Name string
	// Others are what other services ask of the group. Default: nothing.
	Others []Demand
	// InstanceTypes are the EC2 types of its nodes, all with the same GPUs. Costs
	// are computed for the dearest.
	InstanceTypes []string
	// Own are those of the types that the catalogue lacks. Default: none.
	Own OwnTypes
	// Labels are what its nodes alone have. Default: the well-known label with
	// the instance type, if there is one type.
	Labels map[string]string
	// Min and Max bound the number of its nodes. Default: 0, and no bound.
	Min, Max int
	// USDPerHour is the user's price of one node, before that of Costs. Default:
	// 0, none.
	USDPerHour float64
	// Undiscounted reports that Costs.DiscountPercent does not apply, since the
	// nodes are not bought on demand. Default: false.
	Undiscounted bool
	// Spot reports that EC2 sells its nodes as spare capacity, for less than the
	// on-demand price. Default: false.
	Spot bool
}

// Demand is what one service asks of a node group at most.
type Demand struct {
	// GPUs are those of one replica, Replicas how many there are.
	GPUs, Replicas int
}

// Objectives are what the service promises, and what is asked of it.
type Objectives struct {
	// TPOTMilliseconds is the longest time per output token that is still good.
	// Default: 100.
	TPOTMilliseconds int
	// TTFTMilliseconds is the longest time to the first token that is still good.
	// Default: 2000.
	TTFTMilliseconds int
	// InputTokens and OutputTokens are the mean lengths of a prompt and of an
	// answer. Default: 1155 and 211, those of Azure's conversation trace.
	InputTokens, OutputTokens int
}

// Costs are what is known of prices beside the catalogue.
type Costs struct {
	// Region is the AWS region. Default: us-east-1.
	Region string
	// USDPerHour replaces the catalogue's price of instance types. Default: none.
	USDPerHour map[string]float64
	// DiscountPercent is taken off the catalogue's price of instances on demand.
	// Default: 0.
	DiscountPercent float64
}

// Replicas is how many engines there are. Where Min and Max differ, a scaler
// owns the number and the Deployment does not state it.
type Replicas struct {
	// Min is the smallest number of engines. A pointer, because 0 would mean
	// scaling to zero. Default: 1.
	Min *int
	// Max is the largest number of engines. Default: Min.
	Max int
}

// Least is how many engines there are, with defaults, unless the service sleeps.
func (r Replicas) Least() int { return max(*r.Min, 1) }

// Resources is what one replica needs beside its GPUs, as Kubernetes
// quantities.
type Resources struct {
	// CPU is requested and not limited, since a throttled engine leaves its GPUs
	// idle. Default: one core per GPU and two for the server.
	CPU string
	// Memory is requested and is the limit, and includes ShmSize. Default: 12Gi
	// per GPU, which a g5.xlarge has, and what arguments keep in the node's memory, such
	// as --kv-offloading-size.
	Memory string
	// ShmSize is the size of /dev/shm, over which the GPUs of one replica
	// exchange data. Default: 2Gi per GPU.
	ShmSize string
	// Disk is the node's ephemeral storage that is requested, and the limit of
	// the home directory: for the weights and the caches of downloads and
	// compilation; the layers of the image are not counted. Default: 60Gi per
	// GPU. The largest weights that a GPU of 48 GB takes are 41 GiB: vLLM uses
	// 0.92 of the memory, and an L40S has 44.4 GiB of it. Larger GPUs want more.
	Disk string
}

// Scheduling says which nodes the engines may run on.
type Scheduling struct {
	// NodeSelector are labels that a node must have. Default: none, so that any
	// node with enough free GPUs will do.
	NodeSelector map[string]string
	// PriorityClass is the name of a PriorityClass of the cluster, by which
	// engines displace others. Default: none.
	PriorityClass string
	// Tolerations let engines onto nodes with further taints. Default: none beside
	// nvidia.com/gpu, and a minute for a node that is not heard of.
	Tolerations []Toleration
}

// Toleration is a taint of nodes that engines do not mind.
type Toleration struct {
	// Key is the taint's. Required.
	Key string
	// Value is the taint's. Default: any.
	Value string
	// Effect is NoSchedule, PreferNoSchedule or NoExecute. Default: every effect.
	Effect string
}

// Lifecycle is how long births and deaths take, in seconds. Probes, deadlines,
// grace periods and Pulumi's timeouts derive from it.
type Lifecycle struct {
	// LoadSeconds is the expected time from the start of the container to a
	// loaded model. An engine is given twice as long. Default: the estimate for
	// the model and its node, 600 where they are not known.
	LoadSeconds int
	// ProvisionSeconds is how long a node may take to boot and to pull the
	// image. Default: half as long again as estimated, 600 where that is not
	// known.
	ProvisionSeconds int
	// DrainSeconds is how long a stopping pod still takes requests, while load
	// balancers and proxies learn that it leaves. Default: 15.
	DrainSeconds int
	// ShutdownSeconds is how long requests in flight may take to finish after
	// that. Default: four answers of the typical length at the slowest good rate,
	// at least 120.
	ShutdownSeconds int
	// Rollout is how a change replaces an engine. Default: InPlace where the node
	// group has no GPUs to spare beside all replicas, else Surge.
	Rollout Rollout
	// HungSeconds is how long an engine may have requests and not take a step
	// before it is restarted. A restart costs a load, and cuts every stream, so
	// that it is asked for and not assumed. Default: 0, never: vLLM's /health
	// does not notice.
	HungSeconds int
	// derived reports that Rollout is the default.
	derived bool
}

// Rollout is how a change replaces an engine.
type Rollout string

const (
	// Surge starts the new engine first, so nothing is interrupted. It needs
	// one replica's GPUs to spare.
	Surge Rollout = "surge"
	// InPlace stops the old engine first, for clusters without GPUs to spare.
	// With one replica, the service is away while the new one loads.
	InPlace Rollout = "inPlace"
)

// Access is who the engine is, and who may ask it.
type Access struct {
	// HuggingFaceToken is a Secret that exists already, in the same namespace.
	// Default: the token given with the arguments, if any.
	HuggingFaceToken SecretRef
	// APIKey is a Secret that exists already, in the same namespace, with the key
	// that clients must send. Default: that given with the arguments, if any.
	APIKey SecretRef
	// Guarded tells that an API key is given with the arguments. Default: false.
	Guarded bool
	// ServiceAccountName is a ServiceAccount that exists already, in the same
	// namespace, such as one that has an AWS role by EKS Pod Identity. Default:
	// one of its own, called like the service.
	ServiceAccountName string
}

// SecretRef is a key of a Secret that exists already.
type SecretRef struct {
	// Name is the Secret's name. Empty means that there is none.
	Name string
	// Key is the key within the Secret. Default: token, of an API key api-key.
	Key string
}

// NamespaceSpec is one namespace for models.
type NamespaceSpec struct {
	// Name is the namespace's name. Required.
	Name string
	// Existing is a namespace that others own: it is neither created nor changed
	// nor deleted. It must enforce, or at least permit, the restricted Pod
	// Security Standard. Default: false, so the namespace is this program's.
	Existing bool
	// Known is an existing namespace of which the state says so already. Without,
	// it is read: Pulumi lets go of an object that it reads by the name and the ID
	// of one that it created, instead of deleting it. Default: false.
	Known bool
	// ReadinessGates asks the AWS Load Balancer Controller to hold pods back until
	// the load balancer has them, so that a rollout never outruns it. Default:
	// false.
	ReadinessGates bool
}
