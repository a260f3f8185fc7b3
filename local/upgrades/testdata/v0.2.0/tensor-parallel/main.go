// A model of 70 billion parameters, split over the eight GPUs of one node. It costs
// what a p4d.24xlarge costs.
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
	service, err := serving.NewVLLMService(ctx, "llama-70b", serving.VLLMServiceArgs{
		Name:        "llama-70b",
		Namespace:   pulumi.String("inference"),
		Model:       "meta-llama/Llama-3.3-70B-Instruct",
		MaxModelLen: 32768,
		// The weights have 131 GiB. The number of GPUs follows from the memory of a GPU.
		// There is one node, so a change stops the old replica first, and the preview shows
		// how long the model does not answer.
		NodeGroups: []serving.NodeGroupArgs{{Name: "p4d", InstanceTypes: []string{"p4d.24xlarge"}, Min: 1, Max: 1}},
		// Compiled code and weights outlive the pods, so that a replica loads faster.
		Storage: &serving.StorageArgs{Cache: &serving.CacheArgs{StorageClass: "efs", Size: "300Gi"}},
		// The model is gated: pulumi config set --secret huggingFaceToken
		HuggingFaceToken: &serving.SecretRefArgs{Value: config.RequireSecret(ctx, "huggingFaceToken")},
	}, onCluster, pulumi.DependsOn(namespaces.Ready()))
	if err != nil {
		return err
	}
	ctx.Export("url", service.URL)
	return nil
}
