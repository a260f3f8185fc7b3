package cluster

import (
	"encoding/json"

	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
	"github.com/vllm-eks/vllm-eks/internal/partition"
)

// addon is one of EKS' own.
type addon struct {
	// name is EKS' own, and that of the table of versions.
	name string
	// values are its configuration; nil for none.
	values map[string]any
	// serviceAccount has the AWS role with this managed policy, by its name; "" for
	// none.
	serviceAccount, policy string
	// outlives leaves its pods running, with their role, when the add-on is deleted.
	// They end with the last node.
	outlives bool
}

// earlyAddons are what a node needs to become ready.
func earlyAddons() []addon {
	return []addon{
		// Without enableNetworkPolicy, policies are not enforced. It has a role of its
		// own, so that what runs on a node cannot change the node's network.
		{name: "vpc-cni", values: map[string]any{"enableNetworkPolicy": "true", "env": fewAddresses()}, serviceAccount: "aws-node", policy: "AmazonEKS_CNI_Policy"},
		{name: "kube-proxy"},
		{name: "eks-pod-identity-agent"},
	}
}

// fewAddresses has a node keep some more addresses than its pods have. By default
// it keeps a whole network interface more, which is 100 addresses of a node such
// as p4d.24xlarge and most of a zone of a /20.
// https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.22.4/docs/eni-and-ip-target.md
func fewAddresses() map[string]any {
	return map[string]any{"MINIMUM_IP_TARGET": "16", "WARM_IP_TARGET": "4"}
}

// lateAddons are what needs a node. All but the monitoring agent stay off nodes
// with GPUs; the affinity that says so takes the place of the add-on's own, so it
// keeps the replicas apart as well.
//
// A volume is deleted some seconds after its claim, by the driver that created
// it, which resolves the names of AWS' APIs. In a destroy, the driver of EBS and
// CoreDNS therefore go with the nodes and not before them.
func lateAddons(s Spec, tags map[string]string) []addon {
	all := []addon{
		{name: "coredns", values: offGPUs("k8s-app", "kube-dns"), outlives: true},
		{name: "metrics-server", values: offGPUs("app.kubernetes.io/name", "metrics-server")},
		volumeDriver(s, tags),
		// Without this agent, EKS repairs a node whose kubelet does not answer, and no
		// node whose GPU fails. The agent's defaults tolerate every taint for the agent,
		// and none for its host engine of DCGM, which reads the GPUs.
		// https://docs.aws.amazon.com/eks/latest/userguide/node-health.html
		// https://github.com/aws/eks-node-monitoring-agent/blob/v1.7.0/charts/eks-node-monitoring-agent/values.yaml
		{name: "eks-node-monitoring-agent", values: map[string]any{
			"nodeAgent": map[string]any{"tolerations": everyTaint()},
			"dcgmAgent": map[string]any{"tolerations": everyTaint()},
		}},
	}
	if s.EFS {
		all = append(all, addon{name: "aws-efs-csi-driver", values: map[string]any{"controller": offGPUs("app", "efs-csi-controller")},
			serviceAccount: "efs-csi-controller-sa", policy: "service-role/AmazonEFSCSIDriverPolicy"})
	}
	return all
}

// volumeDriver is the driver of Amazon EBS. The volumes that it creates cost, and
// have the stack's tags.
func volumeDriver(s Spec, tags map[string]string) addon {
	values := offGPUs("app", "ebs-csi-controller")
	if len(tags) > 0 {
		values["extraVolumeTags"] = tags
	}
	return addon{name: "aws-ebs-csi-driver", values: map[string]any{"controller": values}, outlives: true,
		serviceAccount: "ebs-csi-controller-sa", policy: ebsPolicy(partition.Of(s.Region))}
}

// offGPUs keeps pods with a label off nodes with GPUs, and apart from each other.
func offGPUs(label, value string) map[string]any {
	return map[string]any{"affinity": gpunodes.Apart(map[string]any{label: value})}
}

func everyTaint() []any { return []any{map[string]any{"operator": "Exists"}} }

// ebsPolicy is the managed policy of the driver of Amazon EBS. The second version
// limits the driver to volumes that it created. It exists since 2026-04-16; that
// it exists outside the partition aws is not verified.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEBSCSIDriverPolicyV2.html
func ebsPolicy(partition string) string {
	if partition == "aws" {
		return "AmazonEBSCSIDriverPolicyV2"
	}
	return "service-role/AmazonEBSCSIDriverPolicy"
}

// configuration is the values as EKS takes them, in an order that does not
// change; "" for none.
func (a addon) configuration() (string, error) {
	if a.values == nil {
		return "", nil
	}
	text, err := json.Marshal(a.values)
	return string(text), err
}
