package conformance

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// checkNetwork needs every rule to be narrow: named peers, named ports, and no
// private address where the internet is meant. Who may reach whom is asked of an
// evaluator.
func checkNetwork(found *findings, s serving.Spec, r rendered) {
	for _, p := range r.policies {
		types := p.Spec.PolicyTypes
		for _, t := range []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress} {
			found.need(slices.Contains(types, t), "the NetworkPolicy leaves %s open", t)
		}
		if s.Network.Unrestricted {
			// The namespace may let nothing in and out, so that leaving the policy out
			// would cut the engines off.
			found.need(isEverything(p), "the NetworkPolicy of an unrestricted service restricts something")
			continue
		}
		same(found, "the number of the NetworkPolicy's ways in", len(p.Spec.Ingress), 1)
		for i, rule := range p.Spec.Ingress {
			what := fmt.Sprintf("ingress[%d]", i)
			checkPeers(found, what, rule.From)
			found.need(onlyPort(rule.Ports, 8000), "%s lets in to %v", what, rule.Ports)
			found.need(slices.ContainsFunc(rule.From, isOwnNamespace), "%s does not let in pods of the same namespace", what)
			for _, name := range wantedNamespaces(s) {
				found.need(slices.ContainsFunc(rule.From, isNamespace(name)), "%s does not let in the namespace %s", what, name)
			}
			for _, cidr := range wantedCallers(s) {
				found.need(slices.ContainsFunc(rule.From, func(peer networkingv1.NetworkPolicyPeer) bool {
					return peer.IPBlock != nil && peer.IPBlock.CIDR == cidr && len(peer.IPBlock.Except) == 0
				}), "%s does not let in all of %s", what, cidr)
			}
		}
		for i, rule := range p.Spec.Egress {
			what := fmt.Sprintf("egress[%d]", i)
			checkPeers(found, what, rule.To)
			listed := slices.ContainsFunc(s.Network.Egress, func(d serving.Destination) bool { return onlyPort(rule.Ports, int32(d.Port)) })
			found.need(onlyPort(rule.Ports, 443) || onlyPort(rule.Ports, 53) || onlyPort(rule.Ports, 80) || listed, "%s lets out to %v", what, rule.Ports)
			checkPublic(found, what, rule.To)
		}
		same(found, "what the engines may reach", strings.Join(destinations(p), ", "), strings.Join(wantedDestinations(s), ", "))
	}
}

// isEverything tells whether a policy lets everything in and out.
func isEverything(p *networkingv1.NetworkPolicy) bool {
	in, out := p.Spec.Ingress, p.Spec.Egress
	return len(in) == 1 && len(in[0].From)+len(in[0].Ports) == 0 && len(out) == 1 && len(out[0].To)+len(out[0].Ports) == 0
}

