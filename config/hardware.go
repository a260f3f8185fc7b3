package config

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// hardware describes the nodes of a group whose instance types are not in the catalogue.
// The ranges include every machine.
type hardware struct {
	// GPU is the name of the GPU: one of the catalogue, or your own name for another GPU.
	GPU string `key:"gpu" required:"true" advice:"name the GPU, such as H100"`
	// GPUs is the number of GPUs of one node.
	GPUs int `key:"gpus" range:"1..8" required:"true" advice:"set the value of one node"`
	// VCPU is the number of vCPUs of one node.
	VCPU int `key:"vcpu" range:"1..1024" required:"true" advice:"set the value of one node"`
	// MemoryGiB is the memory of one node in GiB.
	MemoryGiB float64 `key:"memoryGiB" range:">0..65536" required:"true" advice:"set the value of one node"`
	// MaxPods is the largest number of pods of one node. The kubelet reserves memory for
	// them.
	MaxPods int `key:"maxPods" range:"1..1000" default:"110"`
	// NVMeGB is the size of the local disks of one node in GB. Default: no local disks.
	NVMeGB int `key:"nvmeGB" range:"1..1000000"`
	// NetworkGbps is the network bandwidth of one node in Gbit/s. Default: not known.
	NetworkGbps float64 `key:"networkGbps" range:">0..100000"`
	// GPUMemoryGiB is the memory of one GPU in GiB, as nvidia-smi shows it. Default: that
	// of the catalogue; required for another GPU.
	GPUMemoryGiB float64 `key:"gpuMemoryGiB" range:">0..1024"`
	// ComputeCapability is the compute capability of the GPU, such as 9.0. Default: that
	// of the catalogue; required for another GPU.
	ComputeCapability float64 `key:"computeCapability" range:">0.."`
	// Link is how the GPUs of one node exchange data: PCIe3 to PCIe5, or NVLink2 to
	// NVLink5. Default: that of the catalogue; PCIe4 for another GPU.
	Link string `key:"link"`
	// GPUMemoryGBps is the bandwidth of the memory of one GPU in GB/s, from its data
	// sheet. Default: that of the catalogue; the speed of another GPU is not estimated.
	GPUMemoryGBps float64 `key:"gpuMemoryGBps" range:">0..100000"`
	// GPUTFLOPS is the rate of dense 16-bit matrix products of one GPU in TFLOPS, from its
	// data sheet. Default: that of the catalogue; the speed of another GPU is not
	// estimated.
	GPUTFLOPS float64 `key:"gpuTFLOPS" range:">0..100000"`
}

// gpuName matches the name of a GPU, which is also part of a node label.
var gpuName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,38}[A-Za-z0-9])?$`)

// types returns the instance types of a group that the hardware describes. For a group
// without instance types, it returns the name of the group as the type.
func (g nodeGroup) types() []string {
	if len(g.InstanceTypes) == 0 && g.Hardware != nil && g.Name != "" {
		return []string{g.Name}
	}
	return g.InstanceTypes
}

// catalogued returns the first type that is in the catalogue; "" if there is none.
func (g nodeGroup) catalogued() string {
	for _, instanceType := range g.types() {
		if _, err := catalogue.FindInstance(instanceType); err == nil {
			return instanceType
		}
	}
	return ""
}

// described returns the keys that describe a GPU and are set.
func (h hardware) described() []string {
	var names []string
	for _, property := range []struct {
		key string
		set bool
	}{
		{"gpuMemoryGiB", h.GPUMemoryGiB != 0}, {"computeCapability", h.ComputeCapability != 0}, {"link", h.Link != ""},
		{"gpuMemoryGBps", h.GPUMemoryGBps != 0}, {"gpuTFLOPS", h.GPUTFLOPS != 0},
	} {
		if property.set {
			names = append(names, property.key)
		}
	}
	return names
}

// instance returns the hardware as an instance type. The default of maxPods is that of
// the kubelet: KubeletConfiguration v1beta1 (read 2026-11-29).
func (h hardware) instance() catalogue.Instance {
	return catalogue.Instance{
		GPU: h.gpu(), GPUs: h.GPUs, VCPU: h.VCPU, MemoryGiB: h.MemoryGiB, MaxPods: h.MaxPods, NVMeGB: h.NVMeGB, NetworkGbps: h.NetworkGbps,
	}
}

// gpu returns the GPU of the catalogue, or the described GPU.
func (h hardware) gpu() catalogue.GPU {
	if gpu, err := catalogue.FindGPU(h.GPU); err == nil {
		return gpu
	}
	gpu := catalogue.GPU{
		Name: h.GPU, NominalGB: int(math.Round(h.GPUMemoryGiB)), UsableGiB: h.GPUMemoryGiB, MemoryGBps: h.GPUMemoryGBps, TFLOPS: h.GPUTFLOPS,
	}
	gpu.Capability, _ = catalogue.CapabilityOf(h.ComputeCapability)
	gpu.Link, _ = h.link()
	return gpu
}

func (h hardware) link() (catalogue.Link, error) {
	if h.Link == "" {
		return catalogue.FindLink(catalogue.DefaultLink)
	}
	return catalogue.FindLink(h.Link)
}

// Validate returns every problem of the hardware, each beginning with its key under
// path.
func (h hardware) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&h, path)
	if _, err := h.link(); err != nil {
		problems.NotSupported(&found, path.Child("link"), "%s", err)
	}
	described := h.described()
	gpu, err := catalogue.FindGPU(h.GPU)
	switch {
	case h.GPU == "": // reported as missing
	case !gpuName.MatchString(h.GPU):
		problems.Invalid(&found, path.Child("gpu"), "is %q, want letters, digits and '-', such as H100", h.GPU)
	case err == nil && len(described) > 0:
		problems.Forbidden(&found, path.Child("gpu"), "is %s, which is in the catalogue; remove %s, or give the GPU another name", gpu.Name, strings.Join(described, ", "))
	case err == nil:
	case len(described) == 0:
		problems.NotSupported(&found, path.Child("gpu"), "%s, or describe it with gpuMemoryGiB and computeCapability", err)
	default:
		h.validateGPU(&found, path, described)
	}
	return found
}

// validateGPU checks the description of a GPU that is not in the catalogue.
func (h hardware) validateGPU(found *field.ErrorList, path *field.Path, described []string) {
	if h.ComputeCapability == 0 {
		problems.Required(found, path.Child("computeCapability"), "is missing; give what nvidia-smi --query-gpu=compute_cap shows, such as 9.0")
	} else if _, err := catalogue.CapabilityOf(h.ComputeCapability); err != nil {
		problems.Invalid(found, path.Child("computeCapability"), "%s", err)
	}
	if h.GPUMemoryGiB == 0 {
		problems.Required(found, path.Child("gpuMemoryGiB"), "is missing; give the memory of one GPU that nvidia-smi shows")
	}
	const rate, bandwidth = "gpuTFLOPS", "gpuMemoryGBps"
	for _, pair := range [][2]string{{rate, bandwidth}, {bandwidth, rate}} {
		if slices.Contains(described, pair[1]) && !slices.Contains(described, pair[0]) {
			problems.Required(found, path.Child(pair[0]), "is missing, and %s is given; the speed follows from both: give both, or neither", pair[1])
		}
	}
}
