package serving

import (
	"fmt"
	"iter"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
)

var (
	variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	// SecretVariableName matches usual names, or ends of names, of variables that hold
	// credentials.
	SecretVariableName = regexp.MustCompile(`(?i)(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS|API_KEY|SECRET_KEY|ACCESS_KEY|ACCESS_KEY_ID)$`)
)

// refusedVariables are variables that users must not set, with the reason and advice.
var refusedVariables = map[string]string{
	"VLLM_SERVER_DEV_MODE":              "opens endpoints that can stop vLLM and read its memory; leave it out",
	"VLLM_ALLOW_RUNTIME_LORA_UPDATING":  "lets any client load weights into vLLM; leave it out",
	"VLLM_TORCH_PROFILER_DIR":           "lets any client start the profiler; leave it out",
	"VLLM_PORT":                         "is a port that vLLM uses internally; leave it out",
	"VLLM_ALLOW_INSECURE_SERIALIZATION": "lets vLLM run code that it receives; leave it out",
	"VLLM_USE_RUST_FRONTEND":            "replaces the API server by one without --middleware, so that a rollout would refuse requests; leave it out",
	"HUGGING_FACE_HUB_TOKEN":            "is the old name of the token; use huggingFaceToken",
	endpointVariable:                    "is set from storage.s3.endpoint, which the NetworkPolicy allows; use that",
	endpointVariable + "_S3":            "is set from storage.s3.endpoint, which the NetworkPolicy allows; use that",
	tokenVariable:                       "is set from huggingFaceToken; use that",
	apiKeyVariable:                      "is set from apiKey; use that",
	// vllm/envs.py at 2f41c894e3 (2026-08-20).
	"VLLM_PLUGINS":                       "chooses Python code that runs in every process; leave it out: vLLM loads the plugins of the image without it",
	"VLLM_ENABLE_RESPONSES_API_STORE":    "keeps every answer in memory, which grows until the pod is killed; leave it out",
	"VLLM_RUST_FRONTEND_PATH":            "replaces the server whose probes, metrics and API key the program relies on; leave it out",
	"VLLM_DEBUG_LOG_API_SERVER_RESPONSE": "writes every answer into the log; leave it out",
	"VLLM_KEEP_ALIVE_ON_ENGINE_DEATH":    "keeps a replica whose vLLM is dead, so that it is never restarted; leave it out",
	"VLLM_USE_MODELSCOPE":                "loads models from a hub that the program does not check; leave it out",
}

// refusedPrefixes are prefixes of variables that users must not set, with the reason and
// advice.
var refusedPrefixes = map[string]string{
	"VLLM_LORA_RESOLVER_": "lets requests load adapters into vLLM; list them with lora.adapters",
	"VLLM_DP_":            "belongs to data parallelism, for which this program uses replicas; raise replicas.min and replicas.max instead",
}

// RefusedVariable returns why users must not set a variable of vLLM; "" if they may.
func RefusedVariable(name string) string {
	for prefix, reason := range refusedPrefixes {
		if strings.HasPrefix(name, prefix) {
			return reason
		}
	}
	return refusedVariables[name]
}

// validateEnv checks the variables of the user. It never repeats a value, which may be a
// secret in the wrong place.
func validateEnv(found *field.ErrorList, path *field.Path, s Spec) {
	owned := VLLMEnv(Spec{Lifecycle: Lifecycle{}.withDefaults(), Storage: Storage{Offline: new(true)}})
	traced := s.Traces.env(s)
	if s.Traces.enabled() {
		traced[podVariable] = ""
	}
	for name := range Sorted(s.Env) {
		key := path.Child(name)
		reason := RefusedVariable(name)
		_, isOwned := owned[name]
		_, ofTraces := traced[name]
		switch {
		case !variable.MatchString(name):
			problems.Invalid(found, key, "is not the name of a variable, want letters, digits and '_'")
		case reason != "":
			problems.Invalid(found, key, "%s", reason)
		case isOwned:
			problems.Forbidden(found, key, "is set by the program; leave it out")
		case ofTraces:
			problems.Forbidden(found, key, "is set by the program while the model sends traces; leave it out")
		case SecretVariableName.MatchString(name):
			problems.Invalid(found, key, "looks like a secret, and env is stored unencrypted; use huggingFaceToken or apiKey, or a role of the ServiceAccount")
		}
	}
}

