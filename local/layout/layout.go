// Package layout names the files of the local environment. All of them lie in one folder of the
// checkout, which git ignores. Removing the folder removes the environment.
package layout

import "path/filepath"

// Addresses of the embedded cluster. All come from 198.18.0.0/15, which
// RFC 2544 reserves for benchmarks: no LAN, VPN or VPC uses it.
const (
	PodCIDR      = "198.18.0.0/16"
	ServiceCIDR  = "198.19.0.0/17"
	KubernetesIP = "198.19.0.1"  // the Service "kubernetes"
	DNSIP        = "198.19.0.10" // the Service "kube-dns"
	NodeIP       = "198.19.255.1"
	HostIP       = "198.19.255.2" // this machine, as pods see it
	APIServer    = "https://" + NodeIP + ":6443"
	NodeName     = "vllm-eks-local"
	Context      = "vllm-eks-local" // the kubeconfig's context
)

// Layout names the files of one checkout's local environment.
type Layout struct {
	// Root is the absolute path of the checkout.
	Root string
}

// State returns the folder that holds the environment.
func (l Layout) State() string { return filepath.Join(l.Root, ".local") }

// Bin returns the path of a program that was built here.
func (l Layout) Bin(name string) string { return filepath.Join(l.State(), "bin", name) }

// Kubeconfig returns the path of the embedded cluster's kubeconfig, with the rights of an
// administrator.
func (l Layout) Kubeconfig() string { return filepath.Join(l.State(), "kubeconfig") }

// Kube returns a path in the embedded cluster's state.
func (l Layout) Kube(elem ...string) string {
	return filepath.Join(append([]string{l.State(), "kube"}, elem...)...)
}

// Log returns the path of the log of a part of the embedded cluster.
func (l Layout) Log(name string) string { return l.Kube("logs", name+".log") }

// Pulumi returns a path in the Pulumi engine's own home and backend.
func (l Layout) Pulumi(elem ...string) string {
	return filepath.Join(append([]string{l.State(), "pulumi"}, elem...)...)
}

// Simulation returns a path of the simulation of AWS stacks: its programs, its account, and its
// own home and backend of the engine.
func (l Layout) Simulation(elem ...string) string {
	return filepath.Join(append([]string{l.State(), "simulation"}, elem...)...)
}

// ContainerdSocket returns the address of the embedded cluster's container runtime.
func (l Layout) ContainerdSocket() string { return l.Kube("run", "containerd.sock") }
