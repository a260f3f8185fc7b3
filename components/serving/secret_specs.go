package serving

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// secret is a Secret without its value, which only Pulumi knows (secretText). It
// is immutable and has no name of its own: Pulumi names it after the resource
// with a random ending. Another value is therefore another Secret, created
// before the old one is deleted, and the pods that refer to it by name are
// rolled like for any other change. Nothing that could be guessed back to the
// value, such as a checksum, is written anywhere.
func secret(s Spec, manager string) *corev1.Secret {
	metadata := objectMeta(s, manager)
	metadata.Name = ""
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metadata,
		Type:       corev1.SecretTypeOpaque,
		Immutable:  new(true),
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
