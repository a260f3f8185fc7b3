package cluster

import (
	"encoding/json"

	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
	"github.com/vllm-eks/vllm-eks/internal/partition"
)

// Addon is an EKS add-on.
type Addon struct {
	// Name is its name in EKS and in the table of versions.
	Name string
	// values is its configuration; nil for none.
	values map[string]any
	// ServiceAccount has an AWS role with the managed policy Policy; "" for none.
	ServiceAccount, Policy string
	// Outlives keeps its pods and their role when the add-on is deleted. The pods end
	// with the last node.
	Outlives bool
}

// EarlyAddons returns the add-ons that a node needs to become ready.
func EarlyAddons() []Addon {
	return []Addon{
		// enableNetworkPolicy enforces NetworkPolicies. The add-on has its own role, so
		// that pods on a node cannot change the node's network.
		{Name: "vpc-cni", values: map[string]any{"enableNetworkPolicy": "true", "env": fewAddresses()}, ServiceAccount: "aws-node", Policy: "AmazonEKS_CNI_Policy"},
		{Name: "kube-proxy"},
		{Name: "eks-pod-identity-agent"},
	}
}

// fewAddresses returns settings with which a node reserves only a few more addresses than
// its pods use. By default, a node reserves another network interface: 100 addresses of a
// node such as p4d.24xlarge, most of a zone in a /20.
// https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.22.4/docs/eni-and-ip-target.md
func fewAddresses() map[string]any {
	return map[string]any{"MINIMUM_IP_TARGET": "16", "WARM_IP_TARGET": "4"}
}

// LateAddons returns the add-ons that need a node. All except the monitoring agent stay
// off nodes with GPUs. Their affinity replaces that of the add-on, so it also keeps
// replicas on different nodes.
//
// The EBS driver deletes a volume some seconds after its claim, and needs CoreDNS to
// resolve the names of AWS' APIs. So in a destroy, the EBS driver and CoreDNS end with
// the nodes and not before them.
func LateAddons(s Spec, tags map[string]string) []Addon {
	addons := []Addon{
		{Name: "coredns", values: offGPUs("k8s-app", "kube-dns"), Outlives: true},
		{Name: "metrics-server", values: offGPUs("app.kubernetes.io/name", "metrics-server")},
		VolumeDriver(s, tags),
		// Without this agent, EKS repairs nodes whose kubelet does not answer, but not
		// nodes whose GPU fails. By default, the agent tolerates every taint, but its
		// DCGM host engine, which reads the GPUs, tolerates none.
		// https://docs.aws.amazon.com/eks/latest/userguide/node-health.html
		// https://github.com/aws/eks-node-monitoring-agent/blob/v1.7.0/charts/eks-node-monitoring-agent/values.yaml
		{Name: "eks-node-monitoring-agent", values: map[string]any{
			"nodeAgent": map[string]any{"tolerations": everyTaint()},
			"dcgmAgent": map[string]any{"tolerations": everyTaint()},
		}},
	}
	if s.EFS {
		addons = append(addons, Addon{Name: "aws-efs-csi-driver", values: map[string]any{"controller": offGPUs("app", "efs-csi-controller")},
			ServiceAccount: "efs-csi-controller-sa", Policy: "service-role/AmazonEFSCSIDriverPolicy"})
	}
	return addons
}

// VolumeDriver returns the add-on with the driver of Amazon EBS. Its volumes cost money,
// so they have the stack's tags.
func VolumeDriver(s Spec, tags map[string]string) Addon {
	values := offGPUs("app", "ebs-csi-controller")
	if len(tags) > 0 {
		values["extraVolumeTags"] = tags
	}
	return Addon{Name: "aws-ebs-csi-driver", values: map[string]any{"controller": values}, Outlives: true,
		ServiceAccount: "ebs-csi-controller-sa", Policy: ebsPolicy(partition.Of(s.Region))}
}

// offGPUs returns an affinity that keeps pods with a label off nodes with GPUs, and on
// different nodes.
func offGPUs(label, value string) map[string]any {
	return map[string]any{"affinity": gpunodes.Apart(map[string]any{label: value})}
}

func everyTaint() []any { return []any{map[string]any{"operator": "Exists"}} }

// ebsPolicy returns the managed policy of the driver of Amazon EBS. The second version
// limits the driver to volumes that it created. It exists since 2026-04-16. Nobody has
// verified that it exists outside the partition aws.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEBSCSIDriverPolicyV2.html
func ebsPolicy(partition string) string {
	if partition == "aws" {
		return "AmazonEBSCSIDriverPolicyV2"
	}
	return "service-role/AmazonEBSCSIDriverPolicy"
}

// Configuration returns the values as JSON for EKS, in a fixed order; "" for none.
func (a Addon) Configuration() (string, error) {
	if a.values == nil {
		return "", nil
	}
	text, err := json.Marshal(a.values)
	return string(text), err
}
