package serving

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/vllm-eks/vllm-eks/internal/connections"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
)

// ownedFlags are flags that derive from the spec, with the key that sets each. Users may
// not set them with extraArgs.
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
	"--enable-lora":                      "lora.adapters",
	"--lora-modules":                     "lora.adapters",
	"--max-lora-rank":                    "lora.maxRank",
	"--max-loras":                        "lora.maxLoaded",
	"--max-cpu-loras":                    "lora.adapters",
	"--shutdown-timeout":                 "lifecycle.shutdownSeconds",
	"--middleware":                       "",
	"--api-key":                          "apiKey",
	"--hf-token":                         "huggingFaceToken",
	"--host":                             "",
	"--port":                             "",
	"--disable-access-log-for-endpoints": "",
}

// keyedFlags are flags that users may set with extraArgs if they do not set the key of
// the flag.
var keyedFlags = map[string]string{
	"--kv-offloading-size":    "kvCache.hostMemory",
	"--max-num-queued-reqs":   "queue.maxRequests",
	"--max-num-queued-tokens": "queue.maxTokens",
	"--trust-remote-code":     "trustRemoteCode",
	"--speculative-config":    "speculative",
	"--allowed-media-domains": "media.domains",
	"--limit-mm-per-prompt":   "media",
	"--code-revision":         "revision",
	tracesFlag:                "traces.collectorUrl",
}

// owned returns the flags that users may not set with extraArgs, with the key that sets
// each: ownedFlags, and the other flags that this spec renders.
func (s Spec) owned() map[string]string {
	owners := maps.Clone(ownedFlags)
	plain := s
	plain.ExtraArgs = nil
	if args, err := vllmflags.Parse(VLLMArgs(plain)); err == nil {
		for _, f := range vllmflags.Flags() {
			if _, exists := owners[f.Name]; !exists && args.Has(f.Name) {
				owners[f.Name] = keyedFlags[f.Name]
			}
		}
	}
	return owners
}

