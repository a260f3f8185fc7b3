package serving

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// serviceAccountArgs is the identity of the engines, for cloud roles. It has no
// token for the Kubernetes API, which an engine never calls.
func serviceAccountArgs(s Spec, manager string) *corev1.ServiceAccountArgs {
	return &corev1.ServiceAccountArgs{
		Metadata:                     objectMeta(s, manager),
		AutomountServiceAccountToken: pulumi.Bool(false),
	}
}
