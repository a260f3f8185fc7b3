// Package versions pins the versions of all images, charts and EKS add-ons, each with
// the page of its releases.
package versions

const (
	// VLLM is the default, the oldest version of vLLM that is accepted, and the
	// newest that this program knows. GHSA-5r3c-5x4v-8gjh sets it: it is fixed in
	// 0.33.0, the highest "fixed in" among the published vulnerabilities, and no
	// source names one that 0.33.0 has (read on 2026-11-29).
	// Sources: munimtechnologies/ai-stack-advisories v1.2.6 (2026-11-10: 0.33.0 is
	// the current release); gpustack/runner v0.1.32.post4 (2026-11-05: images of
	// 0.33.0 for CUDA 13.0 are published and measured). Of v0.34.0 only a mention was
	// found (gpustack/runner v0.1.33.post1, November), neither an image nor its flags.
	// https://github.com/vllm-project/vllm/releases/tag/v0.33.0
	VLLM = "v0.33.0"
	// VLLMRepository is the image that the vLLM project publishes.
	// https://docs.vllm.ai/en/latest/deployment/docker.html
	VLLMRepository = "vllm/vllm-openai"
	// PodSecurity is the version of the Pod Security Standards that namespaces enforce.
	// It is pinned, so that an upgrade of the control plane cannot refuse a pod that was
	// admitted before; the newest version only warns.
	// https://kubernetes.io/docs/concepts/security/pod-security-standards/
	PodSecurity = "v1.35"
	// KEDA is the version whose ScaledObjects are rendered.
	// https://github.com/kedacore/keda/releases/tag/v2.20.2
	KEDA = "v2.20.2"
	// PrometheusOperator is the version whose ServiceMonitors are rendered.
	// https://github.com/prometheus-operator/prometheus-operator/releases/tag/v0.85.0
	PrometheusOperator = "v0.85.0"
)