// Sorted iterates over a map in the order of its keys, so that problems are
// always reported in the same order.
func Sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

// validateLabels refuses labels that Kubernetes does not accept, and labels that select
// the service's objects.
func validateLabels(found *field.ErrorList, path *field.Path, labels map[string]string) {
	for key, value := range Sorted(labels) {
		switch {
		case !IsLabelKey(key) || !IsLabelValue(value):
			problems.Invalid(found, path.Child(key), "is %q, which is not valid for a label", value)
		case strings.HasPrefix(key, "app.kubernetes.io/") || key == "pod-template-hash":
			problems.Forbidden(found, path.Child(key), "is set by the program; choose another label")
		}
	}
}

// validateHooks checks the labels, annotations and tolerations that users add to the
// pods.
func (s Spec) validateHooks(found *field.ErrorList, path *field.Path) {
	validateLabels(found, path.Child("labels"), s.Labels)
	for key := range Sorted(s.Annotations) {
		switch _, reserved := Undisturbed[key]; {
		case !IsLabelKey(key):
			problems.Invalid(found, path.Child("annotations", key), "is not the key of an annotation")
		case reserved:
			problems.Forbidden(found, path.Child("annotations", key), "is set by the program, so that no loading replica is evicted; leave it out")
		case key == MiddlewareAnnotation:
			problems.Forbidden(found, path.Child("annotations", key), "is set by the program: it is vLLM's middleware; leave it out")
		}
	}
	for i, t := range s.Scheduling.Tolerations {
		key := path.Child("tolerations").Index(i)
		switch {
		case t.Key == "": // reported as missing
		case !IsLabelKey(t.Key):
			problems.Invalid(found, key.Child("key"), "is %q, want the key of a taint", t.Key)
		case !IsLabelValue(t.Value):
			problems.Invalid(found, key.Child("value"), "is %q, want the value of a taint", t.Value)
		}
	}
}

// fileFlags are flags whose value is a file in the pod.
var fileFlags = []string{"--chat-template", "--log-config-file", "--mm-encoder-fp8-scale-path"}

// builtInTemplates are the names of vLLM's own chat templates
// (vllm/transformers_utils/chat_templates at 2f41c894e3).
var builtInTemplates = []string{"template_basic.jinja", "template_blip2.jinja", "template_chatml.jinja", "template_deepseek_ocr.jinja", "template_deepseek_vl2.jinja", "template_kimi_audio.jinja", "template_minicpmv45.jinja"}

// missingFiles returns problems of arguments that name a file which is neither in the
// stock image nor on a mounted volume. A chat template may also be the template itself.
func (s Spec) missingFiles() []string {
	args, _, err := vllmflags.ParseKnown(VLLMArgs(s))
	if err != nil || s.Image != "" || s.PodPatch != "" {
		return nil
	}
	var missing []string
	for _, flag := range fileFlags {
		file, ok := args.String(flag)
		if !ok || strings.ContainsAny(file, "{}\n") || slices.Contains(builtInTemplates, file) || s.onVolume(file) {
			continue
		}
		missing = append(missing, fmt.Sprintf("%s: is a file that the image does not have; mount it with volumes, and give its path there", flag))
	}
	return missing
}

// onVolume reports whether a file is on one of the user's volumes, on that of the weights
// or on the cache.
func (s Spec) onVolume(file string) bool {
	file = path.Clean(file)
	return slices.ContainsFunc(Mounts(s), func(m mount) bool {
		empty := m.Volume.EmptyDir != nil || m.Volume.Ephemeral != nil
		return !empty && strings.HasPrefix(file, path.Clean(m.Path)+"/")
	})
}
