package manifest

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/vllm-eks/vllm-eks/internal/fieldmanager"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// service returns the Service for an address of the model inside the cluster.
func service(s serving.Spec, name, manager string) *corev1.Service {
	metadata := objectMeta(s, manager)
	metadata.Name = name
	if name != s.ObjectName() {
		metadata.Labels[serving.ComponentLabel] = serving.AliasComponent
	}
	// Pulumi already waits for the pods of the Deployment. A second wait would only delay
	// the error of a failing rollout.
	metadata.Annotations["pulumi.com/skipAwait"] = "true"
	o := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metadata,
		Spec: corev1.ServiceSpec{
			Type:     corev1.ServiceTypeClusterIP,
			Selector: s.SelectorLabels(),
			Ports: []corev1.ServicePort{{
				Name: serving.PortName, Port: serving.Port, TargetPort: intstr.FromString(serving.PortName), Protocol: corev1.ProtocolTCP,
			}},
		},
	}
	if s.Service.Type == serving.LoadBalancer && name == s.ObjectName() {
		balance(o, s)
	}
	return o
}

// balance adds the load balancer. It sends requests to the pods directly, and so needs no
// node ports.
func balance(o *corev1.Service, s serving.Spec) {
	maps.Copy(o.Annotations, s.NLBAnnotations())
	o.Spec.Type = corev1.ServiceTypeLoadBalancer
	o.Spec.LoadBalancerClass = new(serving.NLBClass)
	o.Spec.LoadBalancerSourceRanges = s.Service.AllowedCIDRs
	o.Spec.AllocateLoadBalancerNodePorts = new(false)
}

// objectMeta returns the metadata of the objects that have the name of the service.
func objectMeta(s serving.Spec, manager string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: s.ObjectName(), Namespace: s.Namespace, Labels: s.AllLabels(), Annotations: fieldmanager.Annotations(manager),
	}
}
