// Package versions pins what the stacks run: every image, chart and add-on,
// each with the page of its releases.
package versions

const (
	// VLLM is the default and the oldest version of vLLM that is accepted: the
	// highest "fixed in" among the published vulnerabilities.
	// https://github.com/vllm-project/vllm/releases/tag/v0.32.0
	VLLM = "v0.32.0"
	// VLLMRepository is the image that the vLLM project publishes.
	// https://docs.vllm.ai/en/latest/deployment/docker.html
	VLLMRepository = "vllm/vllm-openai"
	// PodSecurity is the version of the Pod Security Standards that namespaces
	// enforce. Pinned, so that upgrading the control plane cannot refuse a pod
	// that it admitted the day before; the newest version only warns.
	// https://kubernetes.io/docs/concepts/security/pod-security-standards/
	PodSecurity = "v1.35"
	// KEDA is the version whose ScaledObjects are rendered.
	// https://github.com/kedacore/keda/releases/tag/v2.20.2
	KEDA = "v2.20.2"
	// PrometheusOperator is the version whose ServiceMonitors are rendered.
	// https://github.com/prometheus-operator/prometheus-operator/releases/tag/v0.85.0
	PrometheusOperator = "v0.85.0"
)
