package serving

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// validateSize refuses models and requests that do not fit on the GPUs and nodes. It
// skips checks whose inputs have a problem that is reported already.
func (s Spec) validateSize(found *field.ErrorList, path *field.Path) {
	shape, err := s.Model.shape()
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			problems.Invalid(found, path.Child("shape"), "%s", line)
		}
		return
	}
	s.validateMethod(found, path)
	if s.GPU.Type != "" {
		_, instance, err := s.hardware()
		grouped := err == nil && instance.Type != ""
		same := grouped && strings.EqualFold(instance.GPU.Name, s.GPU.Type)
		if _, err := catalogue.FindGPU(s.GPU.Type); err != nil && !same {
			problems.Invalid(found, path.Child("gpu", "type"), "%s; or describe the nodes with nodeGroups[].hardware", err)
			return
		}
		if grouped && !same {
			problems.Forbidden(found, path.Child("gpu", "type"), "is %q, but %s of the %s has %s; remove it", s.GPU.Type, instance.Type, s.groups(), instance.GPU.Name)
			return
		}
	}
	s.validateUnderived(found, path)
	if s.GPU.Count < 1 || problems.Has(*found, path.Child("gpu", "count")) {
		return
	}
	if _, instance, err := s.hardware(); err == nil && instance.GPUs > 0 && s.GPU.Count > instance.GPUs {
		problems.Invalid(found, path.Child("gpu", "count"), "is %d, and %s has %d GPU", s.GPU.Count, instance.Type, instance.GPUs)
		return
	}
	s.validateAllocatable(found, path)
	if shape.Name == "" {
		return
	}
	if s.validateRuns(found, path) {
		return
	}
	e, ok := s.Estimate()
	if !ok {
		return
	}
	if shape.MaxLen > 0 && s.Model.MaxLen > shape.MaxLen && s.Env["VLLM_ALLOW_LONG_MAX_MODEL_LEN"] != "1" {
		problems.Invalid(found, path.Child("maxModelLen"), "is %d, and %s was trained for %d; vLLM does not start with a longer one", s.Model.MaxLen, s.Model.ID, shape.MaxLen)
		return
	}
	if problems.Has(*found, path.Child("maxNumSeqs")) {
		return
	}
	if s.validateBatch(found, path, e.Workload.Engine) {
		return
	}
	if e.Memory.Verdict == sizing.DoesNotFit {
		problems.Invalid(found, path.Child(e.Memory.Key()), "%s", e.Refusal())
	}
}

// validateBatch refuses arguments that vLLM refuses before it uses a GPU, and reports
// whether it refused any. The problem has the key that the user typed.
func (s Spec) validateBatch(found *field.ErrorList, path *field.Path, e sizing.Engine) bool {
	problem := e.Check()
	extra, _, err := vllmflags.ParseKnown(s.ExtraArgs)
	switch {
	case problem == "":
		return false
	case err == nil && !extra.Has("--max-num-batched-tokens") && e.MaxBatchedTokens > 0 && e.MaxBatchedTokens < e.MaxNumSeqs:
		problems.Invalid(found, path.Child("maxNumSeqs"), "is %d, want at most the %d tokens of a step; more are possible with --max-num-batched-tokens in extraArgs",
			e.MaxNumSeqs, e.MaxBatchedTokens)
	default:
		problems.Invalid(found, path.Child("extraArgs"), "%s", problem)
	}
	return true
}

// storedMethods are the quantization methods that read quantised checkpoints; the others
// quantise while vLLM loads the weights (get_quant_config in
// vllm/model_executor/model_loader/weight_utils.py at 017e9f4448, 2026-08-17).
var storedMethods = strings.Fields("awq auto_awq awq_marlin gptq auto_gptq gptq_marlin moe_wna16 compressed-tensors inc modelopt modelopt_fp4 modelopt_mixed modelopt_mxfp8 quark")

