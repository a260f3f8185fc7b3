package serving

// Storage is where weights and caches are kept.
type Storage struct {
	// Weights is a volume that has the weights already. Default: none; they come
	// from Hugging Face or S3.
	Weights Weights
	// Cache outlives the pods: compiled code, and what is downloaded from Hugging
	// Face. Default: none, so that every engine compiles and downloads anew.
	Cache Cache
	// ScratchClass is a StorageClass for what one pod downloads and compiles, such
	// as one of a node's NVMe disks; the volume goes with the pod. Default: none;
	// it is the node's ephemeral storage, which is NVMe where the nodes are set up
	// so.
	ScratchClass string
	// S3 is how weights are read from an address in S3.
	S3 S3
	// Region is the AWS region in which S3 is asked. Default: what the engine finds
	// out itself.
	Region string
	// Offline keeps the engine from asking Hugging Face for anything. A pointer,
	// because false is a choice. Default: true where the weights are on a volume or
	// in S3 and no adapter comes from Hugging Face.
	Offline *bool
}

// Weights is a volume that has the weights already.
type Weights struct {
	// Claim is a PersistentVolumeClaim in the same namespace, such as one of EFS or
	// FSx for Lustre. It is mounted read-only at /models. Empty means that there is
	// none.
	Claim string
	// Path is the model's folder within it. Default: the model's id.
	Path string
}

// S3 is how weights are read from an address in S3.
type S3 struct {
	// RoleARN is an AWS role that exists, which may read the weights. It is given
	// to the service's own ServiceAccount by EKS Pod Identity, outside this
	// component. Default: none.
	RoleARN string
	// Endpoint is the URL of an S3-compatible store, with a scheme, and a port where
	// it is not the scheme's. Default: AWS.
	Endpoint string
	// CIDR are the addresses of Endpoint, to which the NetworkPolicy lets the pods
	// out. Default: the pods of the namespace, where Endpoint is a Service of the
	// cluster; the address, where it is one; else all public addresses.
	CIDR string
	// ExistingSecret is a Secret in the same namespace with the keys
	// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Default: none, so that the pods
	// read with the role of their ServiceAccount.
	ExistingSecret string
}

// Cache is a volume that outlives the pods. Several engines write to it at once.
type Cache struct {
	// Claim is a PersistentVolumeClaim in the same namespace that exists already.
	Claim string
	// StorageClass is one of volumes that several nodes mount, such as EFS; the
	// claim is created, and deleted with the service.
	StorageClass string
	// Size is what the created claim asks for. It can grow where the class allows
	// that, and never shrink, so that it does not follow the model. Default: 100Gi;
	// EFS has no limit and ignores it.
	Size string
}

// Volume is mounted into the engine's container. One of ConfigMap, Secret and
// Claim says what it is; without, it is an empty folder that goes with the pod.
type Volume struct {
	// Name tells the pod's volumes apart. Required.
	Name string
	// MountPath is where it is. Required.
	MountPath string
	// ConfigMap, Secret and Claim are the name of one in the same namespace.
	ConfigMap, Secret, Claim string
	// ReadWrite lets the engine write to a claim. Default: false.
	ReadWrite bool
}
