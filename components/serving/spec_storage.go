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