// VLLMArgs returns the arguments of `vllm serve`, in a fixed order.
func VLLMArgs(s Spec) []string {
	args := append([]string{s.weights(), "--served-model-name", s.Model.ServedName()}, s.Model.ServedNames[min(1, len(s.Model.ServedNames)):]...)
	args = append(args, "--port", strconv.Itoa(Port))
	if s.Model.Revision != "" {
		args = append(args, "--revision", s.Model.Revision)
	}
	if s.Model.TrustRemoteCode {
		args = append(args, "--trust-remote-code")
		if s.Model.Revision != "" {
			args = append(args, "--code-revision", s.Model.Revision)
		}
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
	args = append(args, s.LoRA.args()...)
	args = append(args, s.KVCache.args()...)
	args = append(args, s.Queue.args()...)
	args = append(args, s.Speculative.args()...)
	args = append(args, s.Media.args()...)
	args = append(args, s.Traces.args()...)
	if s.Model.InS3() {
		args = append(args, "--load-format", "runai_streamer", "--model-loader-extra-config", s.streamer())
	}
	args = append(args,
		"--tensor-parallel-size", strconv.Itoa(s.GPU.Count),
		"--shutdown-timeout", strconv.Itoa(s.Lifecycle.ShutdownSeconds),
		"--middleware", connections.Middleware,
	)
	polled := "/health,/metrics" // not logged: probes and scrapes are frequent
	if s.Lifecycle.HungSeconds > 0 {
		args, polled = append(args, "--enable-server-load-tracking"), polled+",/load"
	}
	args = append(args, "--disable-access-log-for-endpoints", polled)
	return append(args, s.ExtraArgs...)
}

// args returns the arguments that offload the KV cache to the node's memory.
func (c KVCache) args() []string {
	size, ok := amountOf(c.HostMemory, byteAmount, leastHostMemory)
	if !ok {
		return nil
	}
	return []string{"--kv-offloading-size", strconv.FormatFloat(float64(size.Value())/(1<<30), 'f', -1, 64)}
}

// args returns the arguments that bound the queue.
func (q QueueLimits) args() []string {
	var args []string
	if q.MaxRequests > 0 {
		args = append(args, "--max-num-queued-reqs", strconv.Itoa(q.MaxRequests))
	}
	if q.MaxTokens > 0 {
		args = append(args, "--max-num-queued-tokens", strconv.Itoa(q.MaxTokens))
	}
	return args
}

// args returns the arguments of speculative decoding.
func (p Speculative) args() []string {
	if p.Method == "" {
		return nil
	}
	config := struct {
		Method string `json:"method"`
		Model  string `json:"model,omitempty"`
		Tokens int    `json:"num_speculative_tokens,omitempty"`
	}{p.Method, p.Model, p.Tokens}
	return []string{"--speculative-config", jsonText(config)}
}

// jsonText returns a value as JSON. Every part of the value must have a form in JSON.
func jsonText(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// args returns the arguments that bound the media of requests.
func (m Media) args() []string {
	var args []string
	if len(m.Domains) > 0 {
		args = append(append(args, "--allowed-media-domains"), m.Domains...)
	}
	limits := map[string]int{}
	for kind, limit := range map[string]*int{"image": m.Images, "video": m.Videos, "audio": m.Sounds} {
		if limit != nil {
			limits[kind] = *limit
		}
	}
	if len(limits) > 0 {
		args = append(args, "--limit-mm-per-prompt", jsonText(limits))
	}
	return args
}

// args returns the arguments that serve the adapters. Adapters that no batch uses stay in
// the node's memory.
func (l LoRA) args() []string {
	if len(l.Adapters) == 0 {
		return nil
	}
	args := []string{
		"--enable-lora", "--max-loras", strconv.Itoa(l.MaxLoaded), "--max-cpu-loras", strconv.Itoa(len(l.Adapters)),
		"--max-lora-rank", strconv.Itoa(l.MaxRank), "--lora-modules",
	}
	for _, a := range l.Adapters {
		args = append(args, a.Name+"="+a.Source)
	}
	return args
}

// streamer returns the options of the streamer from S3: 16 threads, its default. With
// several GPUs, the process of each GPU reads its own part.
func (s Spec) streamer() string {
	if s.GPU.Count > 1 {
		return `{"concurrency":16,"distributed":true}`
	}
	return `{"concurrency":16}`
}

// choice is a flag whose value is one of vLLM's names.
type choice struct{ key, flag, value string }

// choices returns the choices of a model, in the order in which they are rendered.
func (m Model) choices() []choice {
	return []choice{
		{"dtype", "--dtype", m.DType},
		{"quantization", "--quantization", m.Quantization},
		{"kvCacheDtype", "--kv-cache-dtype", m.KVCacheDType},
		{"toolCallParser", "--tool-call-parser", m.ToolCallParser},
		{"reasoningParser", "--reasoning-parser", m.ReasoningParser},
	}
}

// ImageName returns the image of the replicas.
func (s Spec) ImageName() string {
	if s.Image != "" {
		return s.Image
	}
	return versions.VLLMRepository + ":" + s.Version()
}

// Version returns the release of vLLM, unless Image determines it.
func (s Spec) Version() string { return cmp.Or(s.VLLMVersion, versions.VLLM) }

// VLLMEnv returns the environment variables that derive from the spec. The user's
// variables may not replace them.
func VLLMEnv(s Spec) map[string]string {
	env := map[string]string{
		"HOME":                        home,
		"HF_HOME":                     cache + "/huggingface",
		"VLLM_CACHE_ROOT":             cache + "/vllm",
		"PYTHONPATH":                  middlewareFolder,
		"VLLM_ENGINE_READY_TIMEOUT_S": strconv.Itoa(s.Lifecycle.StartupBudgetSeconds()),
	}
	if s.Offline() {
		env["HF_HUB_OFFLINE"] = "1"
	}
	maps.Copy(env, s.Storage.S3.env())
	maps.Copy(env, s.Traces.env(s))
	return env
}

// tunableEnv returns environment variables that the user's variables may replace.
func tunableEnv(s Spec) map[string]string {
	env := map[string]string{
		"VLLM_NO_USAGE_STATS": "1",
		// One request may not produce thousands of completions (CVE-2026-34756).
		"VLLM_MAX_N_SEQUENCES": "64",
		// The address of an image in a request may not redirect the server to another
		// address, such as one within the cluster. vLLM's default is 1 (vllm/envs.py at
		// 2f41c894e3).
		"VLLM_MEDIA_URL_ALLOW_REDIRECTS": "0",
	}
	if s.Model.InS3() {
		// The limit applies to the process of each GPU. The default, 40 GB, is more than
		// a pod has.
		env["RUNAI_STREAMER_MEMORY_LIMIT"] = strconv.Itoa(streamerBytes)
		if s.Storage.Region != "" {
			env["AWS_REGION"] = s.Storage.Region
		}
	}
	return env
}

// streamerBytes is the size of the streamer's buffer, in bytes.
const streamerBytes = 4 << 30

const (
	tokenVariable  = "HF_TOKEN"
	apiKeyVariable = "VLLM_API_KEY"
)

// Environment returns all environment variables of a replica, so that the same spec always
// renders the same pod: those with a value sorted by name, and after them those of Secrets
// sorted by name.
func Environment(s Spec) []corev1.EnvVar {
	plain := tunableEnv(s)
	maps.Copy(plain, s.Env)
	maps.Copy(plain, VLLMEnv(s))
	var vars []corev1.EnvVar
	if s.Traces.enabled() { // before the variable that refers to it
		vars = append(vars, corev1.EnvVar{Name: podVariable, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.name"}}})
	}
	for _, name := range slices.Sorted(maps.Keys(plain)) {
		vars = append(vars, corev1.EnvVar{Name: name, Value: plain[name]})
	}
	access, secret := s.Storage.S3.keys()
	return slices.Concat(vars, secretVariable(accessKeyVariable, access), secretVariable(secretKeyVariable, secret),
		secretVariable(tokenVariable, s.Access.HuggingFaceToken), secretVariable(apiKeyVariable, s.Access.APIKey))
}

func secretVariable(name string, ref SecretRef) []corev1.EnvVar {
	if ref.Name == "" {
		return nil
	}
	return []corev1.EnvVar{{Name: name, ValueFrom: &corev1.EnvVarSource{
		SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: ref.Name}, Key: ref.Key},
	}}}
}
