// One model with LoRA adapters, each of which clients ask for by its own name. It costs
// what its GPU node costs.
package main

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/vllm-eks/vllm-eks/components/serving"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

func main() { pulumi.Run(program) }

func program(ctx *pulumi.Context) error {
	// The cluster is the one that a context of your kubeconfig names:
	//   pulumi config set context my-cluster
	client, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{
		Context: pulumi.String(config.Require(ctx, "context")), EnableServerSideApply: pulumi.Bool(true),
	})
	if err != nil {
		return err
	}
	onCluster := pulumi.Providers(client)
	namespaces, err := serving.NewNamespaces(ctx, "namespaces", serving.NamespacesArgs{
		Specs: []servingspec.NamespaceSpec{{Name: "inference"}},
	}, onCluster)
	if err != nil {
		return err
	}
	service, err := serving.NewVLLMService(ctx, "llama-8b", serving.VLLMServiceArgs{
		Spec: servingspec.Spec{
			Name:      "llama-8b",
			Namespace: "inference",
			Model:     servingspec.Model{ID: "meta-llama/Llama-3.1-8B-Instruct", MaxLen: 8192},
			NodeGroup: servingspec.NodeGroup{Name: "g6e", InstanceTypes: []string{"g6e.2xlarge"}, Max: 2},
			LoRA: servingspec.LoRA{
				Adapters: []servingspec.Adapter{
					{Name: "sql", Source: "my-org/llama-8b-sql-lora"},
					{Name: "legal", Source: "/adapters/legal"},
				},
				MaxRank: 32,
			},
			// An adapter that is not on Hugging Face comes on a volume.
			Volumes: []servingspec.Volume{{Name: "adapters", MountPath: "/adapters", Claim: "adapters"}},
			Access:  servingspec.Access{HuggingFaceToken: servingspec.SecretRef{Name: "hugging-face"}},
		},
		DependsOn: namespaces.ReadyFor("inference"),
	}, onCluster)
	if err != nil {
		return err
	}
	ctx.Export("url", service.URL)
	return nil
}
