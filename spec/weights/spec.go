// Package weights declares the AWS roles of models that read their weights in S3.
package weights

import (
	"crypto/sha256"
	"encoding/hex"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Spec are the models that read weights from S3.
type Spec struct {
	// Readers have one role each. Default: none.
	Readers []Reader
}

// Reader is one model, which reads one folder of a bucket.
type Reader struct {
	// Model is the model's name. ID names its resources, and stays the same when the
	// model is renamed. Both are required.
	Model, ID string
	// Namespace and ServiceAccount are the identity of its pods. Required.
	Namespace, ServiceAccount string
	// Bucket and Folder are what it reads. Required.
	Bucket, Folder string
	// RoleARN is a role that exists and that the ServiceAccount gets. Default: none,
	// so that one is created, which may read Folder.
	RoleARN string
}

// WithDefaults returns the spec as it is: nothing has a default.
func (s Spec) WithDefaults() Spec { return s }

// Validate returns every problem of the spec, each beginning with its key under
// path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	var found field.ErrorList
	for _, r := range s.Readers {
		if r.Model == "" || r.ID == "" || r.Namespace == "" || r.ServiceAccount == "" || r.Bucket == "" || r.Folder == "" {
			problems.Invalid(&found, path.Child(r.Model), "is incomplete; want the model's names, its namespace and ServiceAccount, a bucket and a folder")
		}
	}
	return found
}

// longestID is how long a name may be of which IAM makes the name of a role, 64
// characters at most, with the component's and 8 characters of Pulumi's.
const longestID = 44

// Resource returns the name of a reader's resources.
func (r Reader) Resource(component string) string {
	id := r.ID
	if len(id) > longestID {
		sum := sha256.Sum256([]byte(id))
		const digits = 8
		id = id[:longestID-digits-1] + "-" + hex.EncodeToString(sum[:])[:digits]
	}
	return component + "-" + id
}
