package manifest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// serviceAccount returns the identity of the replicas, for AWS roles. It mounts no token
// for the Kubernetes API, because a replica never calls it.
func serviceAccount(s serving.Spec, manager string) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{
		TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta:                   objectMeta(s, manager),
		AutomountServiceAccountToken: new(false),
	}
}