// validateMethod refuses a method of stored weights for a model of the catalogue
// whose weights are in 16 bit.
func (s Spec) validateMethod(found *field.ErrorList, path *field.Path) {
	m := s.Model
	if m.Shape != "" || m.InS3() || s.local() || !slices.Contains(storedMethods, m.Quantization) {
		return
	}
	if shape, ok := catalogue.FindShape(m.ID); ok && !shape.Family && shape.Quantization.Method == "" {
		problems.Invalid(found, path.Child("quantization"), "is %q, and the weights of %s are not quantised; set model to a quantised copy, or use fp8, which vLLM computes while it loads", m.Quantization, m.ID)
	}
}

// validateRuns refuses a replica that would not start on its GPUs even with enough
// memory, and reports whether it refused it.
func (s Spec) validateRuns(found *field.ErrorList, path *field.Path) bool {
	w, _ := s.workload()
	if w.Engine.Shape.Name == "" {
		return false
	}
	obstacles := w.Engine.Obstacles()
	for _, o := range obstacles {
		key := s.blames(o.Rule)
		if problems.Has(*found, path.Child(key)) {
			continue // its value is reported as unknown
		}
		if text, matches := strings.CutPrefix(o.String(), key+" "); matches {
			problems.Invalid(found, path.Child(key), "%s", text)
			continue
		}
		problems.Invalid(found, path.Child(key), "%s does not run on %s: %s", s.Model.ID, sizing.Estimate{Workload: w}.Hardware(), o)
	}
	return len(obstacles) > 0
}

// blames returns the key whose value breaks a rule.
func (s Spec) blames(rule sizing.Rule) string {
	keyOrModel := func(key, value string) string {
		if value != "" && value != "auto" {
			return key
		}
		return "model"
	}
	switch rule {
	case sizing.RuleKVCache:
		return keyOrModel("kvCacheDtype", s.Model.KVCacheDType)
	case sizing.RuleDType:
		return keyOrModel("dtype", s.Model.DType)
	case sizing.RuleWeights, sizing.RuleWeightFormat, sizing.RuleDeprecated:
		return keyOrModel("quantization", s.Model.Quantization)
	case sizing.RuleSparse:
		return "model"
	case sizing.RuleLoRA:
		return "lora.adapters"
	case sizing.RuleCUDA, sizing.RuleSplit:
	}
	return "gpu.count"
}

// Allocatable holds the resources of a node other than GPUs: the key of the request, the
// request, and the quantity that pods can use.
var Allocatable = []struct {
	Name      corev1.ResourceName
	key       string
	request   func(Resources) string
	Available func(catalogue.Instance) string
}{
	{corev1.ResourceMemory, "resources.memory", func(r Resources) string { return r.Memory },
		func(instance catalogue.Instance) string { return fmt.Sprintf("%dMi", instance.AllocatableMiB()) }},
	{corev1.ResourceCPU, "resources.cpu", func(r Resources) string { return r.CPU },
		func(instance catalogue.Instance) string { return fmt.Sprintf("%dm", instance.AllocatableMilliCPU()) }},
}

// validateAllocatable refuses requests that are larger than what pods can use on some
// node of the group.
func (s Spec) validateAllocatable(found *field.ErrorList, path *field.Path) {
	for _, r := range Allocatable {
		requested := r.request(s.Resources)
		for _, name := range s.NodeGroup.InstanceTypes {
			instance, err := s.NodeGroup.Own.Find(name)
			if quantity, allocatable := Quantity(requested), Quantity(r.Available(instance)); err == nil && quantity.Cmp(allocatable) > 0 {
				part := ""
				if host := s.hostMemory(); r.Name == corev1.ResourceMemory && host.gib > 0 {
					part = fmt.Sprintf(", including %s", host)
				}
				problems.Invalid(found, path.Child(r.key), "is %s%s, and pods on a %s can use at most %s", requested, part, instance.Type, r.Available(instance))
				break
			}
		}
	}
}
