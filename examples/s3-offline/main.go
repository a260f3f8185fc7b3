// One model whose weights are streamed from S3, and which never asks Hugging Face. It
// costs what its GPU node costs.
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
	service, err := serving.NewVLLMService(ctx, "qwen-7b", serving.VLLMServiceArgs{
		Spec: servingspec.Spec{
			Name:      "qwen-7b",
			Namespace: "inference",
			// A copy of the model's files. Its shape is that of Qwen/Qwen2.5-7B-Instruct,
			// by the last two parts of the path.
			Model:     servingspec.Model{ID: "s3://my-models/Qwen/Qwen2.5-7B-Instruct", ServedName: "qwen-7b", MaxLen: 16384},
			NodeGroup: servingspec.NodeGroup{Name: "g5", InstanceTypes: []string{"g5.4xlarge"}, Max: 2},

			// An EKS Pod Identity association gives this ServiceAccount, which others
			// created, a role that may read the bucket.
			Access:  servingspec.Access{ServiceAccountName: "models-reader"},
			Storage: servingspec.Storage{Cache: servingspec.Cache{Claim: "compiled"}, Region: "us-west-2"},
		},
		DependsOn: namespaces.ReadyFor("inference"),
	}, onCluster)
	if err != nil {
		return err
	}
	ctx.Export("url", service.URL)
	return nil
}
