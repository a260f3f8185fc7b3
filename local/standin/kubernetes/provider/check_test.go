package provider

import (
	"encoding/json"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

func TestCheckRefuses(t *testing.T) {
	tests := []struct {
		name, kind, inputs, property, reason string
	}{
		{"another kind", "core/v1:ConfigMap", `{"kind":"Secret"}`, "kind", `"ConfigMap"`},
		{"another version", "apps/v1:Deployment", `{"apiVersion":"apps/v1beta1"}`, "apiVersion", `"apps/v1"`},
		{"an unknown kind", "apps/v1:Deploymint", `{}`, "kind", "serves no kind Deploymint"},
		{"a patch", "core/v1:ConfigMapPatch", `{"kind":"ConfigMap"}`, "kind", "real Kubernetes plugin"},
		{"a list", "core/v1:ConfigMapList", `{}`, "kind", "register its items"},
		{"generateName", "core/v1:ConfigMap", `{"metadata":{"generateName":"x-"}}`, "metadata.generateName", "leave the name out"},
		{"metadata as text", "core/v1:ConfigMap", `{"metadata":"x"}`, "metadata", "object"},
		{"a namespace for a cluster-wide kind", "core/v1:Namespace", `{"metadata":{"name":"a","namespace":"b"}}`, "metadata.namespace", "not part of any namespace"},
		{"a timeout that is none", "core/v1:ConfigMap", `{"metadata":{"annotations":{"pulumi.com/timeoutSeconds":"soon"}}}`, "metadata.annotations", "soon"},
		{"a deletion policy that is none", "core/v1:ConfigMap", `{"metadata":{"annotations":{"pulumi.com/deletionPropagationPolicy":"never"}}}`, "metadata.annotations", "never"},
	}
	s := start(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			response, err := s.client.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn(test.kind), News: wire(t, test.inputs)})
			if err != nil {
				t.Fatal(err)
			}
			if len(response.GetFailures()) != 1 {
				t.Fatalf("got the failures %v, want one", response.GetFailures())
			}
			failure := response.GetFailures()[0]
			if failure.GetProperty() != test.property || !strings.Contains(failure.GetReason(), test.reason) {
				t.Errorf("got %s: %s", failure.GetProperty(), failure.GetReason())
			}
		})
	}
}

func TestCheckRefusesWhatOnlyTheRealPluginCan(t *testing.T) {
	s := start(t)
	for _, kind := range []string{"helm.sh/v3:Release", "yaml/v2:ConfigFile", "kustomize/v2:Directory"} {
		_, err := s.client.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn(kind), News: wire(t, `{}`)})
		if err == nil || !strings.Contains(err.Error(), "needs the real Kubernetes plugin") {
			t.Errorf("%s: got %v", kind, err)
		}
	}
	if _, err := s.client.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "kubernetes:helm:template"}); err == nil ||
		!strings.Contains(err.Error(), "kubernetes:helm:template needs the real") {
		t.Errorf("Invoke: got %v", err)
	}
}

// TestSchemaHasTheProvider holds what programs in YAML are told of the provider.
func TestSchemaHasTheProvider(t *testing.T) {
	response, err := start(t).client.GetSchema(t.Context(), &pulumirpc.GetSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Name     string
		Provider struct {
			InputProperties map[string]struct{ Type string }
		}
	}
	if err := json.Unmarshal([]byte(response.GetSchema()), &schema); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"context": "string", "enableServerSideApply": "boolean", "version": ""} {
		if got := schema.Provider.InputProperties[name].Type; got != want {
			t.Errorf("%s is of the type %q, want %q", name, got, want)
		}
	}
	if schema.Name != "kubernetes" {
		t.Errorf("the name is %q", schema.Name)
	}
}

