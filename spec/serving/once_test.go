package serving

import (
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

// TestOneValueIsReportedOnce holds that a wrong value has one problem, of the key that was
// typed.
func TestOneValueIsReportedOnce(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Spec)
		want   string
	}{
		"too many GPUs of any instance type": {func(s *Spec) { s.GPU.Count = 99 }, "gpu.count"},
		"too many GPUs of an instance type": {func(s *Spec) {
			s.GPU.Count, s.NodeGroup = 9, NodeGroup{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}}
		}, "gpu.count"},
		"more GPUs than the instance type has": {func(s *Spec) {
			s.GPU.Count, s.NodeGroup = 2, NodeGroup{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}}
		}, "gpu.count"},
		"negative GPUs":                {func(s *Spec) { s.GPU.Count = -1 }, "gpu.count"},
		"too many sequences":           {func(s *Spec) { s.Model.MaxNumSeqs = 1 << 40 }, "maxNumSeqs"},
		"more sequences than tokens":   {func(s *Spec) { s.Model.MaxNumSeqs = 16384 }, "maxNumSeqs"},
		"a method of a plug-in":        {func(s *Spec) { s.Model.Quantization = "bitsandbytes" }, "quantization"},
		"an unknown method":            {func(s *Spec) { s.Model.Quantization = "fp9" }, "quantization"},
		"an unknown type of the cache": {func(s *Spec) { s.Model.KVCacheDType = "fp9" }, "kvCacheDtype"},
		"an unknown type of weights":   {func(s *Spec) { s.Model.DType = "fp9" }, "dtype"},
		"a context that is too long":   {func(s *Spec) { s.Model.MaxLen = 1 << 40 }, "maxModelLen"},
		"fewer tokens in a step than sequences": {func(s *Spec) {
			s.Model.MaxNumSeqs, s.ExtraArgs = 256, []string{"--max-num-batched-tokens=128"}
		}, "extraArgs"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Spec{Name: "chat", Namespace: "inference", Model: Model{ID: "Qwen/Qwen3-8B", MaxLen: 8192}, GPU: GPU{Type: "H100"}}
			test.change(&s)
			if len(s.NodeGroup.InstanceTypes) > 0 {
				s.GPU.Type = ""
			}
			problemstest.Check(t, problemsOf(s), []string{"chat." + test.want + ": invalid"}, nil)
		})
	}
}

// problemsOf returns the problems of a spec with its defaults.
func problemsOf(s Spec) error {
	return problems.Err(s.WithDefaults().Validate(field.NewPath("chat")))
}
