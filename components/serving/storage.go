package serving

import (
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing"
)

const s3Scheme = "s3://"

// inS3 tells whether the weights are streamed from S3.
func (m Model) inS3() bool { return strings.HasPrefix(m.ID, s3Scheme) }

// BucketFolder returns the bucket and the folder in S3 that the service reads
// with the role of its own ServiceAccount. It has neither where the weights come
// from elsewhere, or others give the credentials.
func (s Spec) BucketFolder() (bucket, folder string, ok bool) {
	own := s.Storage.S3.ExistingSecret == "" && s.Access.ServiceAccountName == ""
	if !s.Model.inS3() || !own || s.Storage.S3.Endpoint != "" && s.Storage.S3.RoleARN == "" {
		return "", "", false
	}
	bucket, folder, ok = strings.Cut(strings.TrimPrefix(s.Model.ID, s3Scheme), "/")
	return bucket, strings.TrimSuffix(folder, "/"), ok
}

// ServiceAccount returns the name of the pods' identity.
func (s Spec) ServiceAccount() string { return s.serviceAccount() }

// FirstName returns what the service was called first, which names its objects.
func (s Spec) FirstName() string { return s.objectName() }

// offline tells whether the engine asks nothing of Hugging Face.
func (s Spec) offline() bool { return s.Storage.Offline != nil && *s.Storage.Offline }

// local tells whether the weights are there without Hugging Face.
func (s Spec) local() bool { return s.Model.inS3() || s.Storage.Weights.Claim != "" }

// needsHub tells whether something comes from Hugging Face: the weights, or an
// adapter that is no path.
func (s Spec) needsHub() bool {
	for _, a := range s.LoRA.Adapters {
		if !strings.HasPrefix(a.Source, "/") {
			return true
		}
	}
	return !s.local()
}

// from is where an engine reads its weights, as sizing takes it.
func (s Spec) from() sizing.Storage {
	switch {
	case s.Model.inS3():
		return sizing.S3
	case s.Storage.Weights.Claim != "":
		return sizing.EBS // a network file system is not faster
	}
	return sizing.Hub
}

// compiled tells whether compiled code outlives the engines.
func (s Spec) compiled() bool { return s.cacheClaim() != "" }
