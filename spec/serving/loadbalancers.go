package serving

import (
	"fmt"
	"strings"
)

const (
	// ALBClass is the IngressClass of the AWS Load Balancer Controller.
	ALBClass  = "alb"
	albPrefix = "alb.ingress.kubernetes.io/"
	// tlsPolicy allows TLS 1.2 and 1.3 with forward secrecy.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
	tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
	// longestDeregistration is the longest time that a load balancer waits for requests
	// of a stopping pod.
	longestDeregistration = 3600
)

// AlbAnnotations returns the annotations that the AWS Load Balancer Controller reads.
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
func AlbAnnotations(s Spec) map[string]string {
	alb := s.Ingress.ALB
	settings := map[string]string{
		"scheme":       "internal",
		"target-type":  "ip",
		"listen-ports": `[{"HTTPS":443}]`,
		"ssl-policy":   tlsPolicy,
		"load-balancer-attributes": fmt.Sprintf("idle_timeout.timeout_seconds=%d,routing.http.drop_invalid_header_fields.enabled=true",
			alb.IdleSeconds),
		// Requests differ much in length, so a round robin would load some replicas more
		// than others.
		"target-group-attributes": fmt.Sprintf("deregistration_delay.timeout_seconds=%d,load_balancing.algorithm.type=least_outstanding_requests",
			deregistrationSeconds(s.Lifecycle)),
		"healthcheck-path":             "/health",
		"healthcheck-interval-seconds": "10",
		"healthcheck-timeout-seconds":  fmt.Sprint(ProbeTimeoutSeconds),
		"success-codes":                "200",
	}
	if alb.InternetFacing {
		settings["scheme"] = "internet-facing"
	}
	for key, value := range map[string]string{
		"certificate-arn": alb.CertificateARN, "group.name": alb.Group, "inbound-cidrs": strings.Join(alb.AllowedCIDRs, ","),
		"subnets": strings.Join(alb.Subnets, ","),
	} {
		if value != "" {
			settings[key] = value
		}
	}
	full := map[string]string{}
	for key, value := range settings {
		full[albPrefix+key] = value
	}
	return full
}

// deregistrationSeconds returns how long the load balancer waits for the requests of a
// stopping pod: as long as the pod waits.
func deregistrationSeconds(l Lifecycle) int {
	return min(l.DrainSeconds+l.ShutdownSeconds, longestDeregistration)
}

// NLBClass is the load balancer class of the AWS Load Balancer Controller.
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/v3.5/guide/service/nlb/
const NLBClass = "service.k8s.aws/nlb"

const (
	nlbPrefix = "service.beta.kubernetes.io/aws-load-balancer-"
	// idleSeconds is how long a connection through a load balancer may carry no data. It
	// replaces the 60 s of an ALB, and the 350 s of an NLB without TLS.
	idleSeconds = 600
)

// HasLoadBalancer reports whether the AWS Load Balancer Controller creates a load
// balancer for the service.
func (s Spec) HasLoadBalancer() bool {
	return s.Ingress.Class == ALBClass || s.Service.Type == LoadBalancer
}

// NLBAnnotations returns the annotations of the Service that the AWS Load Balancer
// Controller reads: the load balancer sends requests directly to pods in all zones.
// Without TLS, it keeps connections without data for idleSeconds; with TLS, for 350 s,
// which cannot be changed.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/v3.5/guide/service/annotations/
func (s Spec) NLBAnnotations() map[string]string {
	settings := map[string]string{
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
		settings["scheme"] = "internet-facing"
	}
	if len(s.Service.Subnets) > 0 {
		settings["subnets"] = strings.Join(s.Service.Subnets, ",")
	}
	if s.Service.CertificateARN != "" {
		settings["ssl-cert"], settings["ssl-ports"], settings["ssl-negotiation-policy"] = s.Service.CertificateARN, fmt.Sprint(Port), tlsPolicy
	} else {
		settings[fmt.Sprintf("listener-attributes.TCP-%d", Port)] = fmt.Sprintf("tcp.idle_timeout.seconds=%d", idleSeconds)
	}
	annotations := map[string]string{}
	for key, value := range settings {
		annotations[nlbPrefix+key] = value
	}
	return annotations
}
