package plugin

import (
	"context"
	"os"
	"strings"
	"testing"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// TestNewServesTheSchema holds that the provider answers with its schema, and checks
// inputs against it.
func TestNewServesTheSchema(t *testing.T) {
	text, err := os.ReadFile("../schema.json")
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(string(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.GetSchema(context.Background(), provider.GetSchemaRequest{})
	if err != nil || got.Schema != string(text) {
		t.Errorf("the schema has %d bytes, want %d: %v", len(got.Schema), len(text), err)
	}
	_, err = p.Construct(context.Background(), provider.ConstructRequest{
		Urn:    resource.URN("urn:pulumi:dev::project::vllm-eks:serving:VLLMService::chat"),
		Inputs: property.NewMap(map[string]property.Value{"gpu": newMap(values{"kount": property.New(1.0)}), "modell": property.New("org/m")}),
	})
	if err == nil || err.Error() != "chat.gpu.kount: is an unknown key; did you mean count?\nchat.modell: is an unknown key; did you mean model?" {
		t.Errorf("the error is %v", err)
	}
	if _, err := New("{"); err == nil || !strings.Contains(err.Error(), "schema.json") {
		t.Errorf("a broken schema: %v", err)
	}
}

// TestProblemsOfOutputsAreTheError holds that a plug-in reports the problems of all
// outputs, and nothing that fails because of them.
func TestProblemsOfOutputsAreTheError(t *testing.T) {
	output := func(text string) pulumi.StringPtrInput {
		return pulumi.String(text).ToStringOutput().ToStringPtrOutput()
	}
	var problem error
	_, _ = stacktest.Record("test", func(ctx *pulumi.Context) error {
		_, problem = newVLLMService(ctx, "chat", serving.VLLMServiceArgs{
			Name: "chat", Model: "org/m", Namespace: output("Not_A_Namespace"), ServiceAccountName: output("Not_A_Name"), APIKey: &serving.SecretRefArgs{Value: output("")},
		})
		return problem
	}) // its error repeats the problem
	if problem == nil {
		t.Fatal("the service is accepted")
	}
	lines := strings.Split(problem.Error(), "\n")
	for i, want := range []string{"chat.namespace: is \"Not_A_Namespace\"", "chat.serviceAccountName: is \"Not_A_Name\"", "chat.apiKey.value: is empty"} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("problem %d of %q, want %s", i, lines, want)
		}
	}
	if len(lines) != 3 {
		t.Errorf("%d problems, want 3: %q", len(lines), lines)
	}
}
