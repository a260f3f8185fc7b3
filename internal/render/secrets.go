package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Sources of the values of Secrets.
const (
	// Existing means that the user creates the Secrets.
	Existing = "existing"
	// External means that External Secrets Operator creates the Secrets from a store.
	External = "external"
)

// Kinds of External Secrets' stores, of a namespace and of a cluster.
const (
	SecretStore        = "SecretStore"
	ClusterSecretStore = "ClusterSecretStore"
)

// Secrets is where the values of Secrets come from that the stack has as encrypted values.
// Secrets that a model names itself exist.
type Secrets struct {
	// From is Existing or External. Default: Existing.
	From string
	// Store is the name of the store, and Kind its kind. Default: none; SecretStore.
	Store, Kind string
	// Path is the beginning of the names of the values in the store, before a slash and the
	// key of the stack, such as huggingFaceToken. Default: vllm-eks/<stack>.
	Path string
}

// Validate returns the problems, each beginning with its flag.
func (s Secrets) Validate() []error {
	var errs []error
	add := func(format string, values ...any) { errs = append(errs, fmt.Errorf(format, values...)) }
	external := s.From == External
	if !slices.Contains([]string{"", Existing, External}, s.From) {
		add("--secrets: is %q, want %s or %s", s.From, Existing, External)
		return errs
	}
	for flag, value := range map[string]string{"--secret-store": s.Store, "--secret-store-kind": s.Kind, "--secret-path": s.Path} {
		if !external && value != "" {
			add("%s: is ignored without --secrets %s; remove it, or set that", flag, External)
		}
	}
	switch {
	case !external:
	case s.Store == "":
		add("--secret-store: is missing; name the store of External Secrets that has the values")
	case len(validation.IsDNS1123Subdomain(s.Store)) > 0:
		add("--secret-store: is %q, want the name of a store", s.Store)
	}
	if external && !slices.Contains([]string{"", SecretStore, ClusterSecretStore}, s.Kind) {
		add("--secret-store-kind: is %q, want %s or %s", s.Kind, SecretStore, ClusterSecretStore)
	}
	if strings.HasSuffix(s.Path, "/") {
		add("--secret-path: is %q, want it without the slash at its end", s.Path)
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errs
}

// reference is a Secret of a model that has an encrypted value of the stack.
type reference struct {
	// value is the key of the stack that has the value; suffix follows the model's name in
	// the name of the Secret, and key is the key within the Secret.
	value, suffix, key string
	ref                func(*serving.Spec) *serving.SecretRef
}

// references returns the Secrets that the model needs for the encrypted values of the stack.
// A model that names a Secret needs none.
func (s *Stack) references(m serving.Spec) []reference {
	var list []reference
	if s.Config.HuggingFaceToken != nil && m.Access.HuggingFaceToken.Name == "" {
		list = append(list, reference{"huggingFaceToken", "-huggingface", serving.TokenKey,
			func(m *serving.Spec) *serving.SecretRef { return &m.Access.HuggingFaceToken }})
	}
	if s.Config.APIKey != nil && m.Access.APIKey.Name == "" {
		list = append(list, reference{"apiKey", "-api-key", serving.APIKeyKey,
			func(m *serving.Spec) *serving.SecretRef { return &m.Access.APIKey }})
	}
	return list
}

// withSecrets returns the model with the names of its Secrets. They are the names that Pulumi
// gives, without the random ending.
func (s *Stack) withSecrets(m serving.Spec) serving.Spec {
	for _, r := range s.references(m) {
		ref := r.ref(&m)
		*ref = serving.SecretRef{Name: m.ObjectName() + r.suffix, Key: cmp.Or(ref.Key, r.key)}
	}
	return m
}

// objects returns the ExternalSecrets of a model; none if its Secrets exist.
// The fields are those of external-secrets.io/v1 (config/crds/bases/external-secrets.io_externalsecrets.yaml of
// github.com/external-secrets/external-secrets at cc5bfbc2234a of 2026-08-08).
func (s Secrets) objects(stack *Stack, rendered serving.Spec) []Object {
	if s.From != External {
		return nil
	}
	i := slices.IndexFunc(stack.Config.Models, func(m serving.Spec) bool { return m.Name == rendered.Name })
	var list []Object
	for _, r := range stack.references(stack.Config.Models[i]) {
		ref := *r.ref(&rendered)
		labels := map[string]any{}
		for key, value := range rendered.AllLabels() {
			labels[key] = value
		}
		list = append(list, Object{File: "externalsecret" + r.suffix, Tree: map[string]any{
			"apiVersion": "external-secrets.io/v1",
			"kind":       "ExternalSecret",
			"metadata":   map[string]any{"name": ref.Name, "namespace": rendered.Namespace, "labels": labels},
			"spec": map[string]any{
				"refreshInterval": "1h",
				"secretStoreRef":  map[string]any{"name": s.Store, "kind": cmp.Or(s.Kind, SecretStore)},
				"target":          map[string]any{"name": ref.Name, "creationPolicy": "Owner"},
				"data": []any{map[string]any{
					"secretKey": ref.Key,
					"remoteRef": map[string]any{"key": cmp.Or(s.Path, "vllm-eks/"+stack.Name) + "/" + r.value},
				}},
			},
		}})
	}
	return list
}
