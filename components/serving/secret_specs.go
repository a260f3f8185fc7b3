package serving

import (
	"fmt"

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
func secretArgs(s Spec, key string, value pulumi.StringPtrInput, manager string) *corev1.SecretArgs {
	return &corev1.SecretArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Namespace:   pulumi.String(s.Namespace),
			Labels:      labels(s.Name),
			Annotations: managedBy(manager),
		},
		Type:       pulumi.String("Opaque"),
		Immutable:  pulumi.Bool(true),
		StringData: pulumi.StringMap{key: secretText(s.Name, key, value)},
	}
}

// secretText is a value that is known only when the program runs, such as the
// output of another. It must be there: vLLM takes an empty key for none, and
// answers everybody.
func secretText(service, key string, value pulumi.StringPtrInput) pulumi.StringOutput {
	text := value.ToStringPtrOutput().ApplyT(func(text *string) (string, error) {
		if text == nil || *text == "" {
			return "", fmt.Errorf("%s: the value for the Secret's %s is empty; give it a value, or leave the argument out to have none", service, key)
		}
		return *text, nil
	})
	return pulumi.ToSecret(text).(pulumi.StringOutput)
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
