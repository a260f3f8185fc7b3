package manifest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Secret is a Secret without its value, which only Pulumi knows (secretText). It
// is immutable and has no name of its own: Pulumi names it after the resource
// with a random ending. Another value is therefore another Secret, created
// before the old one is deleted, and the pods that refer to it by name are
// rolled like for any other change. Nothing that could be guessed back to the
// value, such as a checksum, is written anywhere.
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
