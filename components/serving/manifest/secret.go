package manifest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Secret returns a Secret without its value, which only Pulumi knows. The Secret is
// immutable, and Pulumi generates its name from the resource's name and a random suffix.
// A new value therefore creates a new Secret before Pulumi deletes the old one, and rolls
// the pods that refer to it by name. No object holds a checksum of the value, from which
// the value could be guessed.
func Secret(s serving.Spec, manager string) *corev1.Secret {
	metadata := objectMeta(s, manager)
	metadata.Name = ""
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metadata,
		Type:       corev1.SecretTypeOpaque,
		Immutable:  new(true),
	}
}
