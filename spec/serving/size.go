package serving

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Estimate returns the estimate of the service: memory, capacity, cold start and cost.
// It reports false if the service cannot be sized (Unsized).
func (s Spec) Estimate() (sizing.Estimate, bool) {
	w, reason := s.workload()
	if reason != "" {
		return sizing.Estimate{}, false
	}
	return sizing.Size(w), true
}

// Unsized returns why the service cannot be sized; "" if it can.
func (s Spec) Unsized() string {
	_, reason := s.workload()
	return reason
}

// UnknownShape reports whether neither the catalogue nor the spec has the model's shape.
func (s Spec) UnknownShape() bool {
	shape, err := s.Model.shape()
	return err == nil && shape.Name == ""
}

// underivable returns the keys that are not set and whose defaults need the model's shape
// and a known GPU: the number of GPUs, and the disk for downloaded weights.
func (s Spec) underivable() []string {
	if _, _, err := s.hardware(); err != nil || !s.UnknownShape() {
		return nil
	}
	var keys []string
	if s.GPU.Count == 0 {
		keys = append(keys, "gpu.count")
	}
	if s.Resources.Disk == "" && !s.local() && s.CacheClaim() == "" {
		keys = append(keys, "resources.disk")
	}
	return keys
}

// validateUnderived reports the keys that could not be derived as missing.
func (s Spec) validateUnderived(found *field.ErrorList, path *field.Path) {
	if len(s.underived) == 0 {
		return
	}
	also := ""
	if len(s.underived) > 1 {
		also = ", and so is " + s.underived[1]
	}
	problems.Required(found, path.Child(s.underived[0]), "is missing%s: the shape of %s is not in the catalogue, so there is no default; set %s, or %s",
		also, s.Model.ID, strings.Join(s.underived, " and "), s.Model.shapeAdvice())
}

// shapeAdvice returns advice on how to give the model's shape, as part of a message.
func (m Model) shapeAdvice() string {
	if m.InS3() {
		return "set shape to its config.json"
	}
	return fmt.Sprintf("get its config.json with go run ./cmd/size %s --fetch, and set shape to it", m.ID)
}

// workload returns the service as a workload for sizing, or the reason why it cannot be
// sized; then w has only the engine, if it is known. The settings of the engine are read
// from its arguments, so that the estimate describes the replica that will run.
func (s Spec) workload() (w sizing.Workload, reason string) {
	gpu, instance, err := s.hardware()
	if err != nil {
		return w, "its GPU is not known; list nodeGroups with their instanceTypes, or name the GPU with gpu.type"
	}
	shape, err := s.Model.shape()
	switch {
	case err != nil:
		return w, "its shape is wrong"
	case shape.Name == "":
		return w, fmt.Sprintf("the shape of %s is not in the catalogue; %s", s.Model.ID, s.Model.shapeAdvice())
	}
	args, _, err := vllmflags.ParseKnown(VLLMArgs(s))
	if err != nil {
		return w, "its arguments are wrong"
	}
	engine := sizing.Engine{Release: s.release(), Shape: shape, GPU: gpu}.WithArgs(args)
	engine.TensorParallel = s.GPU.Count // 0 in the arguments of a spec without defaults
	engine.CustomImage = s.imageKnown() == vllmflags.Custom
	if flags := args.Given(vllmflags.Unsized); len(flags) > 0 {
		return sizing.Workload{Model: s.Model.ID, Engine: engine, Instance: instance}, fmt.Sprintf("the effect of %s is not computed", strings.Join(flags, " and "))
	}
	minimum := s.Replicas.Smallest()
	return sizing.Workload{
		Model: s.Model.ID, Engine: engine, Instance: instance, Alternatives: s.alternatives(instance), Spot: s.NodeGroup.upTo(), Objectives: s.Objectives.sizing(),
		MinReplicas: minimum, MaxReplicas: max(s.Replicas.Max, minimum, 1), Prices: s.prices(),
		Storage: s.weightStorage(), Compiled: s.compiled(),
		Scrape: time.Duration(s.Monitoring.IntervalSeconds) * time.Second, Load: time.Duration(s.Lifecycle.LoadSeconds) * time.Second,
	}, ""
}

func (c Costs) prices() catalogue.Prices {
	return catalogue.Prices{Region: c.Region, Override: c.USDPerHour, DiscountPercent: c.DiscountPercent}
}

// prices returns the prices of the group's nodes.
func (g NodeGroup) prices(costs Costs) catalogue.Prices {
	return costs.prices().ForNodes(g.InstanceTypes, g.USDPerHour, !g.Undiscounted)
}

// uncountedVariables change the use of GPU memory at startup in ways that sizing does not
// compute (vllm/envs.py at 2f41c894e3).
var uncountedVariables = []string{"VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS", "VLLM_USE_V2_MODEL_RUNNER"}

// Uncounted returns a sentence about memory that the estimate does not include; "" if it
// includes everything.
func (s Spec) Uncounted() string {
	args, unknown, err := vllmflags.ParseKnown(VLLMArgs(s))
	if err != nil {
		return ""
	}
	uncounted := args.Given(vllmflags.Uncounted)
	for _, name := range unknown {
		if flag, _, _ := strings.Cut(name, "="); strings.HasPrefix(flag, "--") {
			uncounted = append(uncounted, flag)
		}
	}
	for _, name := range uncountedVariables {
		if _, set := s.Env[name]; set {
			uncounted = append(uncounted, name)
		}
	}
	if w, reason := s.workload(); reason == "" {
		if _, exists := w.Engine.DrafterGiB(); !exists {
			uncounted = append(uncounted, "speculative.model")
		}
		if _, exists := w.Engine.AdaptersGiB(); !exists {
			uncounted = append(uncounted, "lora.adapters")
		}
	}
	if len(uncounted) == 0 {
		return ""
	}
	return "the memory of " + strings.Join(uncounted, " and ") + " is not counted, so the KV cache may get less memory than stated"
}

