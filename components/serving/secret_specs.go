package serving

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// secretArgs is a Secret with one key. It is immutable and has no name of its
// own: Pulumi names it after the resource with a random ending. Another value
// is therefore another Secret, created before the old one is deleted, and the
// pods that refer to it by name are rolled like for any other change. Nothing
// that could be guessed back to the value, such as a checksum, is written
// anywhere.
func secretArgs(s Spec, key string, value pulumi.StringPtrInput) *corev1.SecretArgs {
	text := value.ToStringPtrOutput().Elem()
	return &corev1.SecretArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Namespace: pulumi.String(s.Namespace),
			Labels:    labels(s.Name),
		},
		Type:       pulumi.String("Opaque"),
		Immutable:  pulumi.Bool(true),
		StringData: pulumi.StringMap{key: pulumi.ToSecret(text).(pulumi.StringOutput)},
	}
}

// secretKey is where a secret's value is found by the engine.
type secretKey struct {
	Name pulumi.StringPtrInput // the Secret's name
	Key  string                // the key within it
}

// credentials are the secrets that the engine reads from its environment; nil
// means that it has none.
type credentials struct {
	HuggingFaceToken *secretKey
	APIKey           *secretKey
}
