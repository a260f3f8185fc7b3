package release

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// recordComponent records a component with all possible parts.
func recordComponent(t *testing.T) map[string]stacktest.Resource {
	t.Helper()
	object := func(name string) Object {
		return Object{Type: "kubernetes:core/v1:Secret", Name: name, Inputs: pulumi.Map{"metadata": pulumi.Map{"namespace": pulumi.String("n")}}}
	}
	installed := func(name string) Chart {
		return Chart{Resource: name, Args: Args{Chart: versions.Chart{Name: name, Version: "1.2.3"}, Namespace: "n", Values: map[string]any{"auth": map[string]any{"user": "u"}}}}
	}
	first, second := installed("first"), installed("second")
	first.GivenNames = func(names Names) pulumi.Map { return pulumi.Map{"auth": pulumi.Map{"secret": names["secret"]}} }
	first.Confirm = []Object{object("confirmed")}
	second.Optional = true
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		c, err := NewComponent(ctx, "example", ComponentArgs{
			Type: "vllm-eks:example:Example", Namespaces: []chart.Namespace{{Name: "n", Level: chart.Restricted}}, Objects: []Object{object("secret")}, Charts: []Chart{first, second},
		})
		if err == nil && len(c.Ready()) != 2 {
			t.Errorf("others wait for %d resources, want the first chart and what confirms it", len(c.Ready()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]stacktest.Resource{}
	for _, r := range recording.Resources() {
		byName[r.Name] = r
	}
	return byName
}

func TestComponentDependencies(t *testing.T) {
	resources := recordComponent(t)
	for _, pair := range [][2]string{{"secret", "n"}, {"first", "secret"}, {"confirmed", "first"}, {"second", "confirmed"}} {
		before := resources[pair[1]]
		if want := before.Type + "::" + before.Name; !slices.Contains(resources[pair[0]].DependsOn, want) {
			t.Errorf("%s waits for %q, want also %s", pair[0], resources[pair[0]].DependsOn, want)
		}
	}
}

func TestGivenNamesAreMergedWithValues(t *testing.T) {
	values, _ := recordComponent(t)["first"].Inputs["values"].(map[string]any)
	auth, _ := values["auth"].(map[string]any)
	if auth["user"] != "u" || auth["secret"] != "secret-a1b2c3d" {
		t.Errorf("the values are %v, want those of the chart and the name of the Secret", values)
	}
}

// TestReleaseIsDeletedBeforeReplacement checks the order of a release that moves to
// another namespace: Helm refuses cluster-wide objects of a release that still exists.
func TestReleaseIsDeletedBeforeReplacement(t *testing.T) {
	if !recordComponent(t)["first"].DeleteBeforeReplace {
		t.Error("a release is created before the one that it replaces is deleted")
	}
}
