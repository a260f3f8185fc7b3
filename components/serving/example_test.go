package serving_test

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/vllm-eks/vllm-eks/components/serving"
)

// One model in a namespace of its own, on the cluster of a kubeconfig's context.
func ExampleNewVLLMService() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cluster, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{Context: pulumi.String("my-cluster"), EnableServerSideApply: pulumi.Bool(true)})
		if err != nil {
			return err
		}
		namespaces, err := serving.NewNamespaces(ctx, "namespaces", serving.NamespacesArgs{
			Namespaces: []serving.NamespaceArgs{{Name: "inference"}},
		}, pulumi.Providers(cluster))
		if err != nil {
			return err
		}
		chat, err := serving.NewVLLMService(ctx, "chat", serving.VLLMServiceArgs{
			Name: "chat", Namespace: pulumi.String("inference"), Model: "Qwen/Qwen3-8B", MaxModelLen: 8192, GPU: &serving.GPUArgs{Type: "A10G"},
		}, pulumi.Providers(cluster), pulumi.DependsOn(namespaces.Ready()))
		if err != nil {
			return err
		}
		ctx.Export("url", chat.URL)
		return nil
	})
}

// Inputs that another stack and the configuration produce: a namespace, a claim with
// weights, the address of Prometheus, and the API key, which is a secret.
func ExampleNewVLLMService_inputs() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		platform, err := pulumi.NewStackReference(ctx, "platform", nil)
		if err != nil {
			return err
		}
		output := func(name string) pulumi.StringPtrInput {
			return platform.GetStringOutput(pulumi.String(name)).ToStringPtrOutput()
		}
		_, err = serving.NewVLLMService(ctx, "chat", serving.VLLMServiceArgs{
			Name: "chat", Namespace: output("namespace"), Model: "Qwen/Qwen3-8B",
			NodeGroups: []serving.NodeGroupArgs{{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 4}},
			APIKey:     &serving.SecretRefArgs{Value: config.RequireSecret(ctx, "apiKey")},
			Storage:    &serving.StorageArgs{Weights: &serving.WeightsArgs{Claim: output("weightsClaim")}},
			Replicas:   &serving.ReplicasArgs{Max: 4},
			Monitoring: &serving.MonitoringArgs{PrometheusURL: output("prometheusUrl")},
		})
		return err
	})
}

// A namespace that others own, for services that are created in it.
func ExampleNewNamespaces() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		_, err := serving.NewNamespaces(ctx, "namespaces", serving.NamespacesArgs{
			Namespaces: []serving.NamespaceArgs{{Name: "inference"}, {Name: "shared", Existing: true}},
		})
		return err
	})
}