// hardware returns the GPU, and the EC2 instance type if the node group has types: the
// most expensive of several.
func (s Spec) hardware() (catalogue.GPU, catalogue.Instance, error) {
	if len(s.NodeGroup.InstanceTypes) > 0 {
		instance, err := s.NodeGroup.MostExpensive(s.Costs)
		return instance.GPU, instance, err
	}
	gpu, err := catalogue.FindGPU(s.GPU.Type)
	return gpu, catalogue.Instance{}, err
}

// MostExpensive returns the instance type for which the group is sized: the most
// expensive of the types with the fewest GPUs.
func (g NodeGroup) MostExpensive(costs Costs) (catalogue.Instance, error) {
	var dearest catalogue.Instance
	highest := -1.0
	for _, name := range g.InstanceTypes {
		instance, err := g.Own.Find(name)
		if err != nil {
			return instance, err
		}
		price, _ := g.prices(costs).For(name)
		if highest < 0 || instance.GPUs < dearest.GPUs || instance.GPUs == dearest.GPUs && price.USDPerHour > highest {
			dearest, highest = instance, price.USDPerHour
		}
	}
	return dearest, nil
}

// alternatives returns the instance types on which replicas may run, without the type for
// which they are sized.
func (s Spec) alternatives(sized catalogue.Instance) []catalogue.Instance {
	var instances []catalogue.Instance
	for _, name := range s.NodeGroup.InstanceTypes {
		if instance, err := s.NodeGroup.Own.Find(name); err == nil && s.Prefers() && name != sized.Type {
			instances = append(instances, instance)
		}
	}
	return instances
}

// shape returns the model's shape; it has no name if the shape is not known.
func (m Model) shape() (catalogue.Shape, error) {
	switch {
	case m.Shape == "":
		shape, _ := catalogue.FindShape(catalogue.IDOf(m.ID))
		return shape, nil
	case !strings.HasPrefix(strings.TrimSpace(m.Shape), "{"):
		shape, ok := catalogue.FindShape(m.Shape)
		if !ok {
			return shape, fmt.Errorf("is %q, which is no model of the catalogue", m.Shape)
		}
		return shape, nil
	}
	return catalogue.ShapeOf(m.ID, []byte(m.Shape))
}

// release returns the version of vLLM in the image, if it is known.
func (s Spec) release() sizing.Release {
	for _, text := range []string{s.VLLMVersion, versions.ImageVersion(s.Image), versions.VLLM} {
		if r, ok := sizing.ParseRelease(text); ok {
			return r
		}
	}
	return sizing.Release{}
}

// sizing returns the objectives as a type of the package sizing.
func (o Objectives) sizing() sizing.Objectives {
	return sizing.Objectives{TPOTMilliseconds: float64(o.TPOTMilliseconds), TTFTMilliseconds: float64(o.TTFTMilliseconds), InputTokens: o.InputTokens, OutputTokens: o.OutputTokens}
}

// Latencies returns the objectives with their defaults.
func (o Objectives) Latencies() sizing.Objectives { return o.sizing().WithDefaults(0) }

const (
	// answersInFlight is the length, in multiples of the mean, of the longest request
	// that may finish during shutdown. The longest 1 % of Azure's answers are 2.8 times
	// as long as the mean.
	answersInFlight = 4
	leastShutdown   = 120
)

// shutdownSeconds returns how long requests in flight may take to finish.
func (o Objectives) shutdownSeconds() int {
	full := o.sizing().WithDefaults(0)
	seconds := answersInFlight * float64(full.OutputTokens) * full.TPOTMilliseconds / 1000
	return max(leastShutdown, int(math.Ceil(math.Min(seconds, longestSeconds))))
}

// cachesGiB is the requested disk in addition to the weights, for caches of downloads and
// compilation.
const cachesGiB = 20

// provisionMargin is the factor between the expected and the longest time for a node and
// its image. Pulls of the same image take 4 to 6 minutes.
const provisionMargin = 1.5

// withEstimate sets fields from the estimate if the user did not set them.
func (s Spec) withEstimate(e sizing.Estimate) Spec {
	s.GPU.Count = cmp.Or(s.GPU.Count, e.Workload.Engine.TensorParallel)
	s.Model.MaxNumSeqs = cmp.Or(s.Model.MaxNumSeqs, e.Serving.MaxNumSeqs)
	s.Lifecycle.ProvisionSeconds = cmp.Or(s.Lifecycle.ProvisionSeconds, int(provisionMargin*e.ColdStart.Provision().Seconds()))
	// The first replica finds no compiled code and needs time to compile.
	coldStart := sizing.Start(e.Workload.Engine, e.Workload.Instance, e.Workload.Storage, false)
	s.Lifecycle.LoadSeconds = cmp.Or(s.Lifecycle.LoadSeconds, min(int(math.Ceil(coldStart.Load().Seconds())), longestSeconds))
	if policy, _ := s.Scaling.Policy.Declaration(); policy.defaults(s.Replicas).TargetLoad != 0 {
		s.Scaling.TargetLoad = cmp.Or(s.Scaling.TargetLoad, e.Serving.Target)
	}
	weights := 0.0 // streamed weights, or weights on a volume, need no disk
	if !s.local() && s.CacheClaim() == "" {
		weights = e.Memory.Weights * float64(e.Workload.Engine.GPUs())
	}
	s.Resources.Disk = cmp.Or(s.Resources.Disk, strconv.Itoa(int(math.Ceil(weights))+cachesGiB)+"Gi")
	return s
}
