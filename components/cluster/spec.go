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
	// Context is the kubeconfig context to use, by which the stack also tells
	// clusters apart: naming another one moves everything there. Required, since
	// the current context is a setting of a shell and not of a stack.
	Context string
	// Kubeconfig is the path of a kubeconfig file. Default: the environment
	// variable KUBECONFIG, then ~/.kube/config.
	Kubeconfig string
}

// WithDefaults returns the spec as it is: nothing of a cluster is made up.
func (s Spec) WithDefaults() Spec { return s }

// Validate returns every problem of the spec, each beginning with its key
// under path.
func (s Spec) Validate(path string) error {
	var found problems.List
	if s.Existing == nil {
		found.Addf(path+".existing", "is missing; name the cluster to deploy to: existing: {context: <one of those that this lists: kubectl config get-contexts>}")
		return found.Err()
	}
	// The contents of a kubeconfig hold credentials, so they are not repeated.
	if k := s.Existing.Kubeconfig; strings.ContainsAny(k, "\n{") {
		found.Addf(path+".existing.kubeconfig", "is the contents of a kubeconfig, which hold credentials; want the path of the file")
	}
	switch c := s.Existing.Context; {
	case c == "":
		found.Addf(path+".existing.context", "is missing; name one of the contexts that this lists: kubectl config get-contexts")
	case strings.TrimSpace(c) != c:
		found.Addf(path+".existing.context", "is %q, want the name of a context without spaces around it", c)
	}
	return found.Err()
}
