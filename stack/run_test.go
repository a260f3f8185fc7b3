package stack

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
)

// updated records a stack with the outputs of its last update, which Deploy reads.
type updated struct {
	*stacktest.Recording
	outputs map[string]any // of the last update
	reads   int
}

// NewResource answers with the outputs of the last update.
func (u *updated) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.TypeToken != "pulumi:pulumi:StackReference" {
		return u.Recording.NewResource(args)
	}
	u.reads++
	return args.ID, resource.NewPropertyMapFromMap(map[string]any{"name": args.Name, "outputs": u.outputs}), nil
}

// recordUpdate records a program on a stack that was updated before.
func recordUpdate(t *testing.T, name string, outputs map[string]any, program pulumi.RunFunc, options ...pulumi.RunOption) ([]stacktest.Resource, error) {
	t.Helper()
	u := &updated{Recording: &stacktest.Recording{}, outputs: outputs}
	err := pulumi.RunErr(program, append([]pulumi.RunOption{pulumi.WithMocks(stacktest.Project, name, u)}, options...)...)
	if u.reads != 1 {
		t.Errorf("the outputs of the last update are read %d times, want once", u.reads)
	}
	return u.Resources(), err
}

// deployment returns Deploy as a program that the Pulumi CLI starts, with the option that
// passes its configuration.
func deployment() (pulumi.RunFunc, pulumi.RunOption) {
	source := config.Source{Now: today, Locate: func(cluster.Existing, *field.Path) (cluster.Location, error) { return cluster.Location{}, nil }}
	return func(ctx *pulumi.Context) error { return Deploy(ctx, &source) }, source.Capture
}

// inlineDeployment returns Inline on the day of the tests.
func inlineDeployment(c stacktest.Config) pulumi.RunFunc {
	configuration := auto.ConfigMap{}
	for key, value := range c.Values {
		configuration[key] = auto.ConfigValue{Value: value, Secret: slices.Contains(c.Secret, key)}
	}
	return func(ctx *pulumi.Context) error {
		source := captured(ctx, configuration)
		source.Now = today
		return Deploy(ctx, source)
	}
}

// TestDeployAndInlineRegisterTheStack compares Deploy and Inline with the program of
// main.go. An inline program has only the configuration of its argument.
func TestDeployAndInlineRegisterTheStack(t *testing.T) {
	for _, name := range []string{"dev", "prod"} {
		c := stackFile(t, name)
		want := mustRecord(t, name, c).Resources()
		program, capture := deployment()
		for function, run := range map[string]func() ([]stacktest.Resource, error){
			"Deploy": func() ([]stacktest.Resource, error) { return recordUpdate(t, name, nil, program, c.Option, capture) },
			"Inline": func() ([]stacktest.Resource, error) { return recordUpdate(t, name, nil, inlineDeployment(c)) },
		} {
			t.Run(function+" of "+name, func(t *testing.T) {
				got, err := run()
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%d resources are registered, want the %d of the stack", len(got), len(want))
				}
			})
		}
	}
}

// TestDeployComparesWithTheLastUpdate checks that Deploy reads the outputs of the last
// update: a model that loses its first name would lose its replicas.
func TestDeployComparesWithTheLastUpdate(t *testing.T) {
	c := mustParse(t, "config:\n"+validCluster+"  vllm-eks:models: [{name: second, model: org/m}]")
	program, capture := deployment()
	outputs := map[string]any{config.DeployedOutput: `{"models": {"second": {"namespace": "inference", "objects": "first"}}}`}
	_, err := recordUpdate(t, "test", outputs, program, c.Option, capture)
	if want := "models[0].previousNames: is [], but the objects of second have its first name, first"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestInlineRefusesAKeyThatDoesNotExist checks that an inline program validates the whole
// configuration before it registers anything.
func TestInlineRefusesAKeyThatDoesNotExist(t *testing.T) {
	resources, err := recordUpdate(t, "test", nil, Inline(auto.ConfigMap{
		"aws:region": {Value: "us-west-2"}, "vllm-eks:modles": {Value: "[]"}, "vllm-eks:apiKey": {Value: canary},
		"vllm-eks:huggingFaceToken": {Value: canary, Secret: true},
	}))
	if err == nil {
		t.Fatal("the configuration was accepted")
	}
	for _, want := range []string{"modles: is an unknown key", "apiKey: is stored unencrypted"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("refused with %v, want %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "huggingFaceToken") {
		t.Errorf("the encrypted token is refused: %v", err)
	}
	if strings.Contains(err.Error(), canary) || len(resources) > 0 {
		t.Errorf("%d resources are registered, want none, and a message without the secret: %v", len(resources), err)
	}
}
