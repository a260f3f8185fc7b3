// Package weights declares the AWS roles of models that read their weights from S3.
package weights

import (
	"crypto/sha256"
	"encoding/hex"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Spec holds the models that read weights from S3.
type Spec struct {
	// Readers have one role each. Default: none.
	Readers []Reader
}

// Reader is a model that reads a folder of a bucket.
type Reader struct {
	// Model is the model's name. ID is part of the names of its resources, and does not
	// change when the model is renamed. Both are required.
	Model, ID string
	// Namespace and ServiceAccount are the identity of its pods. Required.
	Namespace, ServiceAccount string
	// Bucket and Folder hold the weights. Required.
	Bucket, Folder string
	// RoleARN is an existing role that the ServiceAccount gets. Default: a role is
	// created that may read Folder.
	RoleARN string
}

// WithDefaults returns the spec unchanged, because no field has a default.
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

// longestID is the length of the longest ID. The name of a role has at most 64
// characters: the component's name, the ID and 8 characters from Pulumi.
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
