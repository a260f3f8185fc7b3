// One model that streams its weights from S3, without access to Hugging Face. It costs what
// its GPU node costs.
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
		// The bucket has a copy of the model's files. The last two parts of the path name
		// the shape: Qwen/Qwen2.5-7B-Instruct.
		Model:           "s3://my-models/Qwen/Qwen2.5-7B-Instruct",
		ServedModelName: []string{"qwen-7b"},
		MaxModelLen:     16384,
		NodeGroups:      []serving.NodeGroupArgs{{Name: "g5", InstanceTypes: []string{"g5.4xlarge"}, Max: 2}},
		// An EKS Pod Identity association gives this existing ServiceAccount a role that
		// can read the bucket.
		ServiceAccountName: pulumi.String("models-reader"),
		Storage:            &serving.StorageArgs{Cache: &serving.CacheArgs{Claim: pulumi.String("compiled")}, Region: "us-west-2"},
	}, onCluster, pulumi.DependsOn(namespaces.Ready()))
	if err != nil {
		return err
	}
	ctx.Export("url", service.URL)
	return nil
}
