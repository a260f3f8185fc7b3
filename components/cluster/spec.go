// Package cluster is the Kubernetes cluster that everything else runs on.
package cluster

import (
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Spec says which cluster is used.
type Spec struct {
	// Existing is a cluster that is already there.
	Existing *Existing
}

// Existing names a cluster that the user brings.
type Existing struct {
	// Kubeconfig is the path of a kubeconfig file. Default: the environment
	// variable KUBECONFIG, then ~/.kube/config.
	Kubeconfig string
	// Context is the kubeconfig context to use. Default: its current context.
	Context string
}

// WithDefaults returns the spec as it is: each default of an existing cluster
// is what its kubeconfig says.
func (s Spec) WithDefaults() Spec { return s }

// Validate returns every problem of the spec, each beginning with its key
// under path.
func (s Spec) Validate(path string) error {
	var found problems.List
	if s.Existing == nil {
		found.Addf(path+".existing", "is missing; name the cluster to deploy to: existing: {context: <a context of your kubeconfig>}")
		return found.Err()
	}
	// The contents of a kubeconfig hold credentials, so they are not repeated.
	if k := s.Existing.Kubeconfig; strings.ContainsAny(k, "\n{") {
		found.Addf(path+".existing.kubeconfig", "is the contents of a kubeconfig, which hold credentials; want the path of the file")
	}
	if c := s.Existing.Context; strings.TrimSpace(c) != c {
		found.Addf(path+".existing.context", "is %q, want the name of a context without spaces around it", c)
	}
	return found.Err()
}
