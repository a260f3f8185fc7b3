package manifest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

const (
	// podIdentityAgent is where EKS Pod Identity hands out credentials, on port 80.
	// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html
	podIdentityAgent = "169.254.170.23/32"
	// nodeLocalDNS is where nodes cache DNS, if they do.
	nodeLocalDNS = "169.254.20.10/32"
	dnsNamespace = "kube-system"
)

// privateRanges are addresses that a download from the internet does not need,
// the instances' metadata among them.
var privateRanges = map[string][]string{
	"0.0.0.0/0": {"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15"},
	"::/0":      {"fc00::/7", "fe80::/10"},
}

// networkPolicy lets in who may call the engines, and out what they need to
// start; nothing else. Without restrictions it lets everything in and out, since
// their namespace may let nothing.
func networkPolicy(s serving.Spec, manager string) *networkingv1.NetworkPolicy {
	in := []networkingv1.NetworkPolicyIngressRule{{From: callers(s), Ports: ports(corev1.ProtocolTCP, serving.Port)}}
	out := egress(s)
	if s.Network.Unrestricted {
		in, out = []networkingv1.NetworkPolicyIngressRule{{}}, []networkingv1.NetworkPolicyEgressRule{{}}
	}
	return &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: objectMeta(s, manager),
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: s.SelectorLabels()},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Ingress:     in,
			Egress:      out,
		},
	}
}

// callers are who may call the engines: pods of their own namespace, and those
// that the spec names.
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

// egress is what an engine needs: nothing, where everything is on a volume.
func egress(s serving.Spec) []networkingv1.NetworkPolicyEgressRule {
	var rules []networkingv1.NetworkPolicyEgressRule
	to := func(ports []networkingv1.NetworkPolicyPort, peers ...networkingv1.NetworkPolicyPeer) {
		rules = append(rules, networkingv1.NetworkPolicyEgressRule{To: peers, Ports: ports})
	}
	https := ports(corev1.ProtocolTCP, 443)
	s3 := s.Storage.S3
	if !s.Offline() || s.Model.InS3() && s3.Endpoint == "" {
		to(https, public("0.0.0.0/0"), public("::/0"))
	}
	if s.Model.InS3() && s3.ExistingSecret == "" || s.Access.ServiceAccountName != "" {
		to(ports(corev1.ProtocolTCP, 80), addresses(podIdentityAgent))
	}
	if e, ok := s3.StoreEndpoint(); ok {
		to(ports(corev1.ProtocolTCP, e.Port), store(s3, e)...)
	}
	for _, cidr := range s.Network.EgressCIDRs {
		to(https, addresses(cidr))
	}
	for _, d := range s.Network.Egress {
		to(ports(corev1.ProtocolTCP, d.Port), peer(d))
	}
	if e, ok := traces(s); ok {
		to(ports(corev1.ProtocolTCP, e.Port), peersByName(e, s.Namespace)...)
	}
	if len(rules) > 0 {
		dns := append(ports(corev1.ProtocolUDP, 53), ports(corev1.ProtocolTCP, 53)...)
		to(dns, podsOf(dnsNamespace), addresses(nodeLocalDNS))
	}
	return rules
}

// store are the addresses of an S3-compatible store.
func store(s serving.S3, e serving.Endpoint) []networkingv1.NetworkPolicyPeer {
	return peers(e, s.CIDR)
}

// peers are the addresses of an endpoint: those of cidr where it is neither a
// Service of the cluster nor an address.
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

// peer is the place of a destination.
func peer(d serving.Destination) networkingv1.NetworkPolicyPeer {
	if d.Namespace != "" {
		return podsOf(d.Namespace)
	}
	return addresses(d.CIDR)
}

// tracesPort is where a collector takes traces over gRPC, where the address does
// not say it (OTLP specification).
const tracesPort = 4317

// traces returns where --otlp-traces-endpoint sends traces to.
func traces(s serving.Spec) (e serving.Endpoint, ok bool) {
	args, _, err := vllmflags.ParseKnown(serving.EngineArgs(s))
	if err != nil {
		return e, false
	}
	text, given := args.String("--otlp-traces-endpoint")
	if !given {
		return e, false
	}
	if !strings.Contains(text, "://") {
		text = "grpc://" + text
	}
	at, err := url.Parse(text)
	if err != nil || at.Hostname() == "" {
		return e, false
	}
	e = serving.Endpoint{Host: at.Hostname(), Port: tracesPort}
	if n, err := strconv.Atoi(at.Port()); err == nil && n > 0 && n <= serving.LargestPort {
		e.Port = n
	}
	return e, true
}

// peersByName are the addresses of a host that may be the short name of a Service:
// collector is one of the pod's own namespace, and collector.tracing one of the
// namespace tracing, or a public name.
func peersByName(e serving.Endpoint, own string) []networkingv1.NetworkPolicyPeer {
	parts := strings.Split(e.Host, ".")
	switch {
	case e.Address() != "" || len(parts) > 2:
		return peers(e, "")
	case len(parts) == 1:
		return []networkingv1.NetworkPolicyPeer{podsOf(own)}
	}
	return append([]networkingv1.NetworkPolicyPeer{podsOf(parts[1])}, peers(e, "")...)
}

func ports(protocol corev1.Protocol, n int) []networkingv1.NetworkPolicyPort {
	return []networkingv1.NetworkPolicyPort{{Protocol: &protocol, Port: new(intstr.FromInt32(int32(n)))}}
}

// podsOf are the pods of a namespace.
func podsOf(namespace string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{
		MatchLabels: map[string]string{corev1.LabelMetadataName: namespace},
	}}
}

func addresses(cidr string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: cidr}}
}

// public are the addresses of all of a kind that the internet has.
func public(all string) networkingv1.NetworkPolicyPeer {
	peer := addresses(all)
	peer.IPBlock.Except = privateRanges[all]
	return peer
}
