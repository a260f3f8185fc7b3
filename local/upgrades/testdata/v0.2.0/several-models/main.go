// Several models in several namespaces. One scales on load behind a load balancer of AWS.
// One scales on its queue, and to zero without requests. One scales on CPU utilization
// behind another ingress controller. It costs what up to twelve GPU nodes and the load
// balancer cost.
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
		Namespaces: []serving.NamespaceArgs{{Name: "chat", ReadinessGates: true}, {Name: "batch"}},
	}, onCluster)
	if err != nil {
		return err
	}
	urls := pulumi.Map{}
	// One key for all of them: pulumi config set --secret apiKey
	key := &serving.SecretRefArgs{Value: config.RequireSecret(ctx, "apiKey")}
	for namespace, list := range models() {
		for _, args := range list {
			args.Namespace, args.APIKey = pulumi.String(namespace), key
			service, err := serving.NewVLLMService(ctx, args.Name, args, onCluster, pulumi.DependsOn(namespaces.ReadyFor(namespace)))
			if err != nil {
				return err
			}
			urls[args.Name] = service.URL
		}
	}
	ctx.Export("urls", urls)
	return nil
}

// models returns the services by namespace.
func models() map[string][]serving.VLLMServiceArgs {
	monitoring := &serving.MonitoringArgs{PrometheusURL: pulumi.String("http://kps-prometheus.monitoring.svc:9090")}
	a10g := []serving.NodeGroupArgs{{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 12}}
	return map[string][]serving.VLLMServiceArgs{
		"chat": {{
			Name: "assistant", NodeGroups: a10g, Monitoring: monitoring,
			Model: "meta-llama/Llama-3.1-8B-Instruct", MaxModelLen: 8192, ToolCallParser: "llama3_json",
			Replicas: &serving.ReplicasArgs{Min: new(1), Max: 6},
			Ingress: &serving.IngressArgs{
				Class: "alb", Host: "assistant.example.com",
				ALB: &serving.ALBArgs{SubnetCIDRs: pulumi.ToStringArray([]string{"10.0.0.0/20", "10.0.16.0/20"})},
			},
		}, {
			Name: "coder", NodeGroups: a10g, Monitoring: monitoring,
			Model: "Qwen/Qwen2.5-7B-Instruct", MaxModelLen: 16384, KVCacheDType: "fp8",
			Replicas: &serving.ReplicasArgs{Min: new(1), Max: 2},
			Scaling:  &serving.ScalingArgs{Policy: "cpu"},
			Ingress: &serving.IngressArgs{Class: "nginx", Host: "coder.example.com", TLSSecret: pulumi.String("coder-tls"), ControllerNamespace: "ingress-nginx",
				// The default of 60 s would cut long answers that are not streamed.
				Annotations: map[string]string{"nginx.ingress.kubernetes.io/proxy-read-timeout": "600"}},
			Network: &serving.NetworkArgs{Clients: []serving.PeerArgs{{Namespace: "editors"}}},
		}},
		"batch": {{
			Name: "summaries", NodeGroups: a10g, Monitoring: monitoring,
			Model: "Qwen/Qwen3-8B", MaxModelLen: 16384,
			Replicas: &serving.ReplicasArgs{Min: new(0), Max: 3},
			Scaling: &serving.ScalingArgs{
				Policy: "queue",
				// The metrics of vLLM end with the last replica; those of a gateway do not.
				WakeQuery: `gateway_requests_pending{model="summaries"}`,
			},
			Lifecycle: &serving.LifecycleArgs{HungSeconds: 300},
		}},
	}
}
