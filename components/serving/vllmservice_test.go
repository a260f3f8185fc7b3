package serving_test

import (
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

// TestOutputs checks the outputs that a stack exports for a model.
func TestOutputs(t *testing.T) {
	tests := []struct {
		name   string
		apiKey pulumi.StringPtrInput
		secret string
	}{
		{"open", nil, ""},
		{"guarded", pulumi.String("sk-canary"), "mistral-7b-api-key-a1b2c3d"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got map[string]any
			var once sync.WaitGroup
			once.Add(1)
			_, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
				service, err := serving.NewVLLMServiceFromSpec(ctx, "mistral-7b", serving.SpecArgs{
					Spec:   servingspec.Spec{Name: "mistral-7b", Namespace: "inference", Model: servingspec.Model{ID: "org/m"}},
					APIKey: test.apiKey,
				})
				if err != nil {
					return err
				}
				service.Outputs().ToMapOutput().ApplyT(func(outputs map[string]any) error {
					defer once.Done()
					got = outputs
					return nil
				})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			once.Wait()
			want := map[string]any{
				"namespace": "inference", "service": "mistral-7b", "port": 8000, "servedModelName": "org/m",
				"url": "http://mistral-7b.inference.svc.cluster.local:8000", "apiKeySecret": test.secret,
				"serviceAccount": "mistral-7b",
			}
			if !maps.Equal(got, want) {
				t.Errorf("outputs are %v, want %v", got, want)
			}
		})
	}
}

// TestAnEmptyKeyIsRefused checks that an empty value of another resource is an error: it
// would leave the service open.
func TestAnEmptyKeyIsRefused(t *testing.T) {
	for name, value := range map[string]pulumi.StringPtrInput{
		"nil from another resource": pulumi.String("").ToStringOutput().ApplyT(func(string) *string { return nil }).(pulumi.StringPtrOutput),
		"empty":                     pulumi.String(""),
	} {
		for field, args := range map[string]serving.SpecArgs{
			"apiKey":           {APIKey: value},
			"huggingFaceToken": {HuggingFaceToken: value},
		} {
			t.Run(name+" as "+field, func(t *testing.T) {
				args.Spec = servingspec.Spec{Name: "chat", Namespace: "inference", Model: servingspec.Model{ID: "org/m"}}
				recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
					_, err := serving.NewVLLMServiceFromSpec(ctx, "chat", args)
					return err
				})
				problemstest.Check(t, err, []string{"chat." + field + ": invalid"}, nil)
				for _, r := range recording.Resources() {
					if r.Type != "vllm-eks:serving:VLLMService" {
						t.Errorf("%s %s is registered", r.Type, r.Name)
					}
				}
			})
		}
	}
}

// TestErrorsOfAProgramNameTheField checks the errors for users of the component, who have
// no configuration file.
func TestErrorsOfAProgramNameTheField(t *testing.T) {
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		_, err := serving.NewVLLMServiceFromSpec(ctx, "chat", serving.SpecArgs{
			Spec: servingspec.Spec{Name: "chat", GPU: servingspec.GPU{Count: 9}, Model: servingspec.Model{ID: "org/m"}},
		})
		return err
	})
	problemstest.Check(t, err, []string{"chat.gpu.count: invalid", "chat.namespace: required"}, nil)
	if len(recording.Resources()) != 0 {
		t.Error("something was registered")
	}
}

// TestSpecsAreNotShared checks that WithDefaults does not change the caller's spec.
func TestSpecsAreNotShared(t *testing.T) {
	minimum := 2
	spec := servingspec.Spec{Env: map[string]string{"A": "1"}, ExtraArgs: []string{"--a"}, Replicas: servingspec.Replicas{Min: &minimum}}
	full := spec.WithDefaults()
	full.Env["A"], full.ExtraArgs[0], *full.Replicas.Min = "2", "--b", 3
	if spec.Env["A"] != "1" || !slices.Equal(spec.ExtraArgs, []string{"--a"}) || minimum != 2 {
		t.Error("WithDefaults returns a spec that shares memory with the one it was called on")
	}
}
