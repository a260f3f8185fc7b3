package ingress

import (
	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
)

// Values returns the values of the chart aws-load-balancer-controller, without
// clusterName and vpcId, which come from other resources.
func Values(s Spec, region string, tags map[string]string) map[string]any {
	monitor := map[string]any{"enabled": s.ServiceMonitor}
	if len(s.Labels) > 0 {
		monitor["additionalLabels"] = chart.Labels(s.Labels)
	}
	values := map[string]any{
		"region":         region,
		"replicaCount":   s.Replicas,
		"serviceAccount": map[string]any{"create": true, "name": ServiceAccount},
		// With this webhook, the controller would take every Service of type
		// LoadBalancer, and no Service of the cluster could be created while the
		// controller does not answer.
		"enableServiceMutatorWebhook": false,
		// The program does not use Shield Advanced and the first generation of WAF, so
		// the role needs no rights for them.
		"enableShield": false,
		"enableWaf":    false,
		"affinity":     gpunodes.Apart(map[string]any{"app.kubernetes.io/name": "aws-load-balancer-controller"}),
		"podDisruptionBudget": map[string]any{
			"maxUnavailable": 1,
		},
		"resources": map[string]any{
			"requests": map[string]any{"cpu": "50m", "memory": "128Mi"},
			"limits":   map[string]any{"memory": "512Mi"},
		},
		"podSecurityContext": map[string]any{
			"fsGroup":        65534,
			"seccompProfile": map[string]any{"type": "RuntimeDefault"},
		},
		"securityContext": map[string]any{
			"allowPrivilegeEscalation": false,
			"capabilities":             map[string]any{"drop": []any{"ALL"}},
			"readOnlyRootFilesystem":   true,
			"runAsNonRoot":             true,
		},
		// Otherwise each upgrade creates a new certificate, and the API server refuses
		// Ingresses until the running pods use it.
		"keepTLSSecret":  true,
		"serviceMonitor": monitor,
	}
	if len(tags) > 0 {
		values["defaultTags"] = chart.Labels(tags)
	}
	return values
}