// destinations are what a policy lets its pods reach, as port and place.
func destinations(p *networkingv1.NetworkPolicy) []string {
	var all []string
	for _, rule := range p.Spec.Egress {
		for _, port := range rule.Ports {
			for _, peer := range rule.To {
				place := "pods"
				if peer.IPBlock != nil {
					place = peer.IPBlock.CIDR
				} else if peer.NamespaceSelector != nil {
					place = peer.NamespaceSelector.MatchLabels[namespaceLabel]
				}
				if port.Port != nil && port.Protocol != nil {
					all = append(all, fmt.Sprintf("%s %s %s", *port.Protocol, port.Port, place))
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// wantedDestinations are what an engine of the spec needs.
func wantedDestinations(s serving.Spec) []string {
	var all []string
	inS3 := strings.HasPrefix(s.Model.ID, "s3://")
	if inS3 || !*s.Storage.Offline {
		all = append(all, "TCP 443 0.0.0.0/0", "TCP 443 ::/0")
	}
	if inS3 || s.Access.ServiceAccountName != "" {
		all = append(all, "TCP 80 169.254.170.23/32")
	}
	for _, cidr := range s.Network.EgressCIDRs {
		all = append(all, "TCP 443 "+cidr)
	}
	for _, d := range s.Network.Egress {
		all = append(all, fmt.Sprintf("TCP %d %s", d.Port, d.Namespace+d.CIDR))
	}
	if len(all) > 0 {
		all = append(all, "TCP 53 kube-system", "UDP 53 kube-system", "TCP 53 169.254.20.10/32", "UDP 53 169.254.20.10/32")
	}
	slices.Sort(all)
	return all
}

const namespaceLabel = "kubernetes.io/metadata.name"

func isOwnNamespace(p networkingv1.NetworkPolicyPeer) bool {
	return p.NamespaceSelector == nil && p.PodSelector != nil && len(p.PodSelector.MatchLabels)+len(p.PodSelector.MatchExpressions) == 0
}

func isNamespace(name string) func(networkingv1.NetworkPolicyPeer) bool {
	return func(p networkingv1.NetworkPolicyPeer) bool {
		return p.NamespaceSelector != nil && p.PodSelector == nil && p.NamespaceSelector.MatchLabels[namespaceLabel] == name
	}
}

// wantedNamespaces are those whose pods the spec lets in.
func wantedNamespaces(s serving.Spec) []string {
	var all []string
	for _, c := range s.Network.Clients {
		if c.Namespace != "" {
			all = append(all, c.Namespace)
		}
	}
	if s.Ingress.ControllerNamespace != "" {
		all = append(all, s.Ingress.ControllerNamespace)
	}
	if s.Monitoring.PrometheusURL != "" || *s.Monitoring.ServiceMonitor {
		all = append(all, s.Monitoring.Namespace)
	}
	return all
}

// wantedCallers are the addresses that the spec lets in.
func wantedCallers(s serving.Spec) []string {
	all := slices.Clone(s.Ingress.ALB.SubnetCIDRs)
	for _, c := range s.Network.Clients {
		if c.CIDR != "" {
			all = append(all, c.CIDR)
		}
	}
	return all
}

// onlyPort tells whether a rule is for one port.
func onlyPort(ports []networkingv1.NetworkPolicyPort, number int32) bool {
	for _, p := range ports {
		if p.Port == nil || p.Port.Type != intstr.Int || p.Port.IntVal != number || p.EndPort != nil || p.Protocol == nil {
			return false
		}
	}
	return len(ports) > 0
}

// checkPeers needs peers, since none are everybody, and addresses that the API
// server takes.
func checkPeers(found *findings, what string, peers []networkingv1.NetworkPolicyPeer) {
	found.need(len(peers) > 0, "%s is for everybody", what)
	for _, peer := range peers {
		found.need(peer.NamespaceSelector == nil || len(peer.NamespaceSelector.MatchLabels)+len(peer.NamespaceSelector.MatchExpressions) > 0, "%s is for all namespaces", what)
		if peer.IPBlock == nil {
			found.need(peer.PodSelector != nil || peer.NamespaceSelector != nil, "%s has an empty peer", what)
			continue
		}
		cidrs := append([]string{peer.IPBlock.CIDR}, peer.IPBlock.Except...)
		for _, cidr := range cidrs {
			for _, problem := range validation.IsValidCIDR(nil, cidr) {
				found.addf("%s: %w", what, problem)
			}
		}
		whole, err := netip.ParsePrefix(peer.IPBlock.CIDR)
		for _, cidr := range peer.IPBlock.Except {
			part, problem := netip.ParsePrefix(cidr)
			found.need(err == nil && problem == nil && whole.Overlaps(part) && part.Bits() > whole.Bits(), "%s: %s is not within %s", what, cidr, peer.IPBlock.CIDR)
		}
	}
}

// privateAddresses are those that "the internet" must not mean: the metadata of
// instances, and one of each private range.
var privateAddresses = []string{
	"169.254.169.254", "169.254.170.23", "10.1.2.3", "172.16.9.9", "192.168.1.1", "100.64.0.1", "198.18.0.1", "127.0.0.1", "fd00:ec2::254", "fe80::1",
}

func checkPublic(found *findings, what string, peers []networkingv1.NetworkPolicyPeer) {
	for _, peer := range peers {
		if peer.IPBlock == nil {
			continue
		}
		whole, err := netip.ParsePrefix(peer.IPBlock.CIDR)
		if err != nil || whole.Bits() > 0 {
			continue
		}
		for _, text := range privateAddresses {
			address := netip.MustParseAddr(text)
			excepted := slices.ContainsFunc(peer.IPBlock.Except, func(cidr string) bool {
				part, err := netip.ParsePrefix(cidr)
				return err == nil && part.Contains(address)
			})
			found.need(!whole.Contains(address) || excepted, "%s lets out to %s", what, text)
		}
	}
}
