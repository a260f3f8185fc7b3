package serving_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

// TestWhatWaitsForAService checks that a client of a service with two addresses waits for
// both.
func TestWhatWaitsForAService(t *testing.T) {
	spec := servingspec.Spec{Name: "chat", PreviousNames: []string{"llama"}, Namespace: "inference", Model: servingspec.Model{ID: "org/m"}}
	got := waitsFor(t, func(ctx *pulumi.Context) ([]pulumi.Resource, error) {
		service, err := serving.NewVLLMServiceFromSpec(ctx, spec.ResourceName(), serving.SpecArgs{Spec: spec})
		if err != nil {
			return nil, err
		}
		return service.Ready(), nil
	})
	if want := []string{"kubernetes:core/v1:Service::@chat.inference", "kubernetes:core/v1:Service::@llama.inference"}; !slices.Equal(got, want) {
		t.Errorf("it waits for %q, want %q", got, want)
	}
}

// TestWhatWaitsForNamespaces checks that a client waits for the created namespaces that
// it names.
func TestWhatWaitsForNamespaces(t *testing.T) {
	args := serving.NamespaceSpecsArgs{Specs: []servingspec.NamespaceSpec{{Name: "b"}, {Name: "a"}, {Name: "theirs", Existing: true, Known: true}}}
	const created = "kubernetes:core/v1:Namespace::"
	tests := []struct {
		name  string
		ready func(*serving.Namespaces) []pulumi.Resource
		want  []string
	}{
		{"every namespace", (*serving.Namespaces).Ready, []string{created + "a", created + "b"}},
		{"one namespace and an existing one", func(n *serving.Namespaces) []pulumi.Resource { return n.ReadyFor("b", "theirs") }, []string{created + "b"}},
		{"none", func(n *serving.Namespaces) []pulumi.Resource { return n.ReadyFor() }, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := waitsFor(t, func(ctx *pulumi.Context) ([]pulumi.Resource, error) {
				namespaces, err := serving.NewNamespacesFromSpecs(ctx, "namespaces", args)
				if err != nil {
					return nil, err
				}
				return test.ready(namespaces), nil
			})
			if !slices.Equal(got, test.want) {
				t.Errorf("it waits for %q, want %q", got, test.want)
			}
		})
	}
}

// waitsFor returns the resources that a client waits for, sorted.
func waitsFor(t *testing.T, register func(*pulumi.Context) ([]pulumi.Resource, error)) []string {
	t.Helper()
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		ready, err := register(ctx)
		if err != nil {
			return err
		}
		var client pulumi.CustomResourceState
		return ctx.RegisterResource("test:index:Client", "last", pulumi.Map{}, &client, pulumi.DependsOn(ready))
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recording.Resources() {
		if r.Name == "last" {
			slices.Sort(r.DependsOn)
			return r.DependsOn
		}
	}
	t.Fatal("the resource that waits was not registered")
	return nil
}
