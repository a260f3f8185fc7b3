package manifest

import (
	"maps"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// openPath is the only path of vLLM that an Ingress exposes. Other paths answer without
// the API key.
const openPath = "/v1"

// ingress returns the Ingress for clients outside the cluster.
func ingress(s serving.Spec, manager string) *networkingv1.Ingress {
	metadata := objectMeta(s, manager)
	maps.Copy(metadata.Annotations, s.Ingress.Annotations)
	if s.Ingress.Class == serving.ALBClass {
		maps.Copy(metadata.Annotations, serving.AlbAnnotations(s))
	}
	// A controller may take minutes to set an address, and no resource needs it.
	metadata.Annotations["pulumi.com/skipAwait"] = "true"
	spec := networkingv1.IngressSpec{
		IngressClassName: &s.Ingress.Class,
		Rules: []networkingv1.IngressRule{{
			Host: s.Ingress.Host,
			IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
				Paths: []networkingv1.HTTPIngressPath{{
					Path:     openPath,
					PathType: new(networkingv1.PathTypePrefix),
					Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
						Name: s.ObjectName(), Port: networkingv1.ServiceBackendPort{Name: serving.PortName},
					}},
				}},
			}},
		}},
	}
	if s.Ingress.TLSSecret != "" {
		spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{s.Ingress.Host}, SecretName: s.Ingress.TLSSecret}}
	}
	return &networkingv1.Ingress{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "Ingress"},
		ObjectMeta: metadata,
		Spec:       spec,
	}
}
