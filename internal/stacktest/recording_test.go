package stacktest

import (
	"errors"
	"slices"
	"testing"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestRecordKeepsNoSecret checks the property that every test for secrets in plain text
// needs.
func TestRecordKeepsNoSecret(t *testing.T) {
	recording, err := Record("test", func(ctx *pulumi.Context) error {
		_, err := corev1.NewSecret(ctx, "s", &corev1.SecretArgs{
			Metadata:   &metav1.ObjectMetaArgs{Namespace: pulumi.ToSecret(pulumi.String("canary")).(pulumi.StringOutput)},
			StringData: pulumi.StringMap{"key": pulumi.String("canary")},
		})
		if err != nil {
			return err
		}
		return errors.New("recorded also when the program fails")
	})
	if err == nil {
		t.Fatal("the program's error is lost")
	}
	got, err := recording.JSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "type": "kubernetes:core/v1:Secret",
    "name": "s",
    "parent": "pulumi:pulumi:Stack::vllm-eks-test",
    "inputs": {
      "apiVersion": "v1",
      "kind": "Secret",
      "metadata": {
        "namespace": "[secret]"
      },
      "stringData": {
        "key": "[secret]"
      }
    }
  }
]
`
	if string(got) != want {
		t.Errorf("recorded %s, want %s", got, want)
	}
}

func TestParseConfigFindsNestedSecrets(t *testing.T) {
	c, err := ParseConfig("config:\n  p:plain: 1\n  p:deep: {a: [{b: {secure: canary}}]}\n")
	if err != nil {
		t.Fatal(err)
	}
	if c.Values["p:deep"] != `{"a":[{"b":"canary"}]}` || c.Values["p:plain"] != "1" {
		t.Errorf("the values are %q", c.Values)
	}
	if !slices.Equal(c.Secret, []string{"p:deep"}) {
		t.Errorf("the secret keys are %q, want p:deep", c.Secret)
	}
}
