// Package config decodes a stack's configuration strictly by the declarations of its
// keys, completes it with defaults, and then checks it, also combinations of components.
// No other package reads Pulumi's configuration.
package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/spec/cluster"
)

// Namespace is the prefix of every key of this program, independent of the name of the
// project that uses it.
const Namespace = "vllm-eks"

// Source is the stack's configuration as Pulumi passes it to a program. A *pulumi.Context
// returns only values of known keys, but the program must refuse unknown keys, so it
// needs the whole configuration.
type Source struct {
	// Now is the time with which end dates are compared. Default: the time when the
	// program runs.
	Now time.Time
	// Locate finds an existing cluster in the kubeconfig. Default: the cluster is not
	// searched and not checked.
	Locate func(e cluster.Existing, path *field.Path) (cluster.Location, error)
	// Deployed is the record of the last update. Default: not known.
	Deployed Deployed

	values         map[string]string
	secret         []string
	project, stack string
}

// Capture sets the fields of the source. It can be used as a pulumi.RunOption.
func (s *Source) Capture(info *pulumi.RunInfo) {
	if s == nil || info == nil {
		return
	}
	s.values = info.Config
	s.secret = info.ConfigSecretKeys
	s.project, s.stack = info.Project, info.Stack
}

// keys returns the keys of this program, sorted and without their namespace.
func (s *Source) keys() []string {
	var keys []string
	for full := range maps.Keys(s.values) {
		if key, matches := strings.CutPrefix(full, Namespace+":"); matches {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// value returns the text of a key.
func (s *Source) value(key string) (string, bool) {
	v, ok := s.values[Namespace+":"+key]
	return v, ok
}

// isSecret reports whether any part of the key's value is encrypted.
func (s *Source) isSecret(key string) bool {
	return slices.Contains(s.secret, Namespace+":"+key)
}

// awsKeys returns the keys of the AWS provider that the stack sets, sorted and without
// their namespace.
func (s *Source) awsKeys() []string {
	var keys []string
	for full := range maps.Keys(s.values) {
		if key, aws := strings.CutPrefix(full, "aws:"); aws {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// now returns the time at which the stack is evaluated.
func (s *Source) now() time.Time {
	if s.Now.IsZero() {
		return time.Now()
	}
	return s.Now
}
