// One model with LoRA adapters. Clients request each adapter by its name. It costs what its
// GPU node costs.
package main

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/vllm-eks/vllm-eks/components/serving"
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
		Namespaces: []serving.NamespaceArgs{{Name: "inference"}},
	}, onCluster)
	if err != nil {
		return err
	}
	service, err := serving.NewVLLMService(ctx, "llama-8b", serving.VLLMServiceArgs{
		Name:        "llama-8b",
		Namespace:   pulumi.String("inference"),
		Model:       "meta-llama/Llama-3.1-8B-Instruct",
		MaxModelLen: 8192,
		NodeGroups:  []serving.NodeGroupArgs{{Name: "g6e", InstanceTypes: []string{"g6e.2xlarge"}, Max: 2}},
		LoRA: &serving.LoRAArgs{
			Adapters: []serving.AdapterArgs{
				{Name: "sql", Source: "my-org/llama-8b-sql-lora"},
				{Name: "legal", Source: "/adapters/legal"},
			},
			MaxRank: 32,
		},
		// An adapter that is not on Hugging Face is on a volume.
		Volumes:          []serving.VolumeArgs{{Name: "adapters", MountPath: "/adapters", Claim: pulumi.String("adapters")}},
		HuggingFaceToken: &serving.SecretRefArgs{ExistingSecret: pulumi.String("hugging-face")},
	}, onCluster, pulumi.DependsOn(namespaces.Ready()))
	if err != nil {
		return err
	}
	ctx.Export("url", service.URL)
	return nil
}
