// A model of 70 billion parameters, split over the eight GPUs of one node. It costs
// what a p4d.24xlarge costs.
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
	service, err := serving.NewVLLMService(ctx, "llama-70b", serving.VLLMServiceArgs{
		Spec: servingspec.Spec{
			Name:      "llama-70b",
			Namespace: "inference",
			Model:     servingspec.Model{ID: "meta-llama/Llama-3.3-70B-Instruct", MaxLen: 32768},
			// 131 GiB of weights: how many GPUs it takes follows from their memory.
			// There is one node, so a change stops the old engine first, and the
			// preview says for how long the model is away.
			NodeGroup: servingspec.NodeGroup{Name: "p4d", InstanceTypes: []string{"p4d.24xlarge"}, Min: 1, Max: 1},
			// Compiled code and weights outlive the pods: it loads in minutes less.
			Storage: servingspec.Storage{Cache: servingspec.Cache{StorageClass: "efs", Size: "300Gi"}},
		},
		// The model is gated: pulumi config set --secret huggingFaceToken
		HuggingFaceToken: config.RequireSecret(ctx, "huggingFaceToken"),
		DependsOn:        namespaces.ReadyFor("inference"),
	}, onCluster)
	if err != nil {
		return err
	}
	ctx.Export("url", service.URL)
	return nil
}
