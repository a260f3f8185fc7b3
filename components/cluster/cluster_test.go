package cluster

import (
	"maps"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	clusterspec "github.com/vllm-eks/vllm-eks/spec/cluster"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

func TestProviderOfAnExistingCluster(t *testing.T) {
	tests := []struct {
		name     string
		existing clusterspec.Existing
		want     map[string]any
	}{
		{"context", clusterspec.Existing{Context: "prod"}, map[string]any{
			"clusterIdentifier": "prod", "context": "prod", "enableServerSideApply": true}},
		{"file", clusterspec.Existing{Context: "prod", Kubeconfig: "~/prod"}, map[string]any{
			"clusterIdentifier": "prod", "context": "prod", "enableServerSideApply": true, "kubeconfig": "~/prod"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
				_, err := New(ctx, "cluster", Args{Spec: clusterspec.Spec{Existing: &test.existing}})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range recording.Resources() {
				if r.Type == "pulumi:providers:kubernetes" && !maps.Equal(r.Inputs, test.want) {
					t.Errorf("the provider's inputs are %v, want %v", r.Inputs, test.want)
				}
			}
		})
	}
}

// TestNewRefusesAnUnnamedCluster checks that the error names the command that lists
// the contexts.
func TestNewRefusesAnUnnamedCluster(t *testing.T) {
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		_, err := New(ctx, "cluster", Args{Spec: clusterspec.Spec{Existing: &clusterspec.Existing{Kubeconfig: "~/prod"}}})
		return err
	})
	problemstest.Check(t, err, []string{"cluster.existing.context: required"}, nil)
	if err == nil || !strings.Contains(err.Error(), "kubectl config get-contexts") {
		t.Errorf("the error is %v, want where to find a context", err)
	}
	if registered := len(recording.Resources()); registered != 0 {
		t.Errorf("%d resources are registered", registered)
	}
}
