package serving

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// longestName leaves room for what is derived from a service's name: KEDA
	// allows 54 characters, because its HorizontalPodAutoscaler is called
	// keda-hpa-<name> and 63 is Kubernetes' limit.
	longestName      = 54
	longestNamespace = 63

	containerName = "vllm"
	portName      = "http"
	port          = 8000

	// tokenKey and apiKeyKey are the keys within the Secrets.
	tokenKey  = "token"
	apiKeyKey = "api-key"
)

// selectorLabels find the pods of one service. They never change: a Deployment
// with another selector is another Deployment.
func selectorLabels(service string) pulumi.StringMap {
	return pulumi.StringMap{
		"app.kubernetes.io/name":     pulumi.String("vllm"),
		"app.kubernetes.io/instance": pulumi.String(service),
	}
}

// labels are on everything that belongs to one service.
func labels(service string) pulumi.StringMap {
	l := selectorLabels(service)
	l["app.kubernetes.io/part-of"] = pulumi.String("vllm-eks")
	l["app.kubernetes.io/managed-by"] = pulumi.String("pulumi")
	return l
}
