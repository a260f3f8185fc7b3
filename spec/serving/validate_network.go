package serving

import (
	"net/netip"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

var (
	certificate = regexp.MustCompile(`^arn:aws[-a-z]*:(acm|iam):[-a-z0-9]*:\d{12}:(server-)?certificate/[-\w/]+$`)
	groupName   = regexp.MustCompile(`^[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?$`)
)

// giveAPIKey is advice for a service that answers requests without an API key. The key
// has different places in a stack's file and in the arguments of a program.
const giveAPIKey = "give a key with apiKey in a stack's file, apiKey.value in a program, or apiKey.existingSecret"

func (s Spec) validateNetwork(found *field.ErrorList, path *field.Path) {
	for i, c := range s.Network.Clients {
		key := path.Child("network", "clients").Index(i)
		validatePeer(found, key, c.Namespace, c.CIDR)
	}
	validateCIDRs(found, path.Child("network", "egressCidrs"), s.Network.EgressCIDRs)
	for i, cidr := range s.Network.EgressCIDRs {
		validateEgress(found, path.Child("network", "egressCidrs").Index(i), cidr)
	}
	for i, d := range s.Network.Egress {
		d.validate(found, path.Child("network", "egress").Index(i))
	}
	if s.Network.Unrestricted && (len(s.Network.Clients) > 0 || len(s.Network.EgressCIDRs) > 0 || len(s.Network.Egress) > 0) {
		problems.Forbidden(found, path.Child("network", "unrestricted"), "is true, so clients, egressCidrs and egress are ignored; remove them or it")
	}
}

// validatePeer checks that a peer is either a namespace or a range of addresses.
func validatePeer(found *field.ErrorList, key *field.Path, namespace, cidr string) {
	switch {
	case (namespace == "") == (cidr == ""):
		problems.NotSupported(found, key, "want one of namespace and cidr")
	case namespace != "" && !isLabel(namespace):
		problems.Invalid(found, key.Child("namespace"), "is %q, want the name of a namespace", namespace)
	case cidr != "":
		validateCIDR(found, key.Child("cidr"), cidr)
	}
}

// validateEgress refuses ranges that include the node's metadata service or public
// addresses.
func validateEgress(found *field.ErrorList, key *field.Path, cidr string) {
	prefix, err := netip.ParsePrefix(cidr)
	switch shortest := widest[prefix.Addr().Is4()]; {
	case err != nil:
	case prefix.Bits() >= shortest && prefix.Overlaps(linkLocal):
		problems.Invalid(found, key, "is %q, which includes the node's metadata service; leave out 169.254.0.0/16", cidr)
	case prefix.Bits() < shortest:
		problems.Invalid(found, key, "is %q, wider than any private network; want at most a /%d: public addresses are allowed if downloads need them", cidr, shortest)
	}
}

func (d Destination) validate(found *field.ErrorList, key *field.Path) {
	validatePeer(found, key, d.Namespace, d.CIDR)
	if d.Namespace == "" && d.CIDR != "" {
		validateEgress(found, key.Child("cidr"), d.CIDR)
	}
}

// linkLocal is the range of EC2's metadata service, which returns the credentials of the
// node.
var linkLocal = netip.MustParsePrefix("169.254.0.0/16")

// widest holds the prefix lengths of the widest private networks: 10.0.0.0/8 for IPv4
// (true), fc00::/7 for IPv6.
var widest = map[bool]int{true: 8, false: 7}

func validateCIDRs(found *field.ErrorList, key *field.Path, cidrs []string) {
	for i, cidr := range cidrs {
		validateCIDR(found, key.Index(i), cidr)
	}
}

// validateSubnets checks that an annotation can list the subnets.
func validateSubnets(found *field.ErrorList, key *field.Path, subnets []string) {
	for i, subnet := range subnets {
		if strings.TrimSpace(subnet) != subnet || subnet == "" || strings.ContainsAny(subnet, ",\r\n") {
			problems.Invalid(found, key.Index(i), "is %q, want the ID or the tag Name of a subnet", subnet)
		}
	}
}

func validateCIDR(found *field.ErrorList, key *field.Path, cidr string) {
	prefix, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil || prefix.Addr().Is4In6():
		problems.Invalid(found, key, "is %q, want a range of addresses such as %q", cidr, "10.0.0.0/16")
	case prefix != prefix.Masked():
		problems.Invalid(found, key, "is %q, which is an address within a range; want the range, %s", cidr, prefix.Masked())
	}
}

func (ingress Ingress) validate(found *field.ErrorList, path *field.Path, guarded bool) {
	bad := func(key, format string, values ...any) {
		problems.Invalid(found, path.Child("ingress", key), format, values...)
	}
	isALB := ingress.Class == ALBClass
	switch {
	case ingress.Class == "":
		if ingress.configured() {
			bad("class", "is missing; name the IngressClass: alb, or that of another controller")
		}
		return
	case !isObjectName(ingress.Class):
		bad("class", "is %q, want the name of an IngressClass such as alb", ingress.Class)
	}
	switch {
	case ingress.Host == "":
		bad("host", "is missing; give the name by which clients call it, such as chat.example.com")
	case !isHost(ingress.Host):
		bad("host", "is %q, want a name such as chat.example.com", ingress.Host)
	}
	for key := range Sorted(ingress.Annotations) {
		switch {
		case !IsLabelKey(key):
			problems.Invalid(found, path.Child("ingress", "annotations", key), "is not the key of an annotation")
		case isALB && ingress.isALBs(key):
			problems.Invalid(found, path.Child("ingress", "annotations", key), "is set by the component; see ingress.alb")
		}
	}
	if !isALB {
		ingress.validateOther(bad, guarded)
		return
	}
	if ingress.TLSSecret != "" {
		bad("tlsSecret", "is not read by alb; use alb.certificateArn")
	}
	if ingress.Open {
		bad("open", "is ignored with alb; remove it")
	}
	if ingress.ControllerNamespace != "" {
		bad("controllerNamespace", "is ignored with alb, whose load balancer calls the pods directly; use alb.subnetCidrs")
	}
	ingress.ALB.validate(found, path, guarded)
}

