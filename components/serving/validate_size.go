package serving

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// validateSize refuses what does not fit. What cannot be sized because of a
// problem that is reported already is left alone.
func (s Spec) validateSize(found *problems.List, at func(string) string) {
	shape, err := s.Model.shape()
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			found.Addf(at("shape"), "%s", line)
		}
		return
	}
	if s.GPU.Type != "" {
		gpu, err := catalogue.FindGPU(s.GPU.Type)
		if err != nil {
			found.Addf(at("gpu.type"), "%s", err)
			return
		}
		if _, on, err := s.hardware(); err == nil && on.Type != "" && on.GPU.Name != gpu.Name {
			found.Addf(at("gpu.type"), "is %q, but %s of the node group %s has %s; remove it", s.GPU.Type, on.Type, s.NodeGroup.Name, on.GPU.Name)
			return
		}
	}
	if s.GPU.Count < 1 {
		return
	}
	if _, on, err := s.hardware(); err == nil && on.GPUs > 0 && s.GPU.Count > on.GPUs {
		found.Addf(at("gpu.count"), "is %d, and %s has %d GPU", s.GPU.Count, on.Type, on.GPUs)
		return
	}
	s.validateAllocatable(found, at)
	if shape.Name == "" {
		return
	}
	if !sizing.Divides(shape.Heads, s.GPU.Count) {
		found.Addf(at("gpu.count"), "is %d, which does not divide the %d attention heads of %s", s.GPU.Count, shape.Heads, s.Model.ID)
		return
	}
	e, ok := s.Estimate()
	if !ok {
		return
	}
	if shape.MaxLen > 0 && s.Model.MaxLen > shape.MaxLen && s.Env["VLLM_ALLOW_LONG_MAX_MODEL_LEN"] != "1" {
		found.Addf(at("maxModelLen"), "is %d, and %s was trained for %d; vLLM does not start with more", s.Model.MaxLen, s.Model.ID, shape.MaxLen)
		return
	}
	if problem := e.Workload.Engine.Check(); problem != "" {
		found.Addf(at("extraArgs"), "%s", problem)
		return
	}
	if e.Memory.Verdict == sizing.DoesNotFit {
		key := "maxModelLen"
		if e.Memory.Short > 0 {
			key = "gpu.count"
		}
		found.Addf(at(key), "%s", e.Refusal())
	}
}

// validateAllocatable refuses requests that not every node of the group can
// meet.
func (s Spec) validateAllocatable(found *problems.List, at func(string) string) {
	for _, r := range []struct {
		key, asked string
		form       *regexp.Regexp
		there      func(catalogue.Instance) string
	}{
		{"resources.memory", s.Resources.Memory, byteAmount, func(on catalogue.Instance) string { return fmt.Sprintf("%dMi", on.AllocatableMiB()) }},
		{"resources.cpu", s.Resources.CPU, coreAmount, func(on catalogue.Instance) string { return fmt.Sprintf("%dm", on.AllocatableMilliCPU()) }},
	} {
		wanted, ok := parseQuantity(r.asked, r.form)
		for _, name := range s.NodeGroup.InstanceTypes {
			on, err := catalogue.FindInstance(name)
			if err != nil || !ok {
				continue // reported already
			}
			if most, _ := parseQuantity(r.there(on), r.form); wanted.Cmp(most) > 0 {
				found.Addf(at(r.key), "is %s, and pods on a %s can have %s at most", r.asked, on.Type, r.there(on))
				break
			}
		}
	}
}

// given tells whether there is a node group.
func (g NodeGroup) given() bool { return g.Name != "" || len(g.InstanceTypes) > 0 || len(g.Labels) > 0 }

func (o Objectives) validate(found *problems.List, at func(string) string) {
	for _, field := range []struct {
		key         string
		value, most int
	}{
		{"objectives.tpotMilliseconds", o.TPOTMilliseconds, 10_000},
		{"objectives.inputTokens", o.InputTokens, 10_000_000},
		{"objectives.outputTokens", o.OutputTokens, 10_000_000},
	} {
		if field.value < 0 || field.value > field.most {
			found.Addf(at(field.key), "is %d, want 1 to %d", field.value, field.most)
		}
	}
}

// mostNodes is how many nodes a managed node group of EKS may have.
const mostNodes = 450

// Validate returns every problem of the node group, each beginning with its key
// under path.
func (g NodeGroup) Validate(path string) error {
	var found problems.List
	switch {
	case g.Name == "":
		found.Addf(path+".name", "is missing; give the group a name such as %q", "g5")
	case !isLabel(g.Name):
		found.Addf(path+".name", "is %q, want lower-case letters, digits and '-', such as %q", g.Name, "g5")
	}
	if len(g.InstanceTypes) == 0 {
		found.Addf(path+".instanceTypes", "is missing; name the EC2 types of its nodes, such as [g5.2xlarge]")
	}
	var first catalogue.Instance
	for i, name := range g.InstanceTypes {
		key := fmt.Sprintf("%s.instanceTypes[%d]", path, i)
		on, err := catalogue.FindInstance(name)
		switch {
		case err != nil:
			found.Addf(key, "%s", err)
		case first.Type == "":
			first = on
		case on.GPU.Name != first.GPU.Name || on.GPUs != first.GPUs:
			found.Addf(key, "is %s with %d × %s, and %s has %d × %s; the nodes of a group have the same GPUs, so make it two groups",
				name, on.GPUs, on.GPU.Name, first.Type, first.GPUs, first.GPU.Name)
		}
	}
	if len(g.InstanceTypes) > 1 && len(g.Labels) == 0 {
		found.Addf(path+".labels", "is missing; with several instance types, name a label that the group's nodes have and no others")
	}
	for key, value := range sorted(g.Labels) {
		if !isLabelKey(key) || !isLabelValue(value) {
			found.Addf(path+".labels."+key, "is %q, which no label of a node can be", value)
		}
	}
	if g.Min < 0 || g.Min > mostNodes {
		found.Addf(path+".min", "is %d, want 0 to %d", g.Min, mostNodes)
	}
	if g.Max < 0 || g.Max > mostNodes || g.Max > 0 && g.Max < g.Min {
		found.Addf(path+".max", "is %d, want min, which is %d, to %d", g.Max, g.Min, mostNodes)
	}
	return found.Err()
}
