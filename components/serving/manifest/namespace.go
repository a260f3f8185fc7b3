package manifest

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/internal/fieldmanager"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Namespace returns a namespace that admits only restricted pods.
func Namespace(s serving.NamespaceSpec, manager string) *corev1.Namespace {
	labels := map[string]string{
		"app.kubernetes.io/part-of":                  "vllm-eks",
		"app.kubernetes.io/managed-by":               "pulumi",
		"pod-security.kubernetes.io/enforce":         "restricted",
		"pod-security.kubernetes.io/enforce-version": versions.PodSecurity,
		"pod-security.kubernetes.io/warn":            "restricted",
		"pod-security.kubernetes.io/warn-version":    "latest",
	}
	if s.ReadinessGates {
		labels["elbv2.k8s.aws/pod-readiness-gate-inject"] = "enabled"
	}
	return &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: s.Name, Annotations: fieldmanager.Annotations(manager), Labels: labels},
	}
}

// DenyAll returns the policy that denies all traffic of the namespace's pods that no other
// policy allows.
func DenyAll(s serving.NamespaceSpec, manager string) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{
			// The dot keeps it apart from the policies of services, whose names have none.
			Name: "vllm-eks.default-deny", Namespace: s.Name, Annotations: fieldmanager.Annotations(manager),
			Labels: map[string]string{"app.kubernetes.io/part-of": "vllm-eks", "app.kubernetes.io/managed-by": "pulumi"},
		},
		Spec: networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}},
	}
}
