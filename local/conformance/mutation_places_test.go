package conformance

import "strings"

// held are places that have to be there, so that a check of them is one.
var held = places(
	"Deployment/spec/selector",
	"Deployment/spec/strategy/rollingUpdate/maxSurge",
	"Deployment/spec/strategy/rollingUpdate/maxUnavailable",
	"Deployment/spec/progressDeadlineSeconds",
	"Deployment/spec/replicas",
	"Deployment/spec/template/metadata/annotations/cluster-autoscaler.kubernetes.io~1safe-to-evict",
	"Deployment/spec/template/metadata/annotations/karpenter.sh~1do-not-disrupt",
	"Deployment/spec/template/metadata/annotations/vllm-eks~1vllm_eks_connections.py",
	"Deployment/spec/template/spec/automountServiceAccountToken",
	"Deployment/spec/template/spec/enableServiceLinks",
	"Deployment/spec/template/spec/serviceAccountName",
	"Deployment/spec/template/spec/nodeSelector",
	"Deployment/spec/template/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchExpressions/0",
	"Deployment/spec/template/spec/affinity/nodeAffinity/preferredDuringSchedulingIgnoredDuringExecution/0/weight",
	"Deployment/spec/template/spec/tolerations",
	"Deployment/spec/template/spec/topologySpreadConstraints",
	"Deployment/spec/template/spec/terminationGracePeriodSeconds",
	"Deployment/spec/template/spec/securityContext/runAsNonRoot",
	"Deployment/spec/template/spec/securityContext/runAsUser",
	"Deployment/spec/template/spec/securityContext/runAsGroup",
	"Deployment/spec/template/spec/securityContext/fsGroup",
	"Deployment/spec/template/spec/securityContext/seccompProfile",
	"Deployment/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation",
	"Deployment/spec/template/spec/containers/0/securityContext/capabilities/drop",
	"Deployment/spec/template/spec/containers/0/lifecycle/preStop/sleep",
	"Deployment/spec/template/spec/containers/0/startupProbe/timeoutSeconds",
	"Deployment/spec/template/spec/containers/0/startupProbe/failureThreshold",
	"Deployment/spec/template/spec/containers/0/startupProbe/terminationGracePeriodSeconds",
	"Deployment/spec/template/spec/containers/0/livenessProbe/timeoutSeconds",
	"Deployment/spec/template/spec/containers/0/livenessProbe/exec",
	"Deployment/spec/template/spec/containers/0/readinessProbe/httpGet",
	"Deployment/spec/template/spec/containers/0/resources/limits/memory",
	"Deployment/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu",
	"Deployment/spec/template/spec/containers/0/resources/requests/ephemeral-storage",
	"Deployment/spec/template/spec/volumes/0/emptyDir/sizeLimit",
	"Deployment/spec/template/spec/volumes/2/emptyDir/medium",
	"Deployment/spec/template/spec/volumes/3/downwardAPI/items/0/fieldRef/fieldPath",
	"Deployment/spec/template/spec/containers/0/volumeMounts/3/readOnly",
	"PodDisruptionBudget/spec/maxUnavailable",
	"PodDisruptionBudget/spec/unhealthyPodEvictionPolicy",
	"PodDisruptionBudget/spec/selector",
	"NetworkPolicy/spec/policyTypes/0",
	"NetworkPolicy/spec/policyTypes/1",
	"NetworkPolicy/spec/podSelector/matchLabels",
	"NetworkPolicy/spec/ingress/0/from",
	"NetworkPolicy/spec/ingress/0/ports",
	"NetworkPolicy/spec/egress/0/to/0/ipBlock/except",
	"Service/spec/selector",
	"Service/spec/ports/0/targetPort",
	"ServiceAccount/automountServiceAccountToken",
	"Ingress/spec/rules/0/http/paths/0/path",
	"Ingress/metadata/annotations/alb.ingress.kubernetes.io~1ssl-policy",
	"Ingress/metadata/annotations/alb.ingress.kubernetes.io~1inbound-cidrs",
	"Ingress/metadata/annotations/alb.ingress.kubernetes.io~1target-group-attributes",
	"Ingress/spec/tls/0/secretName",
	"ScaledObject/spec/scaleTargetRef/name",
	"ScaledObject/spec/fallback",
	"ScaledObject/spec/triggers/0/metadata/ignoreNullValues",
	"HorizontalPodAutoscaler/spec/scaleTargetRef/name",
	"HorizontalPodAutoscaler/spec/minReplicas",
	"ServiceMonitor/spec/endpoints/0/honorLabels",
	"ServiceMonitor/spec/selector",
)

// expendables are places that may go, each with the reason. One that ends with
// '/' stands for all below.
var expendables = map[string]string{
	"Deployment/spec/template/spec/containers/0/imagePullPolicy":            "IfNotPresent is what Kubernetes takes for an image with a version",
	"Service/spec/ports/0/protocol":                                         "TCP is what Kubernetes takes",
	"Service/spec/type":                                                     "ClusterIP is what Kubernetes takes",
	"Ingress/metadata/annotations/alb.ingress.kubernetes.io~1success-codes": "200 is what the load balancer takes",
}

// expendable is the exception that a place falls under, or "".
func expendable(place string) string {
	for prefix := range expendables {
		if place == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(place, prefix) {
			return prefix
		}
	}
	return ""
}

func places(all ...string) map[string]bool {
	set := map[string]bool{}
	for _, place := range all {
		set[place] = true
	}
	return set
}
