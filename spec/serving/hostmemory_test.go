package serving

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

// TestHostMemoryOfArguments holds what the default is, and what is refused.
func TestHostMemoryOfArguments(t *testing.T) {
	configure := func(instance, memory string, args ...string) func(*Spec) {
		return func(s *Spec) {
			s.NodeGroup.InstanceTypes, s.Resources.Memory, s.ExtraArgs = []string{instance}, memory, args
		}
	}
	memory := []string{"models[0].resources.memory: invalid"}
	cases := map[string]struct {
		change func(*Spec)
		memory string
		want   []string // the key and the kind of every problem
		says   []string // begins messages with numbers that are computed
	}{
		"nothing":                         {configure("g5.2xlarge", ""), "12Gi", nil, nil},
		"offloaded cache":                 {configure("g5.4xlarge", "", "--kv-offloading-size", "20"), "32Gi", nil, nil},
		"offloaded weights":               {configure("g5.4xlarge", "", "--cpu-offload-gb", "8.5"), "21Gi", nil, nil},
		"cache of media":                  {configure("g5.4xlarge", "", "--mm-processor-cache-gb", "4"), "20Gi", nil, nil},
		"cache of media of three servers": {configure("g5.4xlarge", "", "--mm-processor-cache-gb", "2", "--api-server-count", "3"), "20Gi", nil, nil},
		"more than the node has": {configure("g5.2xlarge", "", "--kv-offloading-size", "20"), "32Gi", memory,
			[]string{"models[0].resources.memory: is 32Gi, including 20 GiB of --kv-offloading-size, and pods on a g5.2xlarge can use"}},
		"more than the limit": {configure("g5.4xlarge", "12Gi", "--kv-offloading-size", "20"), "12Gi", memory,
			[]string{"models[0].resources.memory: is 12Gi, and 20 GiB of --kv-offloading-size and vLLM need at least 24Gi"}},
		"within the limit": {configure("g5.4xlarge", "40Gi", "--kv-offloading-size", "20"), "40Gi", nil, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			spec := sizeable(c.change)
			if spec.Resources.Memory != c.memory {
				t.Errorf("resources.memory is %s, want %s", spec.Resources.Memory, c.memory)
			}
			problemstest.Check(t, problems.Err(spec.Validate(field.NewPath("models[0]"))), c.want, c.says)
		})
	}
}

