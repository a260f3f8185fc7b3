package serving_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// TestSecretsStaySecret checks that neither a recording nor an error has the value of a
// secret input in clear.
func TestSecretsStaySecret(t *testing.T) {
	plain, secret := recorded(t, everyInput(asPlain())), recorded(t, everyInput(asSecret()))
	for kind, text := range secret {
		for _, value := range []string{"inference", "reader", "keys", "compiled", "templates", "adapters", "10.0.32.0/20", "subnet-b", "kps-prometheus", "certificate/abc"} {
			if strings.Contains(text, `"`+value) || strings.Contains(text, value+`"`) {
				t.Errorf("%s has %q in clear", kind, value)
			}
		}
		if strings.Contains(plain[kind], "namespace") && !strings.Contains(text, stacktest.Redacted) {
			t.Errorf("%s has no secret", kind)
		}
	}
	args := everyInput(asSecret())
	args.Namespace = pulumi.ToSecret(pulumi.String("Hidden_Name")).(pulumi.StringOutput)
	_, err := record(args)
	problemstest.Check(t, err, []string{"chat.namespace: invalid"}, []string{`chat.namespace: is "[secret]"`})
	if err != nil && strings.Contains(err.Error(), "Hidden") {
		t.Errorf("the error repeats a secret: %v", err)
	}
}

// TestValuesBecomeSecrets checks that the component stores values in Secrets, and that
// the pods refer to these Secrets.
func TestValuesBecomeSecrets(t *testing.T) {
	recording, err := record(serving.VLLMServiceArgs{
		Name: "chat", Namespace: asOutput().text("inference"), Model: "org/m",
		APIKey: &serving.SecretRefArgs{Value: asOutput().text("sk-canary"), Key: "chat"}, HuggingFaceToken: &serving.SecretRefArgs{Value: pulumi.String("hf-canary")},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := recording.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "canary") {
		t.Error("a secret is recorded in clear")
	}
	for _, want := range []string{`"name": "chat-api-key-a1b2c3d"`, `"name": "chat-huggingface-a1b2c3d"`, `"chat": "[secret]"`, `"token": "[secret]"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not recorded", want)
		}
	}
}

// TestObjectsWait checks that the objects wait for the resources that the component
// depends on, and for the resources that produce its inputs.
func TestObjectsWait(t *testing.T) {
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		namespaces, err := serving.NewNamespaces(ctx, "namespaces", serving.NamespacesArgs{Namespaces: []serving.NamespaceArgs{{Name: "inference"}}})
		if err != nil {
			return err
		}
		_, err = serving.NewVLLMService(ctx, "chat", serving.VLLMServiceArgs{Name: "chat", Namespace: pulumi.String("inference"), Model: "org/m"},
			pulumi.DependsOn(namespaces.Ready()), pulumi.DependsOnInputs(pulumi.NewResourceArrayOutput(pulumi.NewResourceOutput(namespaces))))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recording.Resources() {
		if r.Parent == "vllm-eks:serving:VLLMService::chat" && !slices.Contains(r.DependsOn, "kubernetes:core/v1:Namespace::inference") {
			t.Errorf("%s waits for %q", r.Type, r.DependsOn)
		}
	}
}