func TestCheckCompletesTheInputs(t *testing.T) {
	s := start(t)
	response, err := s.client.Check(t.Context(), &pulumirpc.CheckRequest{
		Urn: urn("core/v1:Secret"), News: wire(t, `{"stringData":{"token":"canary"}}`), RandomSeed: []byte("seed"),
	})
	if err != nil || len(response.GetFailures()) != 0 {
		t.Fatalf("got %v, %v", response.GetFailures(), err)
	}
	inputs := read(t, response.GetInputs())
	name := object.GetString(inputs, "metadata", "name")
	if !strings.HasPrefix(name, "thing-") || len(name) != len("thing-")+suffixLength {
		t.Errorf("the name is %q", name)
	}
	if got := object.GetString(inputs, "metadata", "annotations", autonamed); got != "true" {
		t.Errorf("the annotation is %q", got)
	}
	if got := object.GetString(inputs, "metadata", "namespace"); got != "default" {
		t.Errorf("the namespace is %q", got)
	}
	if got := object.GetString(inputs, "apiVersion") + "/" + object.GetString(inputs, "kind"); got != "v1/Secret" {
		t.Errorf("the kind is %q", got)
	}
	if !inputs["data"].IsSecret() || object.GetString(inputs, "data", "token") != "Y2FuYXJ5" {
		t.Errorf("data is %v", inputs["data"])
	}

	again, err := s.client.Check(t.Context(), &pulumirpc.CheckRequest{
		Urn: urn("core/v1:Secret"), News: wire(t, `{"stringData":{"token":"canary"}}`), Olds: response.GetInputs(), RandomSeed: []byte("other"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := object.GetString(read(t, again.GetInputs()), "metadata", "name"); got != name {
		t.Errorf("the automatic name changed from %q to %q", name, got)
	}
}

func TestCheckNaming(t *testing.T) {
	s := start(t)
	check := func(naming *pulumirpc.CheckRequest_AutonamingOptions) *pulumirpc.CheckResponse {
		response, err := s.client.Check(t.Context(), &pulumirpc.CheckRequest{
			Urn: urn("core/v1:ConfigMap"), News: wire(t, `{}`), Autonaming: naming,
		})
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	enforced := check(&pulumirpc.CheckRequest_AutonamingOptions{Mode: pulumirpc.CheckRequest_AutonamingOptions_ENFORCE, ProposedName: "wanted"})
	if got := object.GetString(read(t, enforced.GetInputs()), "metadata", "name"); got != "wanted" {
		t.Errorf("the name is %q", got)
	}
	disabled := check(&pulumirpc.CheckRequest_AutonamingOptions{Mode: pulumirpc.CheckRequest_AutonamingOptions_DISABLE})
	if len(disabled.GetFailures()) != 1 || disabled.GetFailures()[0].GetProperty() != "metadata.name" {
		t.Errorf("got %v", disabled.GetFailures())
	}
}

// A kind may be defined by the very program that uses it.
func TestCheckOfAKindThatTheProgramDefines(t *testing.T) {
	s := start(t)
	definition := `{"metadata":{"name":"things.example.com"},"spec":{"group":"example.com","scope":"Cluster","names":{"kind":"Thing"}}}`
	if _, err := s.client.Check(t.Context(), &pulumirpc.CheckRequest{
		Urn: urn("apiextensions.k8s.io/v1:CustomResourceDefinition"), News: wire(t, definition),
	}); err != nil {
		t.Fatal(err)
	}
	response, err := s.client.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn("example.com/v1:Thing"), News: wire(t, `{}`)})
	if err != nil || len(response.GetFailures()) != 0 {
		t.Fatalf("got %v, %v", response.GetFailures(), err)
	}
	if got := object.GetString(read(t, response.GetInputs()), "metadata", "namespace"); got != "" {
		t.Errorf("a cluster-wide object got the namespace %q", got)
	}
	preview, err := s.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("example.com/v1:Thing"), Properties: response.GetInputs(), Preview: true})
	if err != nil || preview.GetProperties().GetFields()["kind"].GetStringValue() != "Thing" {
		t.Errorf("its preview: %v, %v", preview, err)
	}
}
