package serving

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Warnings returns the warnings about a valid spec.
func (s Spec) Warnings() []string {
	var warnings []string
	warn := func(format string, values ...any) {
		warnings = append(warnings, s.Name+": "+fmt.Sprintf(format, values...))
	}
	needed, spare := s.spareNodes()
	switch {
	case s.Lifecycle.Rollout == Surge && !spare:
		warn("lifecycle.rollout is surge, which needs %d nodes in the %s, whose max is %d: rollouts fail", needed, s.groups(), s.NodeGroup.Max)
	case s.Lifecycle.Rollout == InPlace && (s.Replicas.Least() == 1 || s.Lifecycle.derived):
		warn("%s", s.inPlaceWarning(spare))
	}
	if tokens, seconds := s.typicalAnswer(); seconds > s.Lifecycle.ShutdownSeconds {
		warn("lifecycle.shutdownSeconds is %d, so a rollout cuts off answers of %d tokens, which take about %d s", s.Lifecycle.ShutdownSeconds, tokens, seconds)
	}
	policy, _ := s.Scaling.Policy.Declaration()
	if policy.Prometheus() && !s.Monitored() {
		warn("monitoring.serviceMonitor is false: scaling needs series with the labels job=%q, namespace=%q and service=%q", ScrapeJob, s.Namespace, s.ObjectName())
	}
	if namespace := s.Monitoring.prometheusNamespace(); policy.Prometheus() && namespace != "" && namespace != s.Monitoring.Namespace {
		warn("monitoring.namespace is %s, so the NetworkPolicy refuses the Prometheus in the namespace %s", s.Monitoring.Namespace, namespace)
	}
	if ingress := s.Ingress; ingress.Class != "" && ingress.Class != ALBClass && ingress.TLSSecret == "" {
		warn("ingress.tlsSecret is missing: without a certificate of the controller, API keys and answers are sent unencrypted")
	}
	if s.Service.Type == LoadBalancer {
		warn("service.type is LoadBalancer: everybody in service.allowedCidrs can call vLLM's paths outside /v1 without the API key")
	}
	if policy.Scaler == OtherScaler {
		warn("scaling.policy is external: one replica runs until your scaler sets a number from %d to %d", s.Replicas.Smallest(), s.Replicas.Max)
	}
	for _, text := range s.vllmWarnings() {
		warn("%s", text)
	}
	return warnings
}

// inPlaceWarning returns a warning that a rollout interrupts replicas, with the change
// that would start the new replica first.
func (s Spec) inPlaceWarning(spare bool) string {
	subject := "the model"
	if minimum := s.Replicas.Least(); minimum > 1 {
		subject = fmt.Sprintf("each of %d replicas", minimum)
	}
	away := fmt.Sprintf("%s is away for about %d s in a rollout", subject, s.Lifecycle.LoadSeconds)
	if spare {
		return away + ", because lifecycle.rollout is inPlace"
	}
	return fmt.Sprintf("%s; %s starts the new replica first", away, s.SurgeAdvice())
}

// SurgeAdvice returns the change of the configuration with which rollouts start a new
// replica before they stop an old one. It applies to a service whose rollouts are in place.
func (s Spec) SurgeAdvice() string {
	needed, spare := s.spareNodes()
	nodes := fmt.Sprintf("nodeGroups[].max: %d in the %s", needed, s.groups())
	switch {
	case spare:
		return "lifecycle.rollout: surge"
	case s.Replicas.Smallest() < s.Replicas.Max:
		return nodes + " or lifecycle.rollout: surge"
	}
	return nodes
}

// prometheusNamespace returns the namespace of Prometheus if its address is a Service of
// the cluster; "" otherwise.
func (m Monitoring) prometheusNamespace() string {
	address, err := url.Parse(m.PrometheusURL)
	if err != nil {
		return ""
	}
	if parts := strings.Split(address.Hostname(), "."); len(parts) > 2 && parts[2] == "svc" {
		return parts[1]
	}
	return ""
}

// typicalAnswer returns the mean length of an answer in tokens, and the seconds that it
// takes at the target load, or at the longest TPOT that meets the objectives if the speed
// is not known.
func (s Spec) typicalAnswer() (tokens, seconds int) {
	objectives := s.Objectives.sizing().WithDefaults(s.Model.MaxLen)
	perToken := objectives.TPOTMilliseconds / 1000
	if e, ok := s.Estimate(); ok {
		objectives = e.Workload.Objectives
		if rate := e.Serving.TargetTokensPerSecond; rate > 0 {
			perToken = float64(e.Serving.Target) / rate
		}
	}
	return objectives.OutputTokens, int(float64(objectives.OutputTokens) * perToken)
}

