package manifest

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

const (
	// podIdentityAgent is the address of the EKS Pod Identity agent, on port 80.
	// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html
	podIdentityAgent = "169.254.170.23/32"
	// nodeLocalDNS is the address of the DNS cache of a node, if it has one.
	nodeLocalDNS = "169.254.20.10/32"
	dnsNamespace = "kube-system"
)

// privateRanges holds the addresses that a download from the internet does not need, such
// as those of the instance metadata.
var privateRanges = map[string][]string{
	"0.0.0.0/0": {"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15"},
	"::/0":      {"fc00::/7", "fe80::/10"},
}

// networkPolicy returns the policy that allows ingress from the callers of the replicas
// and egress to the addresses that replicas need. If the network is unrestricted, the
// policy allows all traffic, because another policy of the namespace may deny it.
func networkPolicy(s serving.Spec, manager string) *networkingv1.NetworkPolicy {
	ingressRules := []networkingv1.NetworkPolicyIngressRule{{From: callers(s), Ports: ports(corev1.ProtocolTCP, serving.Port)}}
	egressRules := egress(s)
	if s.Network.Unrestricted {
		ingressRules, egressRules = []networkingv1.NetworkPolicyIngressRule{{}}, []networkingv1.NetworkPolicyEgressRule{{}}
	}
	return &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: objectMeta(s, manager),
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: s.SelectorLabels()},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Ingress:     ingressRules,
			Egress:      egressRules,
		},
	}
}

// callers returns the peers that may call the replicas: the pods of their namespace, and
// the peers that the spec names.
func callers(s serving.Spec) []networkingv1.NetworkPolicyPeer {
	peers := []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}}
	for _, c := range s.Network.Clients {
		if c.Namespace != "" {
			peers = append(peers, podsOf(c.Namespace))
		} else {
			peers = append(peers, addresses(c.CIDR))
		}
	}
	for _, cidr := range slices.Concat(s.Ingress.ALB.SubnetCIDRs, s.Service.SubnetCIDRs) {
		peers = append(peers, addresses(cidr))
	}
	if name := s.Ingress.ControllerNamespace; name != "" {
		peers = append(peers, podsOf(name))
	}
	if s.Monitoring.PrometheusURL != "" || s.Monitored() {
		peers = append(peers, podsOf(s.Monitoring.Namespace))
	}
	return peers
}

// egress returns the rules for the addresses that a replica needs. There are none if the
// weights are on a volume.
func egress(s serving.Spec) []networkingv1.NetworkPolicyEgressRule {
	var rules []networkingv1.NetworkPolicyEgressRule
	allow := func(ports []networkingv1.NetworkPolicyPort, peers ...networkingv1.NetworkPolicyPeer) {
		rules = append(rules, networkingv1.NetworkPolicyEgressRule{To: peers, Ports: ports})
	}
	https := ports(corev1.ProtocolTCP, 443)
	s3 := s.Storage.S3
	if !s.Offline() || s.Model.InS3() && s3.Endpoint == "" {
		allow(https, public("0.0.0.0/0"), public("::/0"))
	}
	if s.Model.InS3() && s3.ExistingSecret == "" || s.Access.ServiceAccountName != "" {
		allow(ports(corev1.ProtocolTCP, 80), addresses(podIdentityAgent))
	}
	if e, ok := s3.StoreEndpoint(); ok {
		allow(ports(corev1.ProtocolTCP, e.Port), store(s3, e)...)
	}
	for _, cidr := range s.Network.EgressCIDRs {
		allow(https, addresses(cidr))
	}
	for _, d := range s.Network.Egress {
		allow(ports(corev1.ProtocolTCP, d.Port), peer(d))
	}
	if e, ok := s.TracesEndpoint(); ok {
		allow(ports(corev1.ProtocolTCP, e.Port), peersByName(e, s.Namespace)...)
	}
	if len(rules) > 0 {
		dns := append(ports(corev1.ProtocolUDP, 53), ports(corev1.ProtocolTCP, 53)...)
		allow(dns, podsOf(dnsNamespace), addresses(nodeLocalDNS))
	}
	return rules
}

// store returns the addresses of an S3-compatible store.
func store(s serving.S3, e serving.Endpoint) []networkingv1.NetworkPolicyPeer {
	return peers(e, s.CIDR)
}

// peers returns the addresses of an endpoint: the addresses of cidr if the endpoint is
// neither a Service of the cluster nor an address.
func peers(e serving.Endpoint, cidr string) []networkingv1.NetworkPolicyPeer {
	switch {
	case e.Namespace() != "":
		return []networkingv1.NetworkPolicyPeer{podsOf(e.Namespace())}
	case e.Address() != "":
		return []networkingv1.NetworkPolicyPeer{addresses(e.Address())}
	case cidr != "":
		return []networkingv1.NetworkPolicyPeer{addresses(cidr)}
	}
	return []networkingv1.NetworkPolicyPeer{public("0.0.0.0/0"), public("::/0")}
}

// peer returns the pods or the addresses of a destination.
func peer(d serving.Destination) networkingv1.NetworkPolicyPeer {
	if d.Namespace != "" {
		return podsOf(d.Namespace)
	}
	return addresses(d.CIDR)
}

// peersByName returns the addresses of a host that may be the short name of a Service:
// collector is a Service in the pod's namespace, and collector.tracing is a Service in the
// namespace tracing or a public name.
func peersByName(e serving.Endpoint, namespace string) []networkingv1.NetworkPolicyPeer {
	parts := strings.Split(e.Host, ".")
	switch {
	case e.Address() != "" || len(parts) > 2:
		return peers(e, "")
	case len(parts) == 1:
		return []networkingv1.NetworkPolicyPeer{podsOf(namespace)}
	}
	return append([]networkingv1.NetworkPolicyPeer{podsOf(parts[1])}, peers(e, "")...)
}

func ports(protocol corev1.Protocol, n int) []networkingv1.NetworkPolicyPort {
	return []networkingv1.NetworkPolicyPort{{Protocol: &protocol, Port: new(intstr.FromInt32(int32(n)))}}
}

// podsOf returns the pods of a namespace.
func podsOf(namespace string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{
		MatchLabels: map[string]string{corev1.LabelMetadataName: namespace},
	}}
}

func addresses(cidr string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: cidr}}
}

// public returns the public addresses of a family. The cidr is 0.0.0.0/0 or ::/0.
func public(cidr string) networkingv1.NetworkPolicyPeer {
	peer := addresses(cidr)
	peer.IPBlock.Except = privateRanges[cidr]
	return peer
}
