// Vllm-eks is a Pulumi program: one stack is one environment that serves large
// language models with vLLM. This file is its diagram.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/account"
	"github.com/vllm-eks/vllm-eks/components/cluster"
	"github.com/vllm-eks/vllm-eks/components/gpu"
	"github.com/vllm-eks/vllm-eks/components/ingress"
	"github.com/vllm-eks/vllm-eks/components/keda"
	"github.com/vllm-eks/vllm-eks/components/monitoring"
	"github.com/vllm-eks/vllm-eks/components/network"
	"github.com/vllm-eks/vllm-eks/components/nodes"
	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/components/weights"
	"github.com/vllm-eks/vllm-eks/config"
	clusterspec "github.com/vllm-eks/vllm-eks/spec/cluster"
)

func main() { run(&config.Source{Locate: clusterspec.Locate}) }

// deploy registers the boxes of the diagram, in the order in which they depend
// on each other. Nothing is registered before the configuration is valid.
func deploy(ctx *pulumi.Context, source *config.Source) error {
	cfg, err := config.Load(source, account.NewReader(ctx))
	if err != nil {
		return err
	}
	if err := report(ctx, cfg); err != nil {
		return err
	}
	p, region := cfg.Platform, cfg.Platform.Account.Region
	d := &diagram{ctx: ctx}
	aws := box(d, account.New, "account", account.Args{Spec: p.Account})
	vpc := box(d, network.New, "network", network.Args{Spec: p.Network, Label: p.Cluster.Name}, aws.Provided())
	eks := box(d, cluster.New, "cluster", cluster.Args{Spec: p.Cluster, VPCID: vpc.VPCID, SubnetIDs: vpc.ControlPlaneSubnetIDs}, aws.Provided())
	machines := box(d, nodes.New, "nodes", nodes.Args{Spec: p.Nodes, ClusterName: eks.Name, Label: p.Cluster.Name, Region: region, SubnetsIn: vpc.PrivateIn,
		Tags: aws.Tags, DependsOn: all(vpc.Ready, eks.Ready), None: !p.Made()}, aws.Provided())

	client := box(d, cluster.NewClient, "cluster", cluster.ClientArgs{Cluster: eks, Nodes: machines.Ready()})
	on := pulumi.Composite(aws.Provided(), client.Provided())
	addons := box(d, cluster.NewAddons, "addons", cluster.AddonsArgs{Spec: p.Cluster, ClusterName: eks.Name, VolumesRole: eks.VolumesRole, Tags: aws.Tags, DependsOn: machines.Ready()}, on)
	ready := all(machines.Ready(), addons.Ready)
	prometheus := box(d, monitoring.New, "monitoring", monitoring.Args{Spec: p.Prometheus, GrafanaPassword: cfg.GrafanaPassword, DependsOn: ready}, on)
	ready = all(ready, prometheus.Ready())
	scaler := box(d, nodes.NewAutoscaler, "autoscaler", nodes.AutoscalerArgs{Spec: p.Autoscaler, ClusterName: eks.Name, Region: region, DependsOn: ready}, on)
	devices := box(d, gpu.New, "gpu", gpu.Args{Spec: p.GPU, DependsOn: ready}, on)
	replicas := box(d, keda.New, "keda", keda.Args{Spec: p.KEDA, DependsOn: ready}, on)
	balancers := box(d, ingress.New, "ingress-controller", ingress.Args{Spec: p.IngressController, ClusterName: eks.Name, VPCID: vpc.VPCID, Region: region,
		Tags: aws.Tags, DependsOn: ready}, on)
	ready = all(ready, scaler.Ready(), devices.Ready(), replicas.Ready(), balancers.Ready())

	namespaces := box(d, serving.NewNamespaces, "namespaces", serving.NamespacesArgs{Specs: cfg.Namespaces}, on)
	readers := box(d, weights.New, "weights", weights.Args{Spec: cfg.Weights(), ClusterName: eks.Name, Region: region}, on)
	models := pulumi.Map{}
	for _, spec := range cfg.Models {
		service := box(d, serving.NewVLLMService, spec.ResourceName(), serving.VLLMServiceArgs{Spec: spec, HuggingFaceToken: cfg.HuggingFaceToken, APIKey: cfg.APIKey,
			DependsOn: all(ready, machines.Named(spec.GroupNames()...), namespaces.Named(spec.Namespace), readers.Named(spec.Name))}, on)
		models[spec.Name] = service.Outputs()
	}
	if d.err != nil {
		return d.err
	}
	// For each model: namespace, service, port, url inside the cluster,
	// servedModelName to ask for, and apiKeySecret, the Secret with the key that
	// clients must send ("" if none). For each, too, what its key pin would freeze.
	ctx.Export("models", models)
	ctx.Export("pins", pulumi.Any(cfg.Pins()))
	// On a cluster that the program creates, what its key pin would freeze.
	if pin := cfg.ClusterPin(); pin != nil {
		ctx.Export("clusterPin", pulumi.Any(pin))
	}
	deployed, err := cfg.Deployed()
	ctx.Export(config.DeployedOutput, pulumi.String(deployed))
	return err
}
