package serving

import (
	"maps"
	"math"
	"strconv"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Estimate is what the service comes to: memory, what it serves, cold start and
// cost. It is not there where the model's shape or the GPU is not known, or
// where the spec contradicts itself.
func (s Spec) Estimate() (sizing.Estimate, bool) {
	w, ok := s.workload()
	if !ok {
		return sizing.Estimate{}, false
	}
	return sizing.Size(w), true
}

// workload is the service as sizing takes it. What the engine is told is read
// from its arguments, so that the estimate is of the engine that will run.
func (s Spec) workload() (sizing.Workload, bool) {
	gpu, on, err := s.hardware()
	if err != nil {
		return sizing.Workload{}, false
	}
	shape, err := s.Model.shape()
	if err != nil || shape.Name == "" {
		return sizing.Workload{}, false
	}
	args, err := vllmflags.Parse(engineArgs(s))
	if err != nil {
		return sizing.Workload{}, false
	}
	engine := sizing.Engine{Release: s.release(), Shape: shape, GPU: gpu}.WithArgs(args)
	engine.TensorParallel = s.GPU.Count // 0 in the arguments of a spec without defaults
	least := 1
	if s.Replicas.Min != nil {
		least = *s.Replicas.Min
	}
	return sizing.Workload{
		Engine: engine, On: on, Objectives: s.Objectives.sizing(),
		MinReplicas: least, MaxReplicas: max(s.Replicas.Max, least, 1),
		Prices: catalogue.Prices{Region: s.Costs.Region, Override: s.Costs.USDPerHour},
	}, true
}

// hardware is the card, and the instance type if it is EC2's.
func (s Spec) hardware() (catalogue.GPU, catalogue.Instance, error) {
	if len(s.NodeGroup.InstanceTypes) > 0 {
		on, err := catalogue.FindInstance(s.NodeGroup.InstanceTypes[0])
		return on.GPU, on, err
	}
	gpu, err := catalogue.FindGPU(s.GPU.Type)
	return gpu, catalogue.Instance{}, err
}

// shape is the model's; without a name where it is not known.
func (m Model) shape() (catalogue.Shape, error) {
	if m.Shape == "" {
		shape, _ := catalogue.FindShape(m.ID)
		return shape, nil
	}
	shape, err := catalogue.ParseConfig([]byte(m.Shape))
	shape.Name = m.ID
	if shape.Quantization.Method == "" {
		shape.Quantization = catalogue.QuantizationOf(m.ID)
	}
	return shape, err
}

// release is the version of vLLM that the image has, as far as it tells.
func (s Spec) release() sizing.Release {
	for _, text := range []string{s.VLLMVersion, versions.ImageVersion(s.Image), versions.VLLM} {
		if r, ok := sizing.ParseRelease(text); ok {
			return r
		}
	}
	return sizing.Release{}
}

// sizing are the objectives as sizing takes them.
func (o Objectives) sizing() sizing.Objectives {
	return sizing.Objectives{TPOTMilliseconds: float64(o.TPOTMilliseconds), InputTokens: o.InputTokens, OutputTokens: o.OutputTokens}
}

const (
	// answersInFlight is how many times longer than the mean a request may be
	// that is left to finish: the longest 1 % of Azure's answers are 2.8 times.
	answersInFlight = 4
	leastShutdown   = 120
)

// shutdownSeconds is how long requests in flight may take to finish.
func (o Objectives) shutdownSeconds() int {
	full := o.sizing().WithDefaults(0)
	seconds := answersInFlight * float64(full.OutputTokens) * full.TPOTMilliseconds / 1000
	return max(leastShutdown, int(math.Ceil(math.Min(seconds, longestSeconds))))
}

// cachesGiB is what is asked of the disk beside the weights: caches of
// downloads and compilation.
const cachesGiB = 20

// withEstimate fills in what the estimate gives and the user did not.
func (s Spec) withEstimate(e sizing.Estimate) Spec {
	s.GPU.Count = or(s.GPU.Count, e.Workload.Engine.TensorParallel)
	s.Model.MaxNumSeqs = or(s.Model.MaxNumSeqs, e.Serving.MaxNumSeqs)
	s.Lifecycle.LoadSeconds = or(s.Lifecycle.LoadSeconds, min(int(math.Ceil(e.ColdStart.Load().Seconds())), longestSeconds))
	weights := e.Memory.Weights * float64(e.Workload.Engine.GPUs())
	s.Resources.Disk = or(s.Resources.Disk, strconv.Itoa(int(math.Ceil(weights))+cachesGiB)+"Gi")
	return s
}

// Cheapest is the node group on which all replicas cost least among those where
// the service fits; if it fits none, the one where it comes nearest. It is not
// there where the model's shape is not known.
func (s Spec) Cheapest(groups []NodeGroup) (NodeGroup, bool) {
	var candidates []sizing.Estimate
	names := map[string]NodeGroup{}
	for _, g := range groups {
		on := s
		on.NodeGroup = g
		if e, ok := on.Estimate(); ok {
			e.Workload.On.Type = g.Name // what tells them apart, and decides a tie
			names[g.Name] = g
			candidates = append(candidates, e)
		}
	}
	if len(candidates) == 0 {
		return NodeGroup{}, false
	}
	sizing.SortByCost(candidates)
	return names[candidates[0].Workload.On.Type], true
}

// instanceTypeLabel is on every node of EC2.
const instanceTypeLabel = "node.kubernetes.io/instance-type"

// labels are those that its nodes alone have.
func (g NodeGroup) labels() map[string]string {
	if len(g.Labels) == 0 && len(g.InstanceTypes) == 1 {
		return map[string]string{instanceTypeLabel: g.InstanceTypes[0]}
	}
	return g.Labels
}

// nodeSelector is the node group's labels and the spec's own.
func (s Spec) nodeSelector() map[string]string {
	selector := maps.Clone(s.NodeGroup.labels())
	if selector == nil {
		selector = map[string]string{}
	}
	maps.Copy(selector, s.Scheduling.NodeSelector)
	return selector
}
