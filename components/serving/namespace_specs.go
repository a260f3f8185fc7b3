package serving

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// namespaceArgs is a namespace that admits restricted pods only.
func namespaceArgs(s NamespaceSpec, manager string) *corev1.NamespaceArgs {
	return &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:        pulumi.String(s.Name),
			Annotations: managedBy(manager),
			Labels: pulumi.StringMap{
				"app.kubernetes.io/part-of":                  pulumi.String("vllm-eks"),
				"app.kubernetes.io/managed-by":               pulumi.String("pulumi"),
				"pod-security.kubernetes.io/enforce":         pulumi.String("restricted"),
				"pod-security.kubernetes.io/enforce-version": pulumi.String(versions.PodSecurity),
				"pod-security.kubernetes.io/warn":            pulumi.String("restricted"),
				"pod-security.kubernetes.io/warn-version":    pulumi.String("latest"),
			},
		},
	}
}
