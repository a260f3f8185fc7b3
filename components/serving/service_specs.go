package serving

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// serviceArgs is the address of the model inside the cluster.
func serviceArgs(s Spec, manager string) *corev1.ServiceArgs {
	annotations := managedBy(manager)
	// Its pods are the Deployment's, which is waited for: a second wait would
	// only make a failing rollout fail later.
	annotations["pulumi.com/skipAwait"] = pulumi.String("true")
	metadata := objectMeta(s, manager)
	metadata.Annotations = annotations
	return &corev1.ServiceArgs{
		Metadata: metadata,
		Spec: &corev1.ServiceSpecArgs{
			Type:     pulumi.String("ClusterIP"),
			Selector: selectorLabels(s.Name),
			Ports: corev1.ServicePortArray{&corev1.ServicePortArgs{
				Name:       pulumi.String(portName),
				Port:       pulumi.Int(port),
				TargetPort: pulumi.String(portName),
				Protocol:   pulumi.String("TCP"),
			}},
		},
	}
}

// objectMeta is the metadata of the objects that are called like the service.
func objectMeta(s Spec, manager string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{
		Name:        pulumi.String(s.Name),
		Namespace:   pulumi.String(s.Namespace),
		Labels:      labels(s.Name),
		Annotations: managedBy(manager),
	}
}
