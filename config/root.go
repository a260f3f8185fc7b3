package config

import (
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
	"github.com/vllm-eks/vllm-eks/spec/network"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// stack declares the keys of a stack's file.
type stack struct {
	account.Spec `key:",inline"`
	// Network is the VPC of a cluster that the program creates, or one that exists.
	Network network.Spec `key:"network"`
	// Cluster is the Kubernetes cluster: one that exists, or an EKS cluster that the
	// program creates.
	Cluster clusterKeys `key:"cluster"`
	// SystemNodes are the nodes without GPUs of a created cluster. Everything but the
	// models runs on them.
	SystemNodes nodes.System `key:"systemNodes" page:"nodes"`
	// NodeGroups are the nodes with GPUs. On a created cluster, each entry becomes one
	// managed node group for each zone: its name has at most 20 characters and is not
	// system, labels are further labels, and max is required and bounds the nodes of each
	// zone. On an existing cluster, an entry describes nodes that are there.
	NodeGroups []nodeGroup `key:"nodeGroups" page:"nodes"`
	Charts     `key:",inline"`
	// Monitoring is Prometheus: one that is installed, or one that exists.
	Monitoring monitoringKeys `key:"monitoring" short:"install"`
	// Namespaces are the namespaces of models. Each enforces the restricted Pod Security
	// Standard. Default: one with the name inference.
	Namespaces []serving.NamespaceSpec `key:"namespaces" page:"models"`
	// Models are the models, each served by a service of its own.
	Models []model `key:"models"`
	// Defaults are keys that all models have unless they give them themselves. Mappings
	// are merged key by key.
	Defaults struct{} `key:"defaults" scope:"defaults" of:"models" page:"models"`
	// HuggingFaceToken is a token of Hugging Face for gated models.
	HuggingFaceToken string `key:"huggingFaceToken" secret:"true" page:"models"`
	// APIKey is the key that clients of every model must send. Without it, everything
	// that reaches a model is answered.
	APIKey string `key:"apiKey" secret:"true" page:"models"`
	// GrafanaPassword is the password of Grafana's administrator. Without it, the chart
	// generates one.
	GrafanaPassword string `key:"grafanaPassword" secret:"true" page:"monitoring"`
	// AlertSlackURL is the URL of the incoming webhook of Slack, to which alerts go.
	AlertSlackURL string `key:"alertSlackUrl" secret:"true" page:"monitoring"`
	// AlertPagerDutyKey is the integration key of a service of PagerDuty (Events API v2).
	AlertPagerDutyKey string `key:"alertPagerDutyKey" secret:"true" page:"monitoring"`
	// AlertWebhookURL is the URL to which Alertmanager posts alerts.
	AlertWebhookURL string `key:"alertWebhookUrl" secret:"true" page:"monitoring"`
	// Costs are prices, and what the stack pays for beside its models.
	Costs Costs `key:"costs"`
	// Limits are bounds that fail a preview.
	Limits Limits `key:"limits" page:"costs"`
}

// model declares the keys of one model.
type model struct {
	serving.Spec `key:",inline"`
	// Pin holds values that no release of this program changes. The stack output pins
	// has them. Keys of the model and of the defaults go before it.
	Pin struct{} `key:"pin" scope:"pin"`
}

// clusterKeys declares the keys of the cluster.
type clusterKeys struct {
	cluster.Spec `key:",inline"`
	// NodeRelease is the AMI release of all nodes, such as 1.35.6-20260714, or latest.
	// Default: existing node groups keep theirs, and new ones get the newest.
	NodeRelease string `key:"nodeRelease" in:"pin"`
	// Pin holds versions that an update does not change. The stack output clusterPin has
	// them. Keys of the cluster go before it.
	Pin struct{} `key:"pin" scope:"pin"`
}

// nodeGroup declares the keys of one entry of nodeGroups.
type nodeGroup struct {
	serving.NodeGroup `key:",inline"`
	// Hardware describes nodes whose instance types the catalogue lacks.
	Hardware        *hardware `key:"hardware"`
	nodes.Placement `key:",inline"`
}

// monitoringKeys declares the keys of monitoring.
type monitoringKeys struct {
	serving.Monitoring `key:",inline"`
	monitoring.Spec    `key:",inline"`
}

// Costs are the stack's prices, and what it pays for beside its models.
type Costs struct {
	serving.Costs `key:",inline"`
	// Shared is what the stack pays for beside the nodes of its models, in addition to
	// what the program creates.
	Shared sizing.Shared `key:"shared"`
}

// Limits fail a preview that exceeds them.
type Limits struct {
	// MaxUSDPerHour bounds what the stack costs with all replicas, in USD an hour.
	// Default: no bound.
	MaxUSDPerHour float64 `key:"maxUsdPerHour" range:">0.."`
}
