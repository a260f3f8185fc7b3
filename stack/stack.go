package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/account"
	"github.com/vllm-eks/vllm-eks/components/cluster"
	"github.com/vllm-eks/vllm-eks/components/ingress"
	"github.com/vllm-eks/vllm-eks/components/monitoring"
	"github.com/vllm-eks/vllm-eks/components/network"
	"github.com/vllm-eks/vllm-eks/components/nodes"
	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/components/telemetry"
	"github.com/vllm-eks/vllm-eks/components/weights"
	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/watched"
)

// deploy registers the components of the diagram, in the order in which they depend on
// each other. It registers nothing if the configuration is invalid.
func deploy(ctx *pulumi.Context, source *config.Source) error {
	cfg, err := config.Load(source, account.NewReader(ctx))
	if err != nil {
		return err
	}
	if err := report(ctx, cfg.Size()); err != nil {
		return err
	}
	p, region := cfg.Platform, cfg.Platform.Account.Region
	d := &diagram{ctx: ctx}
	aws := component(d, account.New, "account", account.Args{Spec: p.Account})
	vpc := component(d, network.New, "network", network.Args{Spec: p.Network, Label: p.Cluster.Name}, aws.Provided())
	eks := component(d, cluster.New, "cluster", cluster.Args{Spec: p.Cluster, VPCID: vpc.VPCID, SubnetIDs: vpc.ControlPlaneSubnetIDs}, aws.Provided())
	groups := component(d, nodes.New, "nodes", nodes.Args{Spec: p.Nodes, ClusterName: eks.Name, Label: p.Cluster.Name, Region: region, SubnetsIn: vpc.PrivateIn,
		Tags: aws.Tags, DependsOn: join(vpc.Ready(), eks.Ready()), None: !p.Made()}, aws.Provided())

	client := component(d, cluster.NewClient, "cluster", cluster.ClientArgs{Cluster: eks, Nodes: groups.Ready()})
	providers := pulumi.Composite(aws.Provided(), client.Provided())
	addons := component(d, cluster.NewAddons, "addons", cluster.AddonsArgs{Spec: p.Cluster, ClusterName: eks.Name, VolumesRole: eks.VolumesRole, Tags: aws.Tags, DependsOn: groups.Ready()}, providers)
	ready := join(groups.Ready(), addons.Ready())
	prometheus := component(d, monitoring.New, "monitoring", monitoring.Args{Spec: p.Prometheus, GrafanaPassword: cfg.GrafanaPassword, Receivers: cfg.AlertReceivers, DependsOn: ready}, providers)
	ready = join(ready, prometheus.Ready())
	autoscaler := component(d, nodes.NewAutoscaler, "autoscaler", nodes.AutoscalerArgs{Spec: p.Autoscaler, ClusterName: eks.Name, Region: region, DependsOn: ready}, providers)
	plain := d.plainCharts(p.Plain(), ready, providers)
	balancers := component(d, ingress.New, "ingress-controller", ingress.Args{Spec: p.IngressController, ClusterName: eks.Name, VPCID: vpc.VPCID, Region: region,
		Tags: aws.Tags, DependsOn: ready}, providers)
	component(d, telemetry.New, "telemetry", telemetry.Args{Spec: p.Telemetry, ClusterName: eks.Name, TracesToken: cfg.TracesToken, DependsOn: ready}, providers)
	ready = join(ready, autoscaler.Ready(), plain, balancers.Ready())

	namespaces := component(d, serving.NewNamespacesFromSpecs, "namespaces", serving.NamespaceSpecsArgs{Specs: cfg.Namespaces}, providers)
	models := watched.Models(cfg)
	namespace := watched.Namespace(cfg, models)
	component(d, monitoring.NewRules, "rules", monitoring.RulesArgs{Spec: p.Prometheus, Models: models, Namespace: namespace, Bounds: cfg.Bounds(),
		DependsOn: join(prometheus.Ready(), namespaces.ReadyFor(namespace))}, providers)
	readers := component(d, weights.New, "weights", weights.Args{Spec: cfg.Weights(), ClusterName: eks.Name, Region: region}, providers)
	outputs := pulumi.Map{}
	for _, spec := range cfg.Models {
		service := component(d, serving.NewVLLMServiceFromSpec, spec.ResourceName(), serving.SpecArgs{Spec: spec, HuggingFaceToken: cfg.HuggingFaceToken, APIKey: cfg.APIKey,
			DependsOn: join(ready, groups.ReadyFor(spec.GroupNames()...), namespaces.ReadyFor(spec.Namespace), readers.ReadyFor(spec.Name))}, providers)
		outputs[spec.Name] = service.Outputs()
	}
	if d.err != nil {
		return d.err
	}
	return exportOutputs(ctx, cfg, outputs)
}
