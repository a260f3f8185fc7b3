package plans_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/oneline"
	"github.com/vllm-eks/vllm-eks/internal/plans"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// sized returns a model with one replica on a node with one GPU.
func sized() serving.Spec {
	s := serving.Spec{Name: "chat", Namespace: "inference"}
	s.Model.ID, s.Model.MaxLen = "mistralai/Mistral-7B-Instruct-v0.2", 8192
	s.NodeGroup = serving.NodeGroup{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 1}
	return s.WithDefaults()
}

func TestOf(t *testing.T) {
	want := plans.Model{
		Namespace: "inference", Deployment: "chat", ID: "mistralai/Mistral-7B-Instruct-v0.2", Min: 1, Max: 1, GPUs: 1, Groups: []string{"g5"},
		Hardware: "1 × A10G (g5.2xlarge)", Fit: "fits", MaxModelLen: 8192, KVTokens: 50736, Concurrency: 19, LoadSeconds: 413, ProvisionSeconds: 585,
		InPlace: true, Surge: "nodeGroups[].max: 2 in the node group g5", Cost: &plans.Costs{Min: 1.212, Max: 1.212},
	}
	if got := plans.Of(sized()); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v with the cost %+v, want %+v", got, got.Cost, want)
	}
}

// TestRecordsAreReadAsWritten writes the outputs of a stack and reads them.
func TestRecordsAreReadAsWritten(t *testing.T) {
	want := plans.Record{Models: map[string]plans.Model{"chat": plans.Of(sized()), "empty": {}}, Costs: &plans.Costs{Min: 1.2499, Max: 2.004, Spot: true}}
	models := map[string]any{}
	for name, m := range want.Models {
		line, err := oneline.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		models[name] = line
	}
	costs, err := oneline.Marshal(plans.CostsOf(1.24991, 2.00399, true))
	if err != nil {
		t.Fatal(err)
	}
	got, err := plans.Read(map[string]any{plans.ModelsOutput: models, plans.CostsOutput: costs, "other": 1})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := plans.Read(nil); err != nil || len(got.Models) != 0 || got.Costs != nil {
		t.Errorf("without outputs: %+v, %v", got, err)
	}
}

func TestForeignOutputs(t *testing.T) {
	for want, outputs := range map[string]map[string]any{
		"output plans.a: is 1, want one line of YAML": {plans.ModelsOutput: map[string]any{"a": 1}},
		"output plans.a: ":                            {plans.ModelsOutput: map[string]any{"a": "{min: few}"}},
		"output costs: ":                              {plans.CostsOutput: "many"},
	} {
		if _, err := plans.Read(outputs); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v is read with %v, want %q", outputs, err, want)
		}
	}
}