func (ingress Ingress) validateOther(bad func(key, format string, values ...any), guarded bool) {
	if !guarded && !ingress.Open {
		bad("open", "is not true, and clients need no API key; %s, or set open to answer all requests that the controller forwards", giveAPIKey)
	}
	if ingress.ALB.configured() {
		bad("alb", "is ignored with the class %s; remove it", ingress.Class)
	}
	switch name := ingress.ControllerNamespace; {
	case name == "":
		bad("controllerNamespace", "is missing; name the namespace of the controller's pods, which may then call the replicas")
	case !isLabel(name):
		bad("controllerNamespace", "is %q, want the name of a namespace", name)
	}
	if name := ingress.TLSSecret; name != "" && !isObjectName(name) {
		bad("tlsSecret", "is not the name of a Secret")
	}
}

func (a ALB) validate(found *field.ErrorList, path *field.Path, guarded bool) {
	bad := func(key, format string, values ...any) {
		problems.Invalid(found, path.Child("ingress", "alb", key), format, values...)
	}
	if a.CertificateARN != "" && !certificate.MatchString(a.CertificateARN) {
		bad("certificateArn", "is %q, want the ARN of a certificate", a.CertificateARN)
	}
	if len(a.SubnetCIDRs) == 0 {
		bad("subnetCidrs", "is missing; list the ranges of the load balancer's subnets, which may then call the replicas")
	}
	validateCIDRs(found, path.Child("ingress", "alb", "subnetCidrs"), a.SubnetCIDRs)
	validateCIDRs(found, path.Child("ingress", "alb", "allowedCidrs"), a.AllowedCIDRs)
	if a.InternetFacing && len(a.AllowedCIDRs) == 0 {
		bad("allowedCidrs", "is missing, and the load balancer is internet-facing; list who may call it")
	}
	if a.InternetFacing && !guarded {
		bad("internetFacing", "is true, and clients need no API key; %s", giveAPIKey)
	}
	validateSubnets(found, path.Child("ingress", "alb", "subnets"), a.Subnets)
	if a.Group != "" && !groupName.MatchString(a.Group) {
		bad("group", "is %q, want at most 63 lower-case letters, digits, '-' and '.'", a.Group)
	}
}

func (ingress Ingress) configured() bool {
	return ingress.Host != "" || ingress.TLSSecret != "" || ingress.ControllerNamespace != "" || ingress.Open || len(ingress.Annotations) > 0 || ingress.ALB.configured()
}

func (a ALB) configured() bool {
	return a.CertificateARN != "" || a.InternetFacing || len(a.AllowedCIDRs) > 0 || len(a.SubnetCIDRs) > 0 || a.Group != "" || a.IdleSeconds != 0
}

// isALBs reports whether the component sets an annotation itself.
func (ingress Ingress) isALBs(key string) bool {
	_, exists := AlbAnnotations(Spec{Ingress: Ingress{ALB: ALB{CertificateARN: "-", Group: "-", AllowedCIDRs: []string{"-"}}}})[key]
	return exists
}

// configured reports whether a setting of a load balancer is set.
func (s Service) configured() bool {
	return len(s.AllowedCIDRs) > 0 || s.InternetFacing || s.CertificateARN != "" || len(s.SubnetCIDRs) > 0
}

// validate checks the load balancer of the Service; guarded reports that clients
// must send an API key.
func (s Service) validate(found *field.ErrorList, path *field.Path, guarded bool) {
	if s.Type != LoadBalancer {
		if s.configured() {
			problems.Forbidden(found, path, "has settings of a load balancer, and type is not LoadBalancer; set type to LoadBalancer, or remove them")
		}
		return
	}
	if !guarded {
		problems.Forbidden(found, path.Child("type"), "is LoadBalancer, and clients need no API key; %s", giveAPIKey)
	}
	if len(s.AllowedCIDRs) == 0 {
		problems.Required(found, path.Child("allowedCidrs"), "is missing; list the ranges of addresses that may call the load balancer, such as 10.0.0.0/8")
	}
	if len(s.SubnetCIDRs) == 0 {
		problems.Required(found, path.Child("subnetCidrs"), "is missing; list the ranges of the load balancer's subnets, which may then call the replicas")
	}
	validateCIDRs(found, path.Child("allowedCidrs"), s.AllowedCIDRs)
	validateCIDRs(found, path.Child("subnetCidrs"), s.SubnetCIDRs)
	validateSubnets(found, path.Child("subnets"), s.Subnets)
	switch {
	case s.CertificateARN != "" && !certificate.MatchString(s.CertificateARN):
		problems.Invalid(found, path.Child("certificateArn"), "is %q, want the ARN of a certificate", s.CertificateARN)
	case s.CertificateARN == "" && s.InternetFacing:
		problems.Required(found, path.Child("certificateArn"), "is missing, and the load balancer is internet-facing; API keys and answers would be sent unencrypted")
	}
}
