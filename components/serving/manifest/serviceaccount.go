package manifest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// serviceAccount is the identity of the engines, for cloud roles. It has no
// token for the Kubernetes API, which an engine never calls.
func serviceAccount(s serving.Spec, manager string) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{
		TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta:                   objectMeta(s, manager),
		AutomountServiceAccountToken: new(false),
	}
}
