package conformance

import (
	"cmp"
	"slices"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// checkMetadata requires the labels of every object, and that Pulumi does not wait for objects that the
// Deployment's wait covers.
func checkMetadata(found *findings, s serving.Spec, r rendered) {
	want := map[string]string{
		"app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": firstName(s),
		"app.kubernetes.io/part-of": "vllm-eks", "app.kubernetes.io/managed-by": "pulumi",
	}
	for _, m := range r.metas {
		for key, value := range want {
			same(found, m.String()+": the label "+key, m.Labels[key], value)
		}
		for key, value := range s.Labels {
			same(found, m.String()+": the label "+key, m.Labels[key], value)
		}
		found.need(m.Annotations["pulumi.com/patchFieldManager"] != "", "%s: it has no patchFieldManager", m)
		if slices.Contains([]string{"Service", "Ingress", "PersistentVolumeClaim"}, m.Kind) {
			same(found, m.String()+": skipAwait", m.Annotations["pulumi.com/skipAwait"], "true")
		}
	}
	// Pods do not name the tool that manages them, so that every tool gives the same pods.
	want["app.kubernetes.io/managed-by"] = ""
	want["app"] = cmp.Or(s.Labels["app"], "vllm")
	for key, value := range want {
		found.need(r.pod().Labels[key] == value || s.PodPatch != "", "the pods' label %s is %q, want %q", key, r.pod().Labels[key], value)
	}
	for _, a := range r.accounts {
		found.need(a.AutomountServiceAccountToken != nil && !*a.AutomountServiceAccountToken, "pods get a token of the ServiceAccount")
	}
}
