package manifest

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// balanced returns a service with a load balancer.
func balanced(t *testing.T, change func(*serving.Service)) serving.Spec {
	t.Helper()
	return valid(t, func(s *serving.Spec) {
		s.PreviousNames = []string{"old"}
		s.Access.APIKey.Name = "key"
		s.Service = serving.Service{Type: serving.LoadBalancer, AllowedCIDRs: []string{"10.8.0.0/16"}, SubnetCIDRs: []string{"10.0.0.0/20"}}
		if change != nil {
			change(&s.Service)
		}
	})
}

// TestALoadBalancerIsInternalAndLetsInWhoIsAllowed checks the fields that the AWS Load
// Balancer Controller reads, and that the load balancer reaches the pods.
func TestALoadBalancerIsInternalAndLetsInWhoIsAllowed(t *testing.T) {
	s := balanced(t, nil)
	var services []*corev1.Service
	var policy *networkingv1.NetworkPolicy
	for _, o := range Objects(s, "m") {
		switch o := o.Object.(type) {
		case *corev1.Service:
			services = append(services, o)
		case *networkingv1.NetworkPolicy:
			policy = o
		}
	}
	if len(services) != 2 {
		t.Fatalf("there are %d Services, want that of the first name and that of the new one", len(services))
	}
	balancer, alias := services[0], services[1]
	if balancer.Name != "old" || balancer.Spec.Type != corev1.ServiceTypeLoadBalancer || alias.Spec.Type != corev1.ServiceTypeClusterIP {
		t.Errorf("the types are %s of %s and %s of %s; want one load balancer, of the first name", balancer.Spec.Type, balancer.Name, alias.Spec.Type, alias.Name)
	}
	if class := balancer.Spec.LoadBalancerClass; class == nil || *class != "service.k8s.aws/nlb" {
		t.Errorf("the class is %v", class)
	}
	if !slices.Equal(balancer.Spec.LoadBalancerSourceRanges, []string{"10.8.0.0/16"}) || *balancer.Spec.AllocateLoadBalancerNodePorts {
		t.Errorf("the ranges are %v, and ports of nodes are allocated: %t", balancer.Spec.LoadBalancerSourceRanges, *balancer.Spec.AllocateLoadBalancerNodePorts)
	}
	const prefix = "service.beta.kubernetes.io/aws-load-balancer-"
	for key, want := range map[string]string{"scheme": "internal", "nlb-target-type": "ip", "healthcheck-path": "/health", "target-group-attributes": "deregistration_delay.timeout_seconds=135"} {
		if got := balancer.Annotations[prefix+key]; got != want {
			t.Errorf("the annotation %s is %q, want %q", key, got, want)
		}
	}
	reached := slices.ContainsFunc(policy.Spec.Ingress[0].From, func(p networkingv1.NetworkPolicyPeer) bool {
		return p.IPBlock != nil && p.IPBlock.CIDR == "10.0.0.0/20"
	})
	if !reached {
		t.Errorf("the NetworkPolicy lets in %v, want the load balancer's subnets", policy.Spec.Ingress)
	}
}

// TestAnInternetFacingLoadBalancerTerminatesTLS checks that clients do not send API keys
// in clear.
func TestAnInternetFacingLoadBalancerTerminatesTLS(t *testing.T) {
	const certificate = "arn:aws:acm:us-west-2:111122223333:certificate/0a1b2c3d"
	annotations := balanced(t, func(s *serving.Service) { s.InternetFacing, s.CertificateARN = true, certificate }).NLBAnnotations()
	const prefix = "service.beta.kubernetes.io/aws-load-balancer-"
	if annotations[prefix+"scheme"] != "internet-facing" || annotations[prefix+"ssl-cert"] != certificate || annotations[prefix+"ssl-ports"] != "8000" {
		t.Errorf("the annotations are %v", annotations)
	}
}

// TestALoadBalancerKeepsIdleConnections checks that an answer that is not streamed may
// take ten minutes. AWS has no such attribute for a listener with TLS.
func TestALoadBalancerKeepsIdleConnections(t *testing.T) {
	const key = "service.beta.kubernetes.io/aws-load-balancer-listener-attributes.TCP-8000"
	if got := balanced(t, nil).NLBAnnotations()[key]; got != "tcp.idle_timeout.seconds=600" {
		t.Errorf("%s = %q without TLS, want tcp.idle_timeout.seconds=600", key, got)
	}
	encrypted := balanced(t, func(s *serving.Service) {
		s.CertificateARN = "arn:aws:acm:us-west-2:111122223333:certificate/0a1b2c3d"
	})
	if got, found := encrypted.NLBAnnotations()[key]; found {
		t.Errorf("%s = %q with TLS, want none", key, got)
	}
}
