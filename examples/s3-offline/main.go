// One model whose weights are streamed from S3, and which never asks Hugging Face. It
// costs what its GPU node costs.
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
	service, err := serving.NewVLLMService(ctx, "qwen-7b", serving.VLLMServiceArgs{
		Name:      "qwen-7b",
		Namespace: pulumi.String("inference"),
		// A copy of the model's files. Its shape is that of Qwen/Qwen2.5-7B-Instruct, by
		// the last two parts of the path.
		Model:           "s3://my-models/Qwen/Qwen2.5-7B-Instruct",
		ServedModelName: []string{"qwen-7b"},
		MaxModelLen:     16384,
		NodeGroups:      []serving.NodeGroupArgs{{Name: "g5", InstanceTypes: []string{"g5.4xlarge"}, Max: 2}},
		// An EKS Pod Identity association gives this ServiceAccount, which others created,
		// a role that may read the bucket.
		ServiceAccountName: pulumi.String("models-reader"),
		Storage:            &serving.StorageArgs{Cache: &serving.CacheArgs{Claim: pulumi.String("compiled")}, Region: "us-west-2"},
	}, onCluster, pulumi.DependsOn(namespaces.Ready()))
	if err != nil {
		return err
	}
	ctx.Export("url", service.URL)
	return nil
}
