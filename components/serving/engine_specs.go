package serving

import (
	"maps"
	"slices"
	"strconv"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// ownedFlags are the flags that derive from the spec, with the configuration
// key that sets each. Extra arguments may not repeat them.
var ownedFlags = map[string]string{
	"--model":                            "model",
	"--revision":                         "revision",
	"--served-model-name":                "servedModelName",
	"--max-model-len":                    "maxModelLen",
	"--max-num-seqs":                     "maxNumSeqs",
	"--tensor-parallel-size":             "gpu.count",
	"--dtype":                            "dtype",
	"--quantization":                     "quantization",
	"--kv-cache-dtype":                   "kvCacheDtype",
	"--enable-prefix-caching":            "prefixCaching",
	"--tool-call-parser":                 "toolCallParser",
	"--enable-auto-tool-choice":          "toolCallParser",
	"--reasoning-parser":                 "reasoningParser",
	"--shutdown-timeout":                 "lifecycle.shutdownSeconds",
	"--api-key":                          "apiKey, once for the stack",
	"--hf-token":                         "huggingFaceToken",
	"--host":                             "",
	"--port":                             "",
	"--disable-access-log-for-endpoints": "",
}

// engineArgs are the arguments of `vllm serve`, in a fixed order.
func engineArgs(s Spec) []string {
	args := []string{s.Model.ID, "--served-model-name", s.Model.ServedName, "--port", strconv.Itoa(port)}
	if s.Model.Revision != "" {
		args = append(args, "--revision", s.Model.Revision)
	}
	if s.Model.MaxLen != 0 {
		args = append(args, "--max-model-len", strconv.Itoa(s.Model.MaxLen))
	}
	if s.Model.MaxNumSeqs != 0 {
		args = append(args, "--max-num-seqs", strconv.Itoa(s.Model.MaxNumSeqs))
	}
	for _, choice := range s.Model.choices() {
		if choice.value != "" {
			args = append(args, choice.flag, choice.value)
		}
	}
	if s.Model.ToolCallParser != "" {
		args = append(args, "--enable-auto-tool-choice")
	}
	switch caching := s.Model.PrefixCaching; {
	case caching == nil:
	case *caching:
		args = append(args, "--enable-prefix-caching")
	default:
		args = append(args, "--no-enable-prefix-caching")
	}
	args = append(args,
		"--tensor-parallel-size", strconv.Itoa(s.GPU.Count),
		"--shutdown-timeout", strconv.Itoa(s.Lifecycle.ShutdownSeconds),
		// Probes and scrapes would fill the log.
		"--disable-access-log-for-endpoints", "/health,/metrics",
	)
	return append(args, s.ExtraArgs...)
}

// choice is a flag whose value the user chooses among vLLM's.
type choice struct{ key, flag, value string }

// choices are those of a model, in the order in which they are rendered.
func (m Model) choices() []choice {
	return []choice{
		{"dtype", "--dtype", m.DType},
		{"quantization", "--quantization", m.Quantization},
		{"kvCacheDtype", "--kv-cache-dtype", m.KVCacheDType},
		{"toolCallParser", "--tool-call-parser", m.ToolCallParser},
		{"reasoningParser", "--reasoning-parser", m.ReasoningParser},
	}
}

// image is the image that the engine runs.
func (s Spec) image() string {
	if s.Image != "" {
		return s.Image
	}
	return versions.VLLMRepository + ":" + or(s.VLLMVersion, versions.VLLM)
}

// engineEnv are the variables that derive from the spec. The user's own may not
// replace them.
func engineEnv(l Lifecycle) map[string]string {
	return map[string]string{
		"HOME":                        home,
		"HF_HOME":                     home + "/.cache/huggingface",
		"VLLM_CACHE_ROOT":             home + "/.cache/vllm",
		"VLLM_ENGINE_READY_TIMEOUT_S": strconv.Itoa(l.startupBudgetSeconds()),
	}
}

// tunableEnv are defaults that the user's environment may replace.
func tunableEnv() map[string]string {
	return map[string]string{
		"VLLM_NO_USAGE_STATS": "1",
		// One request may not ask for thousands of completions (CVE-2026-34756).
		"VLLM_MAX_N_SEQUENCES": "64",
	}
}

const (
	tokenVariable  = "HF_TOKEN"
	apiKeyVariable = "VLLM_API_KEY"
)

// environment is everything that the engine reads from its environment, sorted
// by name so that an unchanged input renders unchanged.
func environment(s Spec, c credentials) corev1.EnvVarArray {
	plain := tunableEnv()
	maps.Copy(plain, s.Env)
	maps.Copy(plain, engineEnv(s.Lifecycle))
	var vars corev1.EnvVarArray
	for _, name := range slices.Sorted(maps.Keys(plain)) {
		vars = append(vars, &corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(plain[name])})
	}
	if c.HuggingFaceToken != nil {
		vars = append(vars, secretVariable(tokenVariable, *c.HuggingFaceToken))
	}
	if c.APIKey != nil {
		vars = append(vars, secretVariable(apiKeyVariable, *c.APIKey))
	}
	return vars
}

func secretVariable(name string, from secretKey) *corev1.EnvVarArgs {
	return &corev1.EnvVarArgs{
		Name: pulumi.String(name),
		ValueFrom: &corev1.EnvVarSourceArgs{
			SecretKeyRef: &corev1.SecretKeySelectorArgs{Name: from.Name, Key: pulumi.String(from.Key)},
		},
	}
}
