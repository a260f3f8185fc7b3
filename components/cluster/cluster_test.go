package cluster

import (
	"log"
	"maps"
	"os"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

func TestMain(m *testing.M) {
	if err := stacktest.Isolate(); err != nil {
		log.Fatal(err)
	}
	os.Exit(m.Run())
}

func TestProviderOfAnExistingCluster(t *testing.T) {
	tests := []struct {
		name     string
		existing Existing
		want     map[string]any
	}{
		{"current context", Existing{}, map[string]any{
			"clusterIdentifier": "current-context", "enableServerSideApply": true}},
		{"context", Existing{Context: "prod"}, map[string]any{
			"clusterIdentifier": "prod", "context": "prod", "enableServerSideApply": true}},
		{"file", Existing{Context: "prod", Kubeconfig: "~/prod"}, map[string]any{
			"clusterIdentifier": "prod", "context": "prod", "enableServerSideApply": true, "kubeconfig": "~/prod"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
				_, err := New(ctx, "cluster", Args{Spec: Spec{Existing: &test.existing}})
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

func TestNewRefusesNoCluster(t *testing.T) {
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		_, err := New(ctx, "cluster", Args{})
		return err
	})
	if err == nil || len(recording.Resources()) != 0 {
		t.Errorf("no cluster gives the error %v and registers %d resources", err, len(recording.Resources()))
	}
}
