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

// checkNetwork requires narrow rules: named peers, named ports, and no private address in a rule for
// the internet. policies_test.go checks with an evaluator who can reach whom.
func checkNetwork(found *findings, s serving.Spec, r rendered) {
	for _, p := range r.policies {
		types := p.Spec.PolicyTypes
		for _, t := range []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress} {
			found.need(slices.Contains(types, t), "the NetworkPolicy leaves %s open", t)
		}
		if s.Network.Unrestricted {
			// The namespace may deny everything by default, so the service needs a policy.
			found.need(isEverything(p), "the NetworkPolicy of an unrestricted service restricts something")
			continue
		}
		same(found, "the number of the NetworkPolicy's ingress rules", len(p.Spec.Ingress), 1)
		for i, rule := range p.Spec.Ingress {
			subject := fmt.Sprintf("ingress[%d]", i)
			checkPeers(found, subject, rule.From)
			found.need(onlyPort(rule.Ports, 8000), "%s allows ingress to %v", subject, rule.Ports)
			found.need(slices.ContainsFunc(rule.From, isOwnNamespace), "%s does not allow pods of the same namespace", subject)
			for _, name := range wantedNamespaces(s) {
				found.need(slices.ContainsFunc(rule.From, isNamespace(name)), "%s does not allow the namespace %s", subject, name)
			}
			for _, cidr := range wantedCallers(s) {
				found.need(slices.ContainsFunc(rule.From, func(peer networkingv1.NetworkPolicyPeer) bool {
					return peer.IPBlock != nil && peer.IPBlock.CIDR == cidr && len(peer.IPBlock.Except) == 0
				}), "%s does not allow all of %s", subject, cidr)
			}
		}
		for i, rule := range p.Spec.Egress {
			subject := fmt.Sprintf("egress[%d]", i)
			checkPeers(found, subject, rule.To)
			listed := slices.ContainsFunc(s.Network.Egress, func(d serving.Destination) bool { return onlyPort(rule.Ports, int32(d.Port)) })
			found.need(onlyPort(rule.Ports, 443) || onlyPort(rule.Ports, 53) || onlyPort(rule.Ports, 80) || listed, "%s allows egress to %v", subject, rule.Ports)
			checkPublic(found, subject, rule.To)
		}
		same(found, "the list of egress destinations", strings.Join(destinations(p), ", "), strings.Join(wantedDestinations(s), ", "))
	}
}

// isEverything reports whether a policy allows everything.
func isEverything(p *networkingv1.NetworkPolicy) bool {
	ingress, egress := p.Spec.Ingress, p.Spec.Egress
	return len(ingress) == 1 && len(ingress[0].From)+len(ingress[0].Ports) == 0 && len(egress) == 1 && len(egress[0].To)+len(egress[0].Ports) == 0
}

// destinations returns the destinations of a policy, each as protocol, port and peer.
func destinations(p *networkingv1.NetworkPolicy) []string {
	var list []string
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
					list = append(list, fmt.Sprintf("%s %s %s", *port.Protocol, port.Port, place))
				}
			}
		}
	}
	slices.Sort(list)
	return list
}

// wantedDestinations returns the destinations that a replica of the spec needs.
func wantedDestinations(s serving.Spec) []string {
	var list []string
	inS3 := strings.HasPrefix(s.Model.ID, "s3://")
	if inS3 || !*s.Storage.Offline {
		list = append(list, "TCP 443 0.0.0.0/0", "TCP 443 ::/0")
	}
	if inS3 || s.Access.ServiceAccountName != "" {
		list = append(list, "TCP 80 169.254.170.23/32")
	}
	for _, cidr := range s.Network.EgressCIDRs {
		list = append(list, "TCP 443 "+cidr)
	}
	for _, d := range s.Network.Egress {
		list = append(list, fmt.Sprintf("TCP %d %s", d.Port, d.Namespace+d.CIDR))
	}
	if len(list) > 0 {
		list = append(list, "TCP 53 kube-system", "UDP 53 kube-system", "TCP 53 169.254.20.10/32", "UDP 53 169.254.20.10/32")
	}
	slices.Sort(list)
	return list
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

// wantedNamespaces returns the namespaces whose pods the spec allows.
func wantedNamespaces(s serving.Spec) []string {
	var list []string
	for _, c := range s.Network.Clients {
		if c.Namespace != "" {
			list = append(list, c.Namespace)
		}
	}
	if s.Ingress.ControllerNamespace != "" {
		list = append(list, s.Ingress.ControllerNamespace)
	}
	if s.Monitoring.PrometheusURL != "" || *s.Monitoring.ServiceMonitor {
		list = append(list, s.Monitoring.Namespace)
	}
	return list
}

// wantedCallers returns the addresses that the spec allows.
func wantedCallers(s serving.Spec) []string {
	list := slices.Clone(s.Ingress.ALB.SubnetCIDRs)
	for _, c := range s.Network.Clients {
		if c.CIDR != "" {
			list = append(list, c.CIDR)
		}
	}
	return list
}

// onlyPort reports whether a rule is for one port.
func onlyPort(ports []networkingv1.NetworkPolicyPort, number int32) bool {
	for _, p := range ports {
		if p.Port == nil || p.Port.Type != intstr.Int || p.Port.IntVal != number || p.EndPort != nil || p.Protocol == nil {
			return false
		}
	}
	return len(ports) > 0
}

// checkPeers requires peers, since a rule without peers is for everybody, and valid addresses.
func checkPeers(found *findings, subject string, peers []networkingv1.NetworkPolicyPeer) {
	found.need(len(peers) > 0, "%s is for everybody", subject)
	for _, peer := range peers {
		found.need(peer.NamespaceSelector == nil || len(peer.NamespaceSelector.MatchLabels)+len(peer.NamespaceSelector.MatchExpressions) > 0, "%s is for all namespaces", subject)
		if peer.IPBlock == nil {
			found.need(peer.PodSelector != nil || peer.NamespaceSelector != nil, "%s has an empty peer", subject)
			continue
		}
		cidrs := append([]string{peer.IPBlock.CIDR}, peer.IPBlock.Except...)
		for _, cidr := range cidrs {
			for _, problem := range validation.IsValidCIDR(nil, cidr) {
				found.addf("%s: %w", subject, problem)
			}
		}
		whole, err := netip.ParsePrefix(peer.IPBlock.CIDR)
		for _, cidr := range peer.IPBlock.Except {
			part, problem := netip.ParsePrefix(cidr)
			found.need(err == nil && problem == nil && whole.Overlaps(part) && part.Bits() > whole.Bits(), "%s: %s is not within %s", subject, cidr, peer.IPBlock.CIDR)
		}
	}
}

// privateAddresses holds addresses that a rule for the internet must not include: the metadata of
// instances, and one of each private range.
var privateAddresses = []string{
	"169.254.169.254", "169.254.170.23", "10.1.2.3", "172.16.9.9", "192.168.1.1", "100.64.0.1", "198.18.0.1", "127.0.0.1", "fd00:ec2::254", "fe80::1",
}

func checkPublic(found *findings, subject string, peers []networkingv1.NetworkPolicyPeer) {
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
			found.need(!whole.Contains(address) || excepted, "%s allows egress to %s", subject, text)
		}
	}
}
