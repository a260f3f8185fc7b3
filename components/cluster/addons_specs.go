package cluster

import (
	"encoding/json"
	"maps"

	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
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
}

// earlyAddons are what a node needs to become ready.
func earlyAddons() []addon {
	return []addon{
		// Without enableNetworkPolicy, policies are not enforced. It has a role of its
		// own, so that what runs on a node cannot change the node's network.
		{name: "vpc-cni", values: map[string]any{"enableNetworkPolicy": "true"}, serviceAccount: "aws-node", policy: "AmazonEKS_CNI_Policy"},
		{name: "kube-proxy"},
		{name: "eks-pod-identity-agent"},
	}
}

// lateAddons are what needs a node, and never one with GPUs. What costs has the
// stack's tags: volumes that the driver makes too.
func lateAddons(s Spec, tags map[string]string) []addon {
	away := map[string]any{"affinity": gpunodes.Avoid()}
	volumes := maps.Clone(away)
	if len(tags) > 0 {
		volumes["extraVolumeTags"] = tags
	}
	all := []addon{
		{name: "coredns", values: away},
		{name: "metrics-server", values: away},
		{name: "aws-ebs-csi-driver", values: map[string]any{"controller": volumes},
			serviceAccount: "ebs-csi-controller-sa", policy: "service-role/AmazonEBSCSIDriverPolicy"},
	}
	if s.EFS {
		all = append(all, addon{name: "aws-efs-csi-driver", values: map[string]any{"controller": away},
			serviceAccount: "efs-csi-controller-sa", policy: "service-role/AmazonEFSCSIDriverPolicy"})
	}
	return all
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