func TestFilesThatArgumentsName(t *testing.T) {
	template := func(value string) func(*Spec) {
		return func(s *Spec) { s.ExtraArgs = []string{"--chat-template", value} }
	}
	const missing = "models[0].extraArgs: invalid"
	cases := map[string]struct {
		change func(*Spec)
		want   string // the key and the kind of the problem; "": none
	}{
		"without a volume": {template("/templates/chat.jinja"), missing},
		"in the scratch":   {template("/tmp/chat.jinja"), missing},
		"relative":         {template("./chat.jinja"), missing},
		"built in":         {template("template_chatml.jinja"), ""},
		"as a text":        {template("{{ messages[0].content }}"), ""},
		"on a volume": {func(s *Spec) {
			template("/templates/chat.jinja")(s)
			s.Volumes = []Volume{{Name: "templates", MountPath: "/templates", ConfigMap: "templates"}}
		}, ""},
		"with the weights": {func(s *Spec) { template("/models/m/chat.jinja")(s); s.Storage.Weights.Claim = "weights" }, ""},
		"in another image": {func(s *Spec) { template("/templates/chat.jinja")(s); s.Image = "registry.example.com/vllm:1" }, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := problems.Err(sizeable(c.change).Validate(field.NewPath("models[0]")))
			if got := strings.Join(problemstest.Kinds(err), ", "); got != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestGatedModelsWithoutAToken(t *testing.T) {
	const consent = "the token of an account with consent"
	model := func(id string) func(*Spec) { return func(s *Spec) { s.Model.ID = id } }
	cases := map[string]struct {
		change func(*Spec)
		warned bool
	}{
		"open":         {nil, false},
		"Llama":        {model("meta-llama/Llama-3.1-8B-Instruct"), true},
		"Gemma":        {model("google/gemma-3-4b-it"), true},
		"another copy": {model("unsloth/Meta-Llama-3.1-8B-Instruct"), false},
		"with a token": {func(s *Spec) { model("meta-llama/Llama-3.1-8B-Instruct")(s); s.Access.HuggingFaceToken.Name = "hf" }, false},
		"on a volume":  {func(s *Spec) { model("meta-llama/Llama-3.1-8B-Instruct")(s); s.Storage.Weights.Claim = "weights" }, false},
		"in S3":        {model("s3://bucket/meta-llama/Llama-3.1-8B-Instruct"), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if warned := strings.Contains(strings.Join(sizeable(c.change).Warnings(), "\n"), consent); warned != c.warned {
				t.Errorf("warned is %t, want %t", warned, c.warned)
			}
		})
	}
}

// TestWhatDoesNotRunIsRefusedByItsKey holds which key a rule blames.
func TestWhatDoesNotRunIsRefusedByItsKey(t *testing.T) {
	configure := func(instance string, change func(*Model)) func(*Spec) {
		return func(s *Spec) {
			s.NodeGroup.InstanceTypes = []string{instance}
			change(&s.Model)
		}
	}
	cases := map[string]struct {
		change    func(*Spec)
		key, rule string
	}{
		"cache of the user": {configure("g5.2xlarge", func(m *Model) { m.ID, m.KVCacheDType = "openai/gpt-oss-20b", "fp8" }), "kvCacheDtype", "kv-cache-type"},
		"type of the user":  {configure("g4dn.2xlarge", func(m *Model) { m.ID, m.DType = "Qwen/Qwen3-4B", "bfloat16" }), "dtype", "dtype"},
		"cache of the user, with offloaded weights": {func(s *Spec) {
			configure("g5.4xlarge", func(m *Model) { m.ID, m.KVCacheDType = "openai/gpt-oss-20b", "fp8" })(s)
			s.ExtraArgs = []string{"--cpu-offload-gb", "2"}
		}, "kvCacheDtype", "kv-cache-type"},
		"format of the model": {configure("g4dn.2xlarge", func(m *Model) { m.ID = "openai/gpt-oss-20b" }), "model", "weights-capability"},
		"format in a plugin":  {configure("g5.2xlarge", func(m *Model) { m.ID = "TheBloke/Mistral-7B-Instruct-v0.2-GGUF" }), "model", "weight-format"},
		"FP8 blocks over 4 GPUs": {func(s *Spec) {
			configure("g5.12xlarge", func(m *Model) { m.ID = "Qwen/Qwen3-30B-A3B-FP8" })(s)
			s.GPU.Count = 4
		}, "gpu.count", "tensor-parallel"},
		"heads over 4 of 28 GPUs": {func(s *Spec) {
			configure("g5.48xlarge", func(m *Model) { m.ID = "Qwen/Qwen2.5-7B-Instruct" })(s)
			s.GPU.Count = 8
		}, "gpu.count", "tensor-parallel"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := problems.Err(sizeable(c.change).Validate(field.NewPath("models[0]")))
			problemstest.Check(t, err, []string{"models[0]." + c.key + ": invalid"}, nil)
			if err == nil || !strings.Contains(err.Error(), "(rule "+c.rule+")") {
				t.Errorf("got %v, want the rule %s", err, c.rule)
			}
		})
	}
}

// TestSequencesAreBlamedForStates holds that the key is that of what is too many.
func TestSequencesAreBlamedForStates(t *testing.T) {
	err := problems.Err(sizeable(func(s *Spec) {
		s.NodeGroup.InstanceTypes, s.Model.ID, s.Model.MaxLen, s.Model.MaxNumSeqs = []string{"g6.2xlarge"}, "Qwen/Qwen3.5-4B", 8192, 2048
	}).Validate(field.NewPath("models[0]")))
	problemstest.Check(t, err, []string{"models[0].maxNumSeqs: invalid"}, nil)
	if err == nil || !strings.Contains(err.Error(), "makes it fit: maxNumSeqs: ") {
		t.Errorf("got %v, want another maxNumSeqs that fits", err)
	}
}
