package serving

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Service holds how the Kubernetes Service in front of the replicas is reached.
type Service struct {
	// Type is the type of the Service. With LoadBalancer, the AWS Load Balancer
	// Controller creates a Network Load Balancer for it. That exposes every path of
	// vLLM, and the API key guards /v1 alone; an Ingress exposes nothing else. It
	// closes connections that are without data for 350 s.
	Type ServiceType `key:"type" oneof:"ClusterIP LoadBalancer" default:"ClusterIP"`
	// AllowedCIDRs are the ranges of addresses that may call the load balancer.
	// Default: required with LoadBalancer.
	AllowedCIDRs []string `key:"allowedCidrs"`
	// InternetFacing gives the load balancer public addresses. It needs a certificate.
	InternetFacing bool `key:"internetFacing"`
	// CertificateARN is a certificate of ACM, with which the load balancer terminates
	// TLS. Default: none, and no TLS.
	CertificateARN string `key:"certificateArn" input:"true"`
	// SubnetCIDRs are the address ranges of the load balancer's subnets, which may call
	// the replicas. Default: those of the network that the program creates; else
	// required with LoadBalancer.
	SubnetCIDRs []string `key:"subnetCidrs" input:"true"`
	// Subnets are the load balancer's subnets, by ID or by the tag Name. Default: the
	// controller finds them by their role tags when it creates the load balancer.
	Subnets []string `key:"subnets" input:"true" only:"component"`
}

// ServiceType is a type of a Kubernetes Service.
type ServiceType string

const (
	// ClusterIP is an address inside the cluster.
	ClusterIP ServiceType = "ClusterIP"
	// LoadBalancer is a load balancer outside the cluster as well.
	LoadBalancer ServiceType = "LoadBalancer"
)

// NLBClass is the load balancer class of the AWS Load Balancer Controller.
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/v3.5/guide/service/nlb/
const NLBClass = "service.k8s.aws/nlb"

const nlbPrefix = "service.beta.kubernetes.io/aws-load-balancer-"

// HasLoadBalancer reports whether the AWS Load Balancer Controller creates a load
// balancer for the service.
func (s Spec) HasLoadBalancer() bool {
	return s.Ingress.Class == ALBClass || s.Service.Type == LoadBalancer
}

// given reports whether anything is set that only a load balancer has.
func (s Service) given() bool {
	return len(s.AllowedCIDRs) > 0 || s.InternetFacing || s.CertificateARN != "" || len(s.SubnetCIDRs) > 0
}

// validate checks the load balancer of the Service; guarded reports that clients
// must send an API key.
func (s Service) validate(found *field.ErrorList, at *field.Path, guarded bool) {
	if s.Type != LoadBalancer {
		if s.given() {
			problems.Forbidden(found, at, "has settings of a load balancer, and type is not LoadBalancer; set type to LoadBalancer, or remove them")
		}
		return
	}
	if !guarded {
		problems.Forbidden(found, at.Child("type"), "is LoadBalancer, and clients need no API key; set the stack's apiKey, or apiKey.existingSecret")
	}
	if len(s.AllowedCIDRs) == 0 {
		problems.Required(found, at.Child("allowedCidrs"), "is missing; list the ranges of addresses that may call the load balancer, such as 10.0.0.0/8")
	}
	if len(s.SubnetCIDRs) == 0 {
		problems.Required(found, at.Child("subnetCidrs"), "is missing; list the ranges of the load balancer's subnets, which may then call the replicas")
	}
	validateCIDRs(found, at.Child("allowedCidrs"), s.AllowedCIDRs)
	validateCIDRs(found, at.Child("subnetCidrs"), s.SubnetCIDRs)
	switch {
	case s.CertificateARN != "" && !certificate.MatchString(s.CertificateARN):
		problems.Invalid(found, at.Child("certificateArn"), "is %q, want the ARN of a certificate", s.CertificateARN)
	case s.CertificateARN == "" && s.InternetFacing:
		problems.Required(found, at.Child("certificateArn"), "is missing, and the load balancer is internet-facing; API keys and answers would travel in clear")
	}
}

// NLBAnnotations returns the annotations of the Service that the AWS Load Balancer
// Controller reads: the load balancer sends requests to the pods themselves, over
// all zones.
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/v3.5/guide/service/annotations/
func (s Spec) NLBAnnotations() map[string]string {
	own := map[string]string{
		"nlb-target-type":         "ip",
		"scheme":                  "internal",
		"attributes":              "load_balancing.cross_zone.enabled=true",
		"target-group-attributes": fmt.Sprintf("deregistration_delay.timeout_seconds=%d", deregistrationSeconds(s.Lifecycle)),
		"healthcheck-protocol":    "http",
		"healthcheck-path":        "/health",
		"healthcheck-interval":    "10",
		"healthcheck-timeout":     fmt.Sprint(ProbeTimeoutSeconds),
	}
	if s.Service.InternetFacing {
		own["scheme"] = "internet-facing"
	}
	if len(s.Service.Subnets) > 0 {
		own["subnets"] = strings.Join(s.Service.Subnets, ",")
	}
	if s.Service.CertificateARN != "" {
		own["ssl-cert"], own["ssl-ports"], own["ssl-negotiation-policy"] = s.Service.CertificateARN, fmt.Sprint(Port), tlsPolicy
	}
	annotations := map[string]string{}
	for key, value := range own {
		annotations[nlbPrefix+key] = value
	}
	return annotations
}

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
)

// AlbAnnotations are what the AWS Load Balancer Controller reads.
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
func AlbAnnotations(s Spec) map[string]string {
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
			deregistrationSeconds(s.Lifecycle)),
		"healthcheck-path":             "/health",
		"healthcheck-interval-seconds": "10",
		"healthcheck-timeout-seconds":  fmt.Sprint(ProbeTimeoutSeconds),
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
func deregistrationSeconds(l Lifecycle) int {
	return min(l.DrainSeconds+l.ShutdownSeconds, longestDeregistration)
}
