package stack

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// corev1Name returns the name of a resource of a node in Kubernetes.
func corev1Name(name string) corev1.ResourceName { return corev1.ResourceName(name) }

func quantity(t *testing.T, amount any) resource.Quantity {
	t.Helper()
	q, err := resource.ParseQuantity(fmt.Sprint(amount))
	if err != nil {
		t.Fatalf("%v: %v", amount, err)
	}
	return q
}
