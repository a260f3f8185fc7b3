package serving

// Storage holds where weights and caches are stored.
type Storage struct {
	// Weights is a volume with the weights. Default: none, so that they come from Hugging
	// Face or S3.
	Weights Weights `key:"weights"`
	// Cache is a volume that remains when pods end, for compiled code and downloads from
	// Hugging Face. Default: every pod compiles and downloads again.
	Cache Cache `key:"cache"`
	// ScratchClass is a StorageClass of a volume for downloads and compiled code that
	// is deleted with the pod, such as one of the node's NVMe disks. Default: none,
	// the node's ephemeral storage.
	ScratchClass string `key:"scratchClass"`
	// S3 holds how vLLM reads weights from a folder in S3.
	S3 S3 `key:"s3"`
	// Region is the AWS region of the S3 bucket. Default: the region that vLLM finds.
	Region string `key:"region" only:"component"`
	// Offline stops vLLM from sending requests to Hugging Face. Default: true if nothing
	// comes from Hugging Face.
	Offline *bool `key:"offline"`
}

// Weights is a volume with weights.
type Weights struct {
	// Claim is a PersistentVolumeClaim in the namespace, such as one of EFS or FSx for
	// Lustre. It is mounted read-only at /models. Default: none.
	Claim string `key:"claim" input:"true"`
	// Path is the folder of the model within the volume. Default: [Model.ID].
	Path string `key:"path"`
}

// S3 holds how vLLM reads weights from a folder in S3.
type S3 struct {
	// RoleARN is an existing AWS role that may read the folder. The stack gives it to the
	// model's ServiceAccount by EKS Pod Identity. Default: the stack creates a role for
	// the model.
	RoleARN string `key:"roleArn" input:"true"`
	// Endpoint is the URL of an S3-compatible store, with a scheme, and with a port if it
	// is not the scheme's default. Default: AWS.
	Endpoint string `key:"endpoint"`
	// CIDR is the range of the endpoint's addresses. Pods may reach it on the endpoint's
	// port. Default: the pods of the namespace if the endpoint is a Service of the
	// cluster; the address if the endpoint is an address; else all public addresses.
	CIDR string `key:"cidr"`
	// ExistingSecret is a Secret in the namespace with the keys AWS_ACCESS_KEY_ID and
	// AWS_SECRET_ACCESS_KEY. It is required with an endpoint and no role. Default: none,
	// so that pods read with the role of their ServiceAccount.
	ExistingSecret string `key:"existingSecret" input:"true"`
}

// Cache is a volume that remains when pods end. Several replicas write to it at the same
// time.
type Cache struct {
	// Claim is an existing PersistentVolumeClaim in the namespace. Default: none.
	Claim string `key:"claim" input:"true"`
	// StorageClass is a class of volumes that several nodes mount, such as EFS. The
	// claim is created, and deleted with the service. Default: none.
	StorageClass string `key:"storageClass"`
	// Size is the requested size of the created claim. It can grow if the class allows
	// it, but not shrink. EFS ignores it.
	Size string `key:"size" default:"100Gi" if:"storageClass" in:"defaults pin"`
}

// Volume is a volume that is mounted into vLLM's container: a ConfigMap, a Secret, a
// claim, or an empty folder that is deleted with the pod.
type Volume struct {
	// Name is the name of the volume in the pod.
	Name string `key:"name" required:"true" example:"templates"`
	// MountPath is the path of the volume in the container. Without configMap, secret and
	// claim, it is an empty folder that is deleted with the pod.
	MountPath string `key:"mountPath" required:"true" example:"/templates"`
	// ConfigMap is the name of a ConfigMap in the namespace. Default: none.
	ConfigMap string `key:"configMap" input:"true"`
	// Secret is the name of a Secret in the namespace. Default: none.
	Secret string `key:"secret" input:"true"`
	// Claim is the name of a PersistentVolumeClaim in the namespace. Default: none.
	Claim string `key:"claim" input:"true"`
	// ReadWrite lets vLLM write to a claim.
	ReadWrite bool `key:"readWrite"`
}
