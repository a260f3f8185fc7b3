package serving

import (
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

var (
	variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	// secretVariableName is what variables that hold credentials are usually
	// called, or end with.
	secretVariableName = regexp.MustCompile(`(?i)(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS|API_KEY|SECRET_KEY|ACCESS_KEY|ACCESS_KEY_ID)$`)
)

// refusedVariables open what must stay closed.
var refusedVariables = map[string]string{
	"VLLM_SERVER_DEV_MODE":              "opens endpoints that can stop the engine and read its memory; leave it out",
	"VLLM_ALLOW_RUNTIME_LORA_UPDATING":  "lets any client load weights into the engine; leave it out",
	"VLLM_TORCH_PROFILER_DIR":           "lets any client start the profiler; leave it out",
	"VLLM_PORT":                         "is a port that vLLM uses inside; leave it out",
	"VLLM_ALLOW_INSECURE_SERIALIZATION": "lets the engine run code that it receives; leave it out",
	"VLLM_USE_RUST_FRONTEND":            "replaces the API server by one without --middleware, with which a rollout refuses no request; leave it out",
	"HUGGING_FACE_HUB_TOKEN":            "is the old name of the token; use huggingFaceToken",
	endpointVariable:                    "is set from storage.s3.endpoint, which the NetworkPolicy lets the pods out to; use that",
	endpointVariable + "_S3":            "is set from storage.s3.endpoint, which the NetworkPolicy lets the pods out to; use that",
	tokenVariable:                       "is set from huggingFaceToken; use that",
	apiKeyVariable:                      "is set from apiKey; use that",
	// vllm/envs.py at 2f41c894e3 (2026-08-20).
	"VLLM_PLUGINS":                       "chooses Python code that runs in every process; leave it out: plugins of the image are loaded without it",
	"VLLM_ENABLE_RESPONSES_API_STORE":    "keeps every answer in memory, which grows until the pod is killed; leave it out",
	"VLLM_RUST_FRONTEND_PATH":            "replaces the server whose probes, metrics and API key the program relies on; leave it out",
	"VLLM_DEBUG_LOG_API_SERVER_RESPONSE": "writes every answer into the log; leave it out",
	"VLLM_KEEP_ALIVE_ON_ENGINE_DEATH":    "keeps a replica whose engine is dead, so that it is never restarted; leave it out",
	"VLLM_USE_MODELSCOPE":                "loads models from another hub than the one that the program checks; leave it out",
}

// refusedPrefixes begin the names of variables that belong together.
var refusedPrefixes = map[string]string{
	"VLLM_LORA_RESOLVER_": "lets requests load adapters into the engine; list them with lora.adapters",
	"VLLM_DP_":            "belongs to data parallelism, and each replica is one engine; raise replicas.min and replicas.max instead",
}

// refusedVariable returns why the engine must not have a variable; "" if it may.
func refusedVariable(name string) string {
	for prefix, reason := range refusedPrefixes {
		if strings.HasPrefix(name, prefix) {
			return reason
		}
	}
	return refusedVariables[name]
}

// validateEnv never repeats a value, which may be a secret in the wrong place.
func validateEnv(found *problems.List, path string, env map[string]string) {
	owned := engineEnv(Spec{Lifecycle: Lifecycle{}.withDefaults(), Storage: Storage{Offline: new(true)}})
	for name := range sorted(env) {
		key := path + "." + name
		reason := refusedVariable(name)
		_, isOwned := owned[name]
		switch {
		case !variable.MatchString(name):
			found.Addf(key, "is not the name of a variable, want letters, digits and '_'")
		case reason != "":
			found.Addf(key, "%s", reason)
		case isOwned:
			found.Addf(key, "is set by the program; leave it out")
		case secretVariableName.MatchString(name):
			found.Addf(key, "looks like a secret, and env is stored in clear; use huggingFaceToken or apiKey, or a role of the ServiceAccount")
		}
	}
}

// sorted iterates over a map in the order of its keys, so that problems are
// always reported in the same order.
func sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
