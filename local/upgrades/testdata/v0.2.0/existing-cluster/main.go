// One model on an existing cluster. It costs what its GPU node costs.
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
	chat, err := serving.NewVLLMService(ctx, "mistral-7b", serving.VLLMServiceArgs{
		Name:        "mistral-7b",
		Namespace:   pulumi.String("inference"),
		Model:       "mistralai/Mistral-7B-Instruct-v0.2",
		MaxModelLen: 8192,
		// The program checks that the model fits in the memory of this GPU, and creates
		// nothing if it does not.
		GPU: &serving.GPUArgs{Type: "A10G"},
	}, onCluster, pulumi.DependsOn(namespaces.Ready()))
	if err != nil {
		return err
	}
	ctx.Export("url", chat.URL)
	return nil
}
