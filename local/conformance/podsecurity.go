package conformance

import (
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	psaapi "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// standards returns the checks of the Pod Security Standards of the API server.
var standards = sync.OnceValues(func() (policy.Evaluator, error) {
	return policy.NewEvaluator(policy.DefaultChecks(), nil)
})

// checkPodSecurity requires that the restricted standard admits the pods, in the version that
// namespaces enforce and in the newest.
func checkPodSecurity(found *findings, pod *corev1.PodTemplateSpec) {
	evaluator, err := standards()
	if err != nil {
		found.addf("the Pod Security Standards: %w", err)
		return
	}
	for _, text := range []string{versions.PodSecurity, psaapi.VersionLatest} {
		version, err := psaapi.ParseVersion(text)
		if err != nil {
			found.addf("the Pod Security Standards of %s: %w", text, err)
			continue
		}
		for _, r := range evaluator.EvaluatePod(psaapi.LevelVersion{Level: psaapi.LevelRestricted, Version: version}, &pod.ObjectMeta, &pod.Spec) {
			found.need(r.Allowed, "the restricted standard of %s refuses the pods: %s", text, strings.TrimSpace(r.ForbiddenReason+" "+r.ForbiddenDetail))
		}
	}
}
