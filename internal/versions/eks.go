package versions

import (
	"maps"
	"slices"
)

// Kubernetes is the default minor of created clusters, and one of KubernetesMinors.
// https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
const Kubernetes = "1.35"

// minor holds the versions that depend on the minor version of Kubernetes.
type minor struct {
	// autoscaler is the tag of the cluster autoscaler's image. Its minor version
	// must be that of Kubernetes, because it simulates the scheduler. The chart names
	// the repository. The tags are the newest of 2026-07-22.
	// https://github.com/kubernetes/autoscaler/releases
	autoscaler string
	// coreDNS and kubeProxy are EKS add-ons with a build for each minor version.
	coreDNS, kubeProxy string
}

// minors are the default builds of the EKS add-ons, as of 2026-10-05 for 1.33,
// 1.34 and 1.35, and of 2026-09-24 for 1.36. EKS offers newer builds about every
// week, and ends old ones after some months. Source: published outputs of
//
//	aws eks describe-addon-versions --kubernetes-version 1.35 --addon-name coredns
//
// with defaultVersion: true. The newest builds of 1.36 were then coredns
// v1.14.7-eksbuild.11 and kube-proxy v1.36.0-eksbuild.45.
var minors = map[string]minor{
	"1.33": {autoscaler: "v1.33.6", coreDNS: "v1.12.4-eksbuild.38", kubeProxy: "v1.33.10-eksbuild.29"},
	"1.34": {autoscaler: "v1.34.5", coreDNS: "v1.12.4-eksbuild.38", kubeProxy: "v1.34.6-eksbuild.29"},
	"1.35": {autoscaler: "v1.35.2", coreDNS: "v1.13.2-eksbuild.31", kubeProxy: "v1.35.3-eksbuild.29"},
	"1.36": {autoscaler: "v1.36.1", coreDNS: "v1.14.3-eksbuild.23", kubeProxy: "v1.36.0-eksbuild.25"},
}

// anyMinor holds EKS add-ons with one build for all minor versions, as of 2026-10-05.
var anyMinor = map[string]string{
	// https://github.com/aws/amazon-vpc-cni-k8s/releases
	"vpc-cni": "v1.22.4-eksbuild.3",
	// https://github.com/aws/eks-node-monitoring-agent/releases (2026-08-04; in use on
	// Kubernetes 1.35 and 1.36 since 2026-08-14)
	"eks-node-monitoring-agent": "v1.7.0-eksbuild.1",
	// https://github.com/aws/eks-pod-identity-agent/releases
	"eks-pod-identity-agent": "v1.3.10-eksbuild.3",
	// https://github.com/kubernetes-sigs/aws-ebs-csi-driver/releases
	"aws-ebs-csi-driver": "v1.66.0-eksbuild.1",
	// https://github.com/kubernetes-sigs/aws-efs-csi-driver/releases
	"aws-efs-csi-driver": "v3.4.2-eksbuild.1",
	// https://github.com/kubernetes-sigs/metrics-server/releases
	"metrics-server": "v0.9.0-eksbuild.11",
}

// KubernetesMinors returns the minor versions that a cluster may have, the oldest
// first.
func KubernetesMinors() []string { return slices.Sorted(maps.Keys(minors)) }

// Addon returns the version of an EKS add-on for a minor of Kubernetes; "" for an
// unknown add-on or minor.
func Addon(name, kubernetesMinor string) string {
	m, ok := minors[kubernetesMinor]
	switch {
	case !ok:
		return ""
	case name == "coredns":
		return m.coreDNS
	case name == "kube-proxy":
		return m.kubeProxy
	}
	return anyMinor[name]
}

// Addons returns the names of the EKS add-ons, sorted.
func Addons() []string {
	names := append([]string{"coredns", "kube-proxy"}, slices.Collect(maps.Keys(anyMinor))...)
	slices.Sort(names)
	return names
}

// ClusterAutoscalerTag returns the tag of the cluster autoscaler's image for a minor of
// Kubernetes; "" if the minor is not one of KubernetesMinors.
func ClusterAutoscalerTag(kubernetesMinor string) string { return minors[kubernetesMinor].autoscaler }
