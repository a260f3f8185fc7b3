package nodes

import (
	"fmt"
	"maps"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
)

// acceleratorLabel is the label by which cluster-autoscaler recognises nodes with GPUs
// before their device plugin reports GPUs.
// https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
const acceleratorLabel = "k8s.amazonaws.com/accelerator"

// labels returns the labels of the nodes of a group in addition to those that EKS sets.
func (g Group) labels() map[string]string {
	labels := maps.Clone(g.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[GroupLabel] = g.Name
	labels[gpunodes.PresentLabel] = gpunodes.PresentValue
	for _, name := range g.InstanceTypes[:min(1, len(g.InstanceTypes))] {
		if instance, err := g.Own.Find(name); err == nil {
			labels[acceleratorLabel] = "nvidia-" + strings.ToLower(instance.GPU.Name)
		}
	}
	return labels
}

// diskTag is the tag of a node group that tells cluster-autoscaler the disk of a node
// before the first node exists. The autoscaler reads labels, taints and such tags of
// managed node groups from EKS.
// https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.35.2/cluster-autoscaler/cloudprovider/aws/aws_manager.go
const diskTag = "k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage"

// ephemeral returns ephemeralGiB as a quantity.
func (g Group) ephemeral() string { return fmt.Sprintf("%dGi", g.ephemeralGiB()) }

// ephemeralGiB returns the part of the disk that pods can use. The file system takes 1 %,
// the kubelet evicts pods when 10 % are left, and the kubelet keeps 1 GiB for itself.
func (g Group) ephemeralGiB() int {
	disk := float64(g.DiskGiB)
	if local := g.localGB(); local > 0 {
		disk = float64(local) * 1e9 / (1 << 30)
	}
	return int(disk*0.99*0.9) - 1
}