// vllmWarnings returns warnings about vLLM itself: its release, its arguments and the
// model.
func (s Spec) vllmWarnings() []string {
	var warnings []string
	warn := func(format string, values ...any) { warnings = append(warnings, fmt.Sprintf(format, values...)) }
	if key, version := s.statedVersion(); versions.NewerThanKnown(version) {
		warn("%s is %s: the program checks flags, names and sizes as those of %s, the newest release that it knows", key, version, versions.VLLM)
	}
	_, doubtful := s.arguments(nil)
	for _, p := range doubtful {
		warn("%s", problems.Error{Problem: p})
	}
	if vendor := s.gated(); vendor != "" {
		warn("huggingFaceToken is missing: Hugging Face usually refuses to download models of %s without the token of an account with consent", vendor)
	}
	for _, c := range s.Model.choices() {
		if parsers := vllmflags.OtherParsers(s.Model.ID, c.flag, c.value); len(parsers) > 0 {
			warn("%s is %s, and vLLM's recipe for this model has %s: another parser returns plain text", c.key, c.value, strings.Join(parsers, " or "))
		}
	}
	if family := s.wantsCode(); family != "" {
		warn("trustRemoteCode is false: models of %s usually need the Python code of their repository", family)
	}
	if kind := s.Model.KVCacheDType; s.UnknownShape() && strings.HasPrefix(kind, "fp8") {
		warn("kvCacheDtype is %s: the shape of the model is unknown, and not every model supports it on A10G and A100", kind)
	}
	return slices.Concat(warnings, s.requestWarnings())
}

// codeFamilies are prefixes of ids of models that vLLM's own tests and recipes load with
// their repositories' code (trust_remote_code in tests/models/registry.py at 2f41c894e3;
// vllm-project/recipes of 2026-08-21). Not every model of a family needs it, so the
// program warns and does not refuse.
var codeFamilies = []string{
	"AIDC-AI/Ovis", "Kwai-Keye/", "OpenGVLab/InternVL", "PaddlePaddle/PaddleOCR-VL", "XiaomiMiMo/MiMo", "allenai/Molmo", "baidu/ERNIE-4.5-VL",
	"deepseek-ai/DeepSeek-OCR", "internlm/internlm", "microsoft/Phi-3-vision", "microsoft/Phi-3.5-MoE", "microsoft/Phi-3.5-vision", "microsoft/Phi-4-multimodal",
	"moonshotai/Kimi", "nvidia/Llama-3.1-Nemotron-Nano-VL", "nvidia/Llama-3_", "nvidia/NVIDIA-Nemotron", "nvidia/Nemotron", "openbmb/MiniCPM",
	"rednote-hilab/dots", "stepfun-ai/Step", "stepfun-ai/step", "tencent/Hunyuan", "zai-org/chatglm", "zai-org/glm-4v",
}

// wantsCode returns the family of a model that usually needs its repository's code, if
// trustRemoteCode is false; "" otherwise.
func (s Spec) wantsCode() string {
	for _, family := range codeFamilies {
		if !s.Model.TrustRemoteCode && strings.HasPrefix(s.Model.ID, family) {
			return family
		}
	}
	return ""
}

// gatedVendors are prefixes of ids of models that usually require a consent on Hugging
// Face. The current list was not read, so the program warns and does not refuse.
var gatedVendors = []string{"meta-llama/", "google/gemma-", "CohereLabs/"}

// gated returns the vendor of a model that is downloaded without a token and usually
// needs one; "" otherwise.
func (s Spec) gated() string {
	if s.Access.HuggingFaceToken.Name != "" || s.local() || s.Offline() {
		return ""
	}
	for _, vendor := range gatedVendors {
		if strings.HasPrefix(s.Model.ID, vendor) {
			return strings.TrimSuffix(vendor, "/")
		}
	}
	return ""
}

// requestWarnings returns warnings about downloads that requests can cause, and about
// destinations that the NetworkPolicy refuses.
func (s Spec) requestWarnings() []string {
	args, _, err := vllmflags.ParseKnown(VLLMArgs(s))
	if err != nil {
		return nil
	}
	var warnings []string
	warn := func(format string, values ...any) { warnings = append(warnings, fmt.Sprintf(format, values...)) }
	shape, _ := s.Model.shape()
	textOnly, _ := args.Bool("--language-model-only")
	noImages := s.Media.Images != nil && *s.Media.Images == 0
	if shape.Vision != (catalogue.Vision{}) && !textOnly && !noImages && !args.Has("--allowed-media-domains") {
		warn("media.domains is empty: a request can make the server fetch an image from any address")
	}
	for _, flag := range []string{"--kv-transfer-config", "--ec-transfer-config", "--kv-events-config"} {
		if args.Has(flag) && !s.Network.Unrestricted && len(s.Network.Egress) == 0 {
			warn("extraArgs: %s connects to other pods, which the NetworkPolicy refuses without network.egress", flag)
		}
	}
	return warnings
}

// statedVersion returns the release of vLLM that the spec states, with the key that
// states it; "" if the image's tag is not a release.
func (s Spec) statedVersion() (key, version string) {
	if s.VLLMVersion == "" && s.Image != "" {
		return "image", versions.ImageVersion(s.Image)
	}
	return "vllmVersion", s.Version()
}
