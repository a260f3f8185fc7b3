package checklist

import (
	"slices"

	"github.com/vllm-eks/vllm-eks/spec/cluster"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
	"github.com/vllm-eks/vllm-eks/spec/network"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Stack is a complete and valid configuration, as far as the items read it.
type Stack struct {
	// Models are the models. All other fields but MaxUSDPerHour are about what the program
	// creates or installs.
	Models []serving.Spec
	// MaxUSDPerHour is the key limits.maxUsdPerHour; 0 if it is not set.
	MaxUSDPerHour float64
	// Created reports that the program creates the cluster.
	Created bool
	Cluster cluster.Spec
	Network network.Spec
	Nodes   nodes.Spec
	// Prometheus is the Prometheus that the program installs, if it does.
	Prometheus monitoring.Spec
	// Controllers are the replicas of the controllers that the program installs, by the key
	// that sets them.
	Controllers map[string]int
}

// Item is one item of the checklist.
type Item struct {
	// ID is what the key checklist.accept names.
	ID string
	// Rule is what a stack has that meets the item, and Reason why production needs it:
	// sentences of the documentation.
	Rule, Reason string
	// Key is the key that meets the item.
	Key string
	// Problem is what a stack lacks that does not meet the item, and Advice what to do: the
	// two parts of the line of a preview.
	Problem, Advice string

	// stack or model reports whether a stack, or one of its models, meets the item.
	stack func(Stack) bool
	model func(Stack, serving.Spec) bool
}

// OfModels reports whether the item is about each model, and not about the stack.
func (item Item) OfModels() bool { return item.model != nil }

// Items returns the items of the checklist, in the order in which a preview shows them.
// An item is never met or unmet by something that the program already refuses or warns
// about.
func Items() []Item { return slices.Concat(availability(), weights(), access(), platform()) }

// created returns the rule of an item about a created cluster; every other stack meets
// it.
func created(meets func(Stack) bool) func(Stack) bool {
	return func(s Stack) bool { return !s.Created || meets(s) }
}

// platform returns the items about the cluster, its network and its charts.
func platform() []Item {
	return []Item{
		{
			ID: "protection", Key: "cluster.protect", Rule: "The cluster is protected from deletion.",
			Reason:  "A mistaken `pulumi destroy`, or a change that replaces the cluster, ends every model.",
			Problem: "pulumi destroy deletes the cluster", Advice: "set cluster.protect: true",
			stack: created(func(s Stack) bool { return s.Cluster.Protect }),
		},
		{
			ID: "zone-independence", Key: "network.natGateways, network.interfaceEndpoints", Rule: "No zone needs a NAT gateway or an endpoint of another zone.",
			Reason:  "With `one`, the nodes of all zones lose AWS and the internet with one zone.",
			Problem: "all zones depend on the NAT gateway or the endpoints of one zone", Advice: "set network.natGateways and network.interfaceEndpoints to perZone",
			stack: created(func(s Stack) bool {
				n := s.Network
				return n.Existing != nil || n.NATGateways != network.One && n.InterfaceEndpoints != network.One
			}),
		},
		{
			ID: "flow-logs", Key: "network.flowLogDays", Rule: "The VPC has flow logs.",
			Reason:  "Without them, nobody can tell after an incident which addresses talked to each other.",
			Problem: "the VPC has no flow logs", Advice: "set network.flowLogDays to a number of days",
			stack: created(func(s Stack) bool {
				return s.Network.Existing != nil || s.Network.FlowLogDays == nil || *s.Network.FlowLogDays > 0
			}),
		},
		{
			ID: "system-nodes", Key: "systemNodes.min", Rule: "Each zone has a system node.",
			Reason:  "A volume binds its pod to a zone: without a node there, Prometheus does not start again.",
			Problem: "some zones have no system node", Advice: "set systemNodes.min to the number of zones, or remove it",
			stack: created(func(s Stack) bool { return s.Nodes.System.Min >= len(s.Nodes.System.Zones) }),
		},
		{
			ID: "controllers", Key: "keda.replicas, ingressController.replicas", Rule: "KEDA and the load balancer controller have two replicas.",
			Reason:  "While the node of a single replica is replaced, nothing scales, and load balancers do not learn of new pods.",
			Problem: "a controller has one replica", Advice: "set keda.replicas and ingressController.replicas to 2, or remove them",
			stack: func(s Stack) bool {
				for _, replicas := range s.Controllers {
					if replicas < 2 {
						return false
					}
				}
				return true
			},
		},
		{
			ID: "prometheus-replicas", Key: "monitoring.replicas", Rule: "Two Prometheus servers have the metrics that models are scaled by.",
			Reason:  "With one, models are not scaled while its node is replaced.",
			Problem: "models are scaled by a single Prometheus server", Advice: "set monitoring.replicas: 2",
			stack: func(s Stack) bool {
				return !s.Prometheus.Install || s.Prometheus.Replicas >= 2 || !slices.ContainsFunc(s.Models, scaledByPrometheus)
			},
		},
		{
			ID: "alerts", Key: "monitoring.alertmanager, monitoring.alerts", Rule: "Alertmanager sends alerts.",
			Reason:  "Otherwise, Prometheus shows alerts on a page that somebody has to open.",
			Problem: "alerts are sent to nobody", Advice: "set monitoring.alertmanager: true, and name receivers with monitoring.alerts or in AlertmanagerConfigs",
			stack: func(s Stack) bool { return !s.Prometheus.Install || s.Prometheus.Alertmanager },
		},
		{
			ID: "cost-limit", Key: "limits.maxUsdPerHour", Rule: "A preview fails if the stack can cost more than a limit.",
			Reason:  "One changed number, such as `replicas.max`, can multiply the cost.",
			Problem: "no limit bounds the cost", Advice: "set limits.maxUsdPerHour",
			stack: func(s Stack) bool { return s.MaxUSDPerHour > 0 },
		},
	}
}

// scaledByPrometheus reports whether metrics of Prometheus decide the number of
// replicas.
func scaledByPrometheus(m serving.Spec) bool {
	policy, _ := m.Scaling.Policy.Declaration()
	return policy.Prometheus()
}
