package cluster

import (
	"encoding/json"

	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
	"github.com/vllm-eks/vllm-eks/internal/partition"
)

// Addon is one of EKS' own.
type Addon struct {
	// Name is EKS' own, and that of the table of versions.
	Name string
	// values are its configuration; nil for none.
	values map[string]any
	// serviceAccount has the AWS role with this managed policy, by its name; "" for
	// none.
	ServiceAccount, Policy string
	// Outlives leaves its pods running, with their role, when the add-on is deleted.
	// They end with the last node.
	Outlives bool
}

// EarlyAddons returns the add-ons that a node needs to become ready.
func EarlyAddons() []Addon {
	return []Addon{
		// Without enableNetworkPolicy, policies are not enforced. It has a role of its
		// own, so that what runs on a node cannot change the node's network.
		{Name: "vpc-cni", values: map[string]any{"enableNetworkPolicy": "true", "env": fewAddresses()}, ServiceAccount: "aws-node", Policy: "AmazonEKS_CNI_Policy"},
		{Name: "kube-proxy"},
		{Name: "eks-pod-identity-agent"},
	}
}

// fewAddresses has a node keep some more addresses than its pods have. By default
// it keeps a whole network interface more, which is 100 addresses of a node such
// as p4d.24xlarge and most of a zone of a /20.
// https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.22.4/docs/eni-and-ip-target.md
func fewAddresses() map[string]any {
	return map[string]any{"MINIMUM_IP_TARGET": "16", "WARM_IP_TARGET": "4"}
}

// LateAddons returns the add-ons that need a node. All but the monitoring agent stay off
// nodes with GPUs; the affinity that says so takes the place of the add-on's own, so it
// keeps the replicas apart as well.
//
// A volume is deleted some seconds after its claim, by the driver that created
// it, which resolves the names of AWS' APIs. In a destroy, the driver of EBS and
// CoreDNS therefore go with the nodes and not before them.
func LateAddons(s Spec, tags map[string]string) []Addon {
	addons := []Addon{
		{Name: "coredns", values: offGPUs("k8s-app", "kube-dns"), Outlives: true},
		{Name: "metrics-server", values: offGPUs("app.kubernetes.io/name", "metrics-server")},
		VolumeDriver(s, tags),
		// Without this agent, EKS repairs a node whose kubelet does not answer, and no
		// node whose GPU fails. The agent's defaults tolerate every taint for the agent,
		// and none for its host engine of DCGM, which reads the GPUs.
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

// VolumeDriver returns the add-on with the driver of Amazon EBS. The volumes that it
// creates cost money, and have the stack's tags.
func VolumeDriver(s Spec, tags map[string]string) Addon {
	values := offGPUs("app", "ebs-csi-controller")
	if len(tags) > 0 {
		values["extraVolumeTags"] = tags
	}
	return Addon{Name: "aws-ebs-csi-driver", values: map[string]any{"controller": values}, Outlives: true,
		ServiceAccount: "ebs-csi-controller-sa", Policy: ebsPolicy(partition.Of(s.Region))}
}

// offGPUs keeps pods with a label off nodes with GPUs, and apart from each other.
func offGPUs(label, value string) map[string]any {
	return map[string]any{"affinity": gpunodes.Apart(map[string]any{label: value})}
}

func everyTaint() []any { return []any{map[string]any{"operator": "Exists"}} }

// ebsPolicy returns the managed policy of the driver of Amazon EBS. The second version
// limits the driver to volumes that it created. It exists since 2026-04-16; that it
// exists outside the partition aws is not verified.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEBSCSIDriverPolicyV2.html
func ebsPolicy(partition string) string {
	if partition == "aws" {
		return "AmazonEBSCSIDriverPolicyV2"
	}
	return "service-role/AmazonEBSCSIDriverPolicy"
}

// Configuration returns the values in the form that EKS takes, in an order that does not
// change; "" for none.
func (a Addon) Configuration() (string, error) {
	if a.values == nil {
		return "", nil
	}
	text, err := json.Marshal(a.values)
	return string(text), err
}
