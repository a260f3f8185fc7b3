package config

import (
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
	"github.com/vllm-eks/vllm-eks/spec/gpu"
	"github.com/vllm-eks/vllm-eks/spec/ingress"
	"github.com/vllm-eks/vllm-eks/spec/keda"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
	"github.com/vllm-eks/vllm-eks/spec/network"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
)

// Platform is everything that is below the models: on AWS, made by the program,
// or brought by the user.
type Platform struct {
	// Account is the AWS account (keys tags, aws:region, aws:profile).
	Account account.Spec
	// Network is the VPC (key network). Default: one is made for a cluster that is
	// made.
	Network network.Spec
	// Cluster is where everything runs (key cluster). Default: one is made.
	Cluster cluster.Spec
	// Nodes are the machines of a cluster that is made (keys systemNodes and
	// nodeGroups).
	Nodes nodes.Spec
	// What is installed on the cluster (keys autoscaler, gpu, monitoring, keda and
	// ingressController). Default: everything on a cluster that is made, nothing on
	// an existing one.
	Autoscaler        nodes.AutoscalerSpec
	GPU               gpu.Spec
	Prometheus        monitoring.Spec
	KEDA              keda.Spec
	IngressController ingress.Spec
	// Offers are what the account has, as far as it was asked.
	Offers account.Offers

	asked    bool // of the account
	roles    bool // models get AWS roles
	installs installs
}

// Made tells whether the program makes the cluster, and with it its nodes.
func (p Platform) Made() bool { return p.Cluster.Existing == nil }

// installs are what the user says of installing something; nil where nothing.
type installs struct {
	autoscaler, gpu, monitoring, keda, ingress *bool
}

func decodePlatform(top *node, source *Source) Platform {
	p := Platform{
		Account: account.Spec{Region: source.aws("region"), Profile: source.aws("profile")},
		Network: decodeVPC(top.object("network")),
	}
	of := top.object("cluster")
	p.Cluster = decodeCluster(of)
	p.Nodes.Release, p.Cluster.Addons = decodePatches(of)
	if top.has("tags") {
		p.Account.Tags = top.textMap("tags")
	} else {
		top.asked = append(top.asked, "tags")
	}
	n := top.object("systemNodes")
	p.Nodes.System = nodes.System{InstanceTypes: n.texts("instanceTypes"), Min: n.integer("min"), Max: n.integer("max"), DiskGiB: n.integer("diskGiB")}
	decodeBoxes(top, &p)
	return p
}

func decodeCluster(n *node) cluster.Spec {
	spec := cluster.Spec{
		Name:              n.str("name"),
		KubernetesVersion: n.str("kubernetesVersion"),
		PublicAccessCIDRs: n.texts("publicAccessCidrs"),
		LogRetentionDays:  n.integer("logRetentionDays"),
		ServiceCIDR:       n.str("serviceCidr"),
		Protect:           n.boolean("protect"),
		EFS:               n.boolean("efs"),
	}
	for _, a := range n.objects("access") {
		spec.Access = append(spec.Access, cluster.Access{
			PrincipalARN: a.str("principalArn"), Policy: cluster.Policy(a.str("policy")), Namespaces: a.texts("namespaces"),
		})
	}
	if !n.has("existing") {
		n.asked = append(n.asked, "existing")
		return spec
	}
	existing := n.object("existing")
	spec.Existing = &cluster.Existing{
		Context:    existing.str("context"),
		Kubeconfig: existing.str("kubeconfig"),
		Name:       existing.str("name"),
	}
	return spec
}

// decodePatches reads which AMI release and which versions of EKS add-ons the
// cluster has. What the cluster does not name itself, its pin does.
func decodePatches(n *node) (release string, addons map[string]string) {
	pin := n.object("pin")
	pin.str("nodeRelease")
	pin.textMap("addons")
	both := &node{path: n.path, values: n.values, d: n.d, asked: n.asked, children: n.children, fallback: &node{path: pin.path, values: pin.values, d: n.d}}
	release, addons = both.str("nodeRelease"), both.textMap("addons")
	n.asked, n.children = both.asked, both.children
	return release, addons
}

// decodeVPC reads the network of the cluster; that of a model is another thing.
func decodeVPC(n *node) network.Spec {
	spec := network.Spec{
		CIDR:               n.str("cidr"),
		Zones:              n.texts("zones"),
		NATGateways:        network.Spread(n.str("natGateways")),
		InterfaceEndpoints: network.Spread(n.str("interfaceEndpoints")),
		FlowLogDays:        n.integerOrZero("flowLogDays"),
	}
	existing := network.Existing{VPCID: n.str("vpcId"), PrivateSubnetIDs: n.texts("privateSubnetIds"), PublicSubnetIDs: n.texts("publicSubnetIds")}
	if n.has("vpcId") || n.has("privateSubnetIds") || n.has("publicSubnetIds") {
		spec.Existing = &existing
	}
	return spec
}

// decodeBoxes reads what is installed on the cluster.
func decodeBoxes(top *node, p *Platform) {
	n := top.object("autoscaler")
	p.installs.autoscaler = n.optionalBoolean("install")
	p.Autoscaler = nodes.AutoscalerSpec{Expander: n.str("expander"), UnneededMinutes: n.integer("unneededMinutes"), Values: n.tree("values")}

	n = top.object("gpu")
	p.installs.gpu = n.optionalBoolean("install")
	p.GPU = gpu.Spec{Values: n.tree("values")}

	n = top.object("keda")
	p.installs.keda = n.optionalBoolean("install")
	p.KEDA = keda.Spec{Replicas: n.integer("replicas"), Values: n.tree("values")}

	n = top.object("ingressController")
	p.installs.ingress = n.optionalBoolean("install")
	p.IngressController = ingress.Spec{Replicas: n.integer("replicas"), Values: n.tree("values")}
}

// decodePrometheus reads what of monitoring is about installing it.
func decodePrometheus(n *node, p *Platform) {
	p.installs.monitoring = n.optionalBoolean("install")
	grafana := n.object("grafana")
	p.Prometheus = monitoring.Spec{
		RetentionDays: n.integer("retentionDays"),
		StorageGiB:    n.integer("storageGiB"),
		StorageClass:  n.str("storageClass"),
		Replicas:      n.integer("replicas"),
		GPUMetrics:    n.optionalBoolean("gpuMetrics"),
		Alertmanager:  n.boolean("alertmanager"),
		Grafana:       monitoring.Grafana{Install: grafana.boolean("install"), ExistingSecret: grafana.str("existingSecret")},
		Values:        n.tree("values"), GPUMetricsValues: n.tree("gpuMetricsValues"),
	}
}

// installed is what the user says, or else the default.
func installed(said *bool, otherwise bool) bool {
	if said != nil {
		return *said
	}
	return otherwise
}
