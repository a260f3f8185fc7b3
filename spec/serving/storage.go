package serving

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/sizing"
)

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

const s3Scheme = "s3://"

// InS3 reports whether the weights are streamed from S3.
func (m Model) InS3() bool { return strings.HasPrefix(m.ID, s3Scheme) }

// BucketFolder returns the bucket and the folder in S3 that the service reads with the
// role of its own ServiceAccount. ok is false if the weights are not in S3, or if the
// service has other credentials.
func (s Spec) BucketFolder() (bucket, folder string, ok bool) {
	ownRole := s.Storage.S3.ExistingSecret == "" && s.Access.ServiceAccountName == ""
	if !s.Model.InS3() || !ownRole || s.Storage.S3.Endpoint != "" && s.Storage.S3.RoleARN == "" {
		return "", "", false
	}
	bucket, folder, ok = strings.Cut(strings.TrimPrefix(s.Model.ID, s3Scheme), "/")
	return bucket, strings.TrimSuffix(folder, "/"), ok
}

// Offline reports whether vLLM sends no requests to Hugging Face.
func (s Spec) Offline() bool { return s.Storage.Offline != nil && *s.Storage.Offline }

// local reports whether the weights come from S3 or a volume, and not from Hugging Face.
func (s Spec) local() bool { return s.Model.InS3() || s.Storage.Weights.Claim != "" }

// needsHub reports whether vLLM downloads from Hugging Face: the weights, or an adapter
// whose source is not a path.
func (s Spec) needsHub() bool {
	for _, a := range s.LoRA.Adapters {
		if !strings.HasPrefix(a.Source, "/") {
			return true
		}
	}
	return !s.local()
}

// weightStorage returns the storage from which a replica reads its weights, for sizing.
func (s Spec) weightStorage() sizing.Storage {
	switch {
	case s.Model.InS3():
		return sizing.S3
	case s.Storage.Weights.Claim != "":
		return sizing.EBS // a network file system is not faster
	}
	return sizing.Hub
}

// compiled reports whether compiled code remains when replicas end.
func (s Spec) compiled() bool { return s.CacheClaim() != "" }

// roleARN is the ARN of a role of IAM.
var roleARN = regexp.MustCompile(`^arn:aws[-a-z]*:iam::\d{12}:role/[\w+=,.@/-]+$`)

// Endpoint is the address of an S3-compatible store.
type Endpoint struct {
	Host string
	Port int
}

// StoreEndpoint returns the address of the store; ok is false if the URL is not valid.
func (s S3) StoreEndpoint() (e Endpoint, ok bool) {
	endpoint, err := url.Parse(s.Endpoint)
	if err != nil || endpoint.Scheme != "http" && endpoint.Scheme != "https" || endpoint.Hostname() == "" || endpoint.User != nil || strings.Trim(endpoint.Path, "/")+endpoint.RawQuery+endpoint.Fragment != "" {
		return e, false
	}
	e = Endpoint{Host: endpoint.Hostname(), Port: 443}
	if endpoint.Scheme == "http" {
		e.Port = 80
	}
	if text := endpoint.Port(); text != "" {
		e.Port, err = strconv.Atoi(text)
	}
	return e, err == nil && e.Port > 0 && e.Port <= LargestPort
}

// LargestPort is the largest port number of TCP.
const LargestPort = 65535

// Namespace returns the namespace of the Service of the cluster that the host names; ""
// for any other host.
func (e Endpoint) Namespace() string {
	parts := strings.Split(strings.TrimSuffix(e.Host, "."), ".")
	if len(parts) >= 3 && parts[2] == "svc" && (len(parts) == 3 || slices.Equal(parts[3:], []string{"cluster", "local"})) {
		return parts[1]
	}
	return ""
}

// Address returns the host as a CIDR range if it is an IP address; "" otherwise.
func (e Endpoint) Address() string {
	if address, err := netip.ParseAddr(e.Host); err == nil {
		return netip.PrefixFrom(address, address.BitLen()).String()
	}
	return ""
}

// validateS3 refuses settings of S3 that contradict each other or cannot work.
func (s Spec) validateS3(found *field.ErrorList, path *field.Path) {
	s3 := s.Storage.S3
	if s3 == (S3{}) {
		return
	}
	bad := func(key, format string, values ...any) {
		problems.Invalid(found, path.Child("storage", "s3", key), format, values...)
	}
	if !s.Model.InS3() {
		problems.Forbidden(found, path.Child("storage", "s3"), "is ignored, since model is %q; want an address such as s3://bucket/path, or remove storage.s3", s.Model.ID)
		return
	}
	if s3.RoleARN != "" {
		switch {
		case !roleARN.MatchString(s3.RoleARN):
			bad("roleArn", "is %q, want the ARN of a role, such as arn:aws:iam::111122223333:role/weights", s3.RoleARN)
		case s3.ExistingSecret != "":
			bad("roleArn", "cannot be combined with storage.s3.existingSecret, whose keys the AWS SDK takes first; remove one of the two")
		case s.Access.ServiceAccountName != "":
			bad("roleArn", "cannot be combined with serviceAccountName, whose roles are not this program's; remove one of the two")
		}
	}
	if s3.ExistingSecret != "" && !isObjectName(s3.ExistingSecret) {
		bad("existingSecret", "is not the name of a Secret; the keys themselves belong into a Secret of the namespace")
	}
	s3.validateEndpoint(bad)
	if s3.CIDR != "" {
		validateCIDR(found, path.Child("storage", "s3", "cidr"), s3.CIDR)
	}
}

func (s S3) validateEndpoint(bad func(key, format string, values ...any)) {
	if s.Endpoint == "" {
		if s.CIDR != "" {
			bad("cidr", "is ignored without storage.s3.endpoint; name the store, or remove it")
		}
		return
	}
	e, ok := s.StoreEndpoint()
	switch {
	case !ok:
		bad("endpoint", "is not the URL of a store; want a scheme, a host and a port, such as http://minio.storage.svc:9000")
	case s.ExistingSecret == "" && s.RoleARN == "":
		bad("existingSecret", "is missing; name a Secret with the keys %s and %s for %s", accessKeyVariable, secretKeyVariable, e.Host)
	case s.CIDR != "" && (e.Namespace() != "" || e.Address() != ""):
		bad("cidr", "is ignored, since storage.s3.endpoint says where the store is; remove it")
	}
}

// env returns the environment variables with the address of the store for the streamer
// and the AWS SDK. An S3-compatible store has no metadata service, and not a host for
// each bucket.
// https://github.com/run-ai/runai-model-streamer/blob/master/docs/src/env-vars.md
func (s S3) env() map[string]string {
	if s.Endpoint == "" {
		return nil
	}
	return map[string]string{
		endpointVariable: s.Endpoint, "RUNAI_STREAMER_S3_USE_VIRTUAL_ADDRESSING": "0", "AWS_EC2_METADATA_DISABLED": "true",
	}
}

// Variables of the AWS SDK.
// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
const (
	endpointVariable  = "AWS_ENDPOINT_URL"
	accessKeyVariable = "AWS_ACCESS_KEY_ID"
	secretKeyVariable = "AWS_SECRET_ACCESS_KEY"
)

// keys returns references to the credentials.
func (s S3) keys() (access, secret SecretRef) {
	if s.ExistingSecret == "" {
		return access, secret
	}
	return SecretRef{Name: s.ExistingSecret, Key: accessKeyVariable}, SecretRef{Name: s.ExistingSecret, Key: secretKeyVariable}
}
