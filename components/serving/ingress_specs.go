package serving

import (
	"fmt"
	"maps"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// ALBClass is the IngressClass of the AWS Load Balancer Controller.
	ALBClass  = "alb"
	albPrefix = "alb.ingress.kubernetes.io/"
	// tlsPolicy has TLS 1.2 and 1.3 with forward secrecy.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
	tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
	// longestDeregistration is how long a load balancer waits at most for requests
	// of a pod that leaves.
	longestDeregistration = 3600
	// openPath is what an Ingress has of the engine's paths: others answer without
	// the API key.
	openPath = "/v1"
)

// ingress is the way in from outside the cluster.
func ingress(s Spec, manager string) *networkingv1.Ingress {
	metadata := objectMeta(s, manager)
	maps.Copy(metadata.Annotations, s.Ingress.Annotations)
	if s.Ingress.Class == ALBClass {
		maps.Copy(metadata.Annotations, albAnnotations(s))
	}
	// A controller may take minutes to give an address, which nothing here needs.
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
						Name: s.objectName(), Port: networkingv1.ServiceBackendPort{Name: portName},
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

// albAnnotations are what the AWS Load Balancer Controller reads.
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
func albAnnotations(s Spec) map[string]string {
	alb := s.Ingress.ALB
	own := map[string]string{
		"scheme":       "internal",
		"target-type":  "ip",
		"listen-ports": `[{"HTTPS":443}]`,
		"ssl-policy":   tlsPolicy,
		"load-balancer-attributes": fmt.Sprintf("idle_timeout.timeout_seconds=%d,routing.http.drop_invalid_header_fields.enabled=true",
			alb.IdleSeconds),
		// Requests differ so much in length that a round robin would pile them up.
		"target-group-attributes": fmt.Sprintf("deregistration_delay.timeout_seconds=%d,load_balancing.algorithm.type=least_outstanding_requests",
			s.Lifecycle.deregistrationSeconds()),
		"healthcheck-path":             "/health",
		"healthcheck-interval-seconds": "10",
		"healthcheck-timeout-seconds":  fmt.Sprint(probeTimeoutSeconds),
		"success-codes":                "200",
	}
	if alb.InternetFacing {
		own["scheme"] = "internet-facing"
	}
	for key, value := range map[string]string{
		"certificate-arn": alb.CertificateARN, "group.name": alb.Group, "inbound-cidrs": strings.Join(alb.AllowedCIDRs, ","),
		"subnets": strings.Join(alb.Subnets, ","),
	} {
		if value != "" {
			own[key] = value
		}
	}
	full := map[string]string{}
	for key, value := range own {
		full[albPrefix+key] = value
	}
	return full
}

// deregistrationSeconds is how long the load balancer waits for the requests of
// a pod that leaves: as long as the pod does.
func (l Lifecycle) deregistrationSeconds() int {
	return min(l.DrainSeconds+l.ShutdownSeconds, longestDeregistration)
}
