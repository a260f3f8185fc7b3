// Several models in several namespaces: one scaled on load behind a load balancer of
// AWS, one on its queue that sleeps when nobody asks, one on cores behind another
// ingress controller. It costs what up to twelve GPU nodes and the load balancer
// cost.
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
		Specs: []servingspec.NamespaceSpec{{Name: "chat", ReadinessGates: true}, {Name: "batch"}},
	}, onCluster)
	if err != nil {
		return err
	}
	urls := pulumi.Map{}
	for _, spec := range specs() {
		service, err := serving.NewVLLMService(ctx, spec.ResourceName(), serving.VLLMServiceArgs{
			Spec: spec,
			// One key for all of them: pulumi config set --secret apiKey
			APIKey:    config.RequireSecret(ctx, "apiKey"),
			DependsOn: namespaces.ReadyFor(spec.Namespace),
		}, onCluster)
		if err != nil {
			return err
		}
		urls[spec.Name] = service.URL
	}
	ctx.Export("urls", urls)
	return nil
}

func specs() []servingspec.Spec {
	none, one := 0, 1
	monitoring := servingspec.Monitoring{PrometheusURL: "http://kps-prometheus.monitoring.svc:9090"}
	a10g := servingspec.NodeGroup{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 12}
	return []servingspec.Spec{
		{
			Name: "assistant", Namespace: "chat", NodeGroup: a10g, Monitoring: monitoring,
			Model:    servingspec.Model{ID: "meta-llama/Llama-3.1-8B-Instruct", MaxLen: 8192, ToolCallParser: "llama3_json"},
			Replicas: servingspec.Replicas{Min: &one, Max: 6},
			Ingress: servingspec.Ingress{
				Class: servingspec.ALBClass, Host: "assistant.example.com",
				ALB: servingspec.ALB{SubnetCIDRs: []string{"10.0.0.0/20", "10.0.16.0/20"}},
			},
		},
		{
			Name: "coder", Namespace: "chat", NodeGroup: a10g, Monitoring: monitoring,
			Model:    servingspec.Model{ID: "Qwen/Qwen2.5-7B-Instruct", MaxLen: 16384, KVCacheDType: "fp8"},
			Replicas: servingspec.Replicas{Min: &one, Max: 2},
			Scaling:  servingspec.Scaling{Policy: servingspec.CPU},
			Ingress: servingspec.Ingress{Class: "nginx", Host: "coder.example.com", TLSSecret: "coder-tls", ControllerNamespace: "ingress-nginx",
				// Its own 60 s would cut long answers that are not streamed.
				Annotations: map[string]string{"nginx.ingress.kubernetes.io/proxy-read-timeout": "600"}},
			Network: servingspec.Network{Clients: []servingspec.Peer{{Namespace: "editors"}}},
		},
		{
			Name: "summaries", Namespace: "batch", NodeGroup: a10g, Monitoring: monitoring,
			Model:    servingspec.Model{ID: "Qwen/Qwen3-8B", MaxLen: 16384},
			Replicas: servingspec.Replicas{Min: &none, Max: 3},
			Scaling: servingspec.Scaling{
				Policy: servingspec.Queue,
				// vLLM's own metrics are gone with the last engine; a gateway's are not.
				Wake: servingspec.Wake{Query: `gateway_requests_pending{model="summaries"}`},
			},
			Lifecycle: servingspec.Lifecycle{HungSeconds: 300},
		},
	}
}
