package config

import (
	"cmp"
	"math"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Bounds of a node that the user describes: rather too wide than too narrow.
const (
	mostNodeGPUs   = 8
	mostNodeVCPU   = 1024
	mostNodeGiB    = 65536
	mostGPUGiB     = 1024
	mostNetwork    = 100_000 // Gbit/s
	mostRate       = 100_000 // GB/s, TFLOPS
	mostNVMe       = 1_000_000
	mostPods       = 1000
	defaultMaxPods = 110 // the kubelet's: maxPods of KubeletConfiguration v1beta1 (read 2026-11-29)
)

// gpuName matches the name of a GPU, which also ends in a label of the nodes.
var gpuName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,38}[A-Za-z0-9])?$`)

// decodeHardware reads what the nodes of a group are, for types that the
// catalogue lacks (key hardware). A group without instance types is one of other
// machines, whose type is called like the group.
func decodeHardware(group *node, name string, types []string) (all []string, own catalogue.Types) {
	if !group.has("hardware") {
		group.asked = append(group.asked, "hardware")
		return types, nil
	}
	n := group.object("hardware")
	on := catalogue.Instance{
		GPU: n.ownGPU(), GPUs: n.upTo("gpus", mostNodeGPUs), VCPU: n.upTo("vcpu", mostNodeVCPU), MemoryGiB: n.above("memoryGiB", mostNodeGiB),
		MaxPods: n.upTo("maxPods", mostPods), NVMeGB: n.upTo("nvmeGB", mostNVMe), NetworkGbps: n.above("networkGbps", mostNetwork),
	}
	for _, key := range []string{"gpus", "vcpu", "memoryGiB"} {
		if n.values != nil && !n.has(key) {
			n.d.add(field.ErrorTypeRequired, n.at(key), "is missing; give what one node has")
		}
	}
	if on.MaxPods == 0 {
		on.MaxPods = defaultMaxPods
	}
	if len(types) == 0 && name != "" {
		types = []string{name}
	}
	for _, of := range types {
		if _, err := catalogue.FindInstance(of); err == nil {
			n.d.add(field.ErrorTypeForbidden, n.path, "describes %s, which the catalogue has; remove it, or name other instanceTypes", of)
			return types, nil
		}
	}
	if n.d.reported(n.path) {
		on = catalogue.Instance{} // nothing is sized on it, nor reported again
		n.d.refused = append(n.d.refused, n.path)
	}
	own = catalogue.Types{}
	for _, of := range types {
		own[of] = on
	}
	return types, own
}

// ownKeys are those that describe a GPU.
var ownKeys = []string{"gpuMemoryGiB", "computeCapability", "link", "gpuMemoryGBps", "gpuTFLOPS"}

// ownGPU is a GPU of the catalogue, or one that the user describes.
func (n *node) ownGPU() catalogue.GPU {
	name, gib, capability := n.str("gpu"), n.above("gpuMemoryGiB", mostGPUGiB), n.amount("computeCapability")
	own := catalogue.GPU{Name: name, NominalGB: int(math.Round(gib)), UsableGiB: gib, MemoryGBps: n.above("gpuMemoryGBps", mostRate), TFLOPS: n.above("gpuTFLOPS", mostRate)}
	link, err := catalogue.FindLink(cmp.Or(n.str("link"), catalogue.DefaultLink))
	if err != nil {
		n.d.add(field.ErrorTypeInvalid, n.at("link"), "%s", err)
	}
	own.Link = link
	described := slices.ContainsFunc(ownKeys, n.has)
	known, err := catalogue.FindGPU(name)
	switch {
	case n.values == nil: // reported as wrong
	case !n.has("gpu"):
		n.d.add(field.ErrorTypeRequired, n.at("gpu"), "is missing; name the GPU, such as H100")
	case !gpuName.MatchString(name):
		n.d.add(field.ErrorTypeInvalid, n.at("gpu"), "is %q, want letters, digits and '-', such as H100", name)
	case err == nil && described:
		n.d.add(field.ErrorTypeForbidden, n.at("gpu"), "is %s, which the catalogue has; remove %s, or give the GPU another name", known.Name, commas(slices.DeleteFunc(slices.Clone(ownKeys), func(key string) bool { return !n.has(key) })))
	case err == nil:
		return known
	case !described:
		n.d.add(field.ErrorTypeInvalid, n.at("gpu"), "%s, or describe it with gpuMemoryGiB and computeCapability", err)
	default:
		own.Capability = n.capability(capability)
		if !n.has("gpuMemoryGiB") {
			n.d.add(field.ErrorTypeRequired, n.at("gpuMemoryGiB"), "is missing; give the memory of one GPU that nvidia-smi shows")
		}
		for key, other := range map[string]string{"gpuTFLOPS": "gpuMemoryGBps", "gpuMemoryGBps": "gpuTFLOPS"} {
			if n.has(other) && !n.has(key) {
				n.d.add(field.ErrorTypeRequired, n.at(key), "is missing, and %s is given; the speed follows from both: give both, or neither", other)
			}
		}
	}
	return own
}

// capability is the compute capability of a GPU that the user describes; 0 if
// there is none.
func (n *node) capability(stated float64) int {
	if !n.has("computeCapability") {
		n.d.add(field.ErrorTypeRequired, n.at("computeCapability"), "is missing; give what nvidia-smi --query-gpu=compute_cap shows, such as 9.0")
	}
	if stated <= 0 {
		return 0
	}
	capability, err := catalogue.CapabilityOf(stated)
	if err != nil {
		n.d.add(field.ErrorTypeInvalid, n.at("computeCapability"), "%s", err)
	}
	return capability
}

// upTo is a whole number from 1 to a bound; 0 if it is not given.
func (n *node) upTo(key string, most int) int {
	i := n.integerOrZero(key)
	if i == nil {
		return 0
	}
	if *i < 1 || *i > most {
		n.d.add(field.ErrorTypeInvalid, n.at(key), "is %d, want 1 to %d", *i, most)
	}
	return *i
}

// above is a number above zero and at most a bound; 0 if it is not given.
func (n *node) above(key string, most float64) float64 {
	x := n.amount(key)
	if x > most || math.IsInf(x, 0) {
		n.d.add(field.ErrorTypeInvalid, n.at(key), "is %g, want at most %g", x, most)
	}
	return x
}
