package config

import (
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/checklist"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
	"github.com/vllm-eks/vllm-eks/spec/network"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// stack declares the keys of a stack's file.
type stack struct {
	account.Spec `key:",inline"`
	// Network is the VPC of a cluster that the program creates, or an existing VPC.
	Network network.Spec `key:"network"`
	// Cluster is the Kubernetes cluster: an existing cluster, or an EKS cluster that the
	// program creates.
	Cluster clusterKeys `key:"cluster"`
	// SystemNodes are the nodes without GPUs of a created cluster. Everything except the
	// models runs on them.
	SystemNodes nodes.System `key:"systemNodes" page:"nodes"`
	// NodeGroups are the nodes with GPUs. On a created cluster, each entry becomes a
	// managed node group in each zone. Its name then has at most 20 characters and is not
	// system, labels are further labels, and max is required and is the largest number of
	// nodes in each zone. On an existing cluster, an entry describes existing nodes.
	NodeGroups []nodeGroup `key:"nodeGroups" page:"nodes"`
	Charts     `key:",inline"`
	// Monitoring is Prometheus: one that the program installs, or an existing one.
	Monitoring monitoringKeys `key:"monitoring" short:"install"`
	// Namespaces are the namespaces of models. Each enforces the restricted Pod Security
	// Standard. Default: one with the name inference.
	Namespaces []serving.NamespaceSpec `key:"namespaces" page:"models"`
	// Models are the models. Each has its own service.
	Models []model `key:"models"`
	// Defaults are keys for all models. A model can set its own values. Mappings are
	// merged key by key.
	Defaults struct{} `key:"defaults" scope:"defaults" of:"models" page:"models"`
	// HuggingFaceToken is a token of Hugging Face for gated models.
	HuggingFaceToken string `key:"huggingFaceToken" secret:"true" page:"models"`
	// APIKey is the key that clients of every model must send. Without it, models answer
	// all requests that reach them.
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
	// TracesToken is the token with which the installed collector sends traces.
	TracesToken string `key:"tracesToken" secret:"true" page:"telemetry"`
	// Costs are prices, and costs of the stack other than those of its models.
	Costs Costs `key:"costs"`
	// Limits are bounds. A preview that exceeds them fails.
	Limits Limits `key:"limits" page:"costs"`
	// Checklist is the production checklist, with which a preview compares the stack.
	Checklist checklist.Spec `key:"checklist" short:"production"`
}

// model declares the keys of one model.
type model struct {
	serving.Spec `key:",inline"`
	// Pin holds values that a new release of this program does not change. Copy them from
	// the stack output pins. Keys of the model and of the defaults replace them.
	Pin struct{} `key:"pin" scope:"pin"`
}

// clusterKeys declares the keys of the cluster.
type clusterKeys struct {
	cluster.Spec `key:",inline"`
	// NodeRelease is the AMI release of all nodes, such as 1.35.6-20260714, or latest.
	// Default: existing node groups keep their release, and new groups get the newest.
	NodeRelease string `key:"nodeRelease" in:"pin"`
	// Pin holds versions that a new release of this program does not change. Copy them
	// from the stack output clusterPin. Keys of the cluster replace them.
	Pin struct{} `key:"pin" scope:"pin"`
}

// nodeGroup declares the keys of one entry of nodeGroups.
type nodeGroup struct {
	serving.NodeGroup `key:",inline"`
	// Hardware describes nodes whose instance types are not in the catalogue.
	Hardware        *hardware `key:"hardware"`
	nodes.Placement `key:",inline"`
}

// monitoringKeys declares the keys of monitoring.
type monitoringKeys struct {
	serving.Monitoring `key:",inline"`
	monitoring.Spec    `key:",inline"`
}

// Costs holds the stack's prices, and costs other than those of its models.
type Costs struct {
	serving.Costs `key:",inline"`
	// Shared holds resources that the stack pays for in addition to the nodes of its
	// models and to the resources that the program creates.
	Shared sizing.Shared `key:"shared"`
}

// Limits holds bounds. A preview that exceeds them fails.
type Limits struct {
	// MaxUSDPerHour is the largest cost of the stack with all replicas, in USD an hour.
	// Default: no bound.
	MaxUSDPerHour float64 `key:"maxUsdPerHour" range:">0.."`
}
