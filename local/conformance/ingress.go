package conformance

import (
	"net"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// checkIngress requires that an Ingress leads only to paths that the API key guards.
func checkIngress(found *findings, s serving.Spec, r rendered) {
	for _, ingress := range r.ingresses {
		found.need(ingress.Spec.DefaultBackend == nil, "the Ingress has a default backend, which has every path")
		class := ""
		if ingress.Spec.IngressClassName != nil {
			class = *ingress.Spec.IngressClassName
		}
		found.need(len(validation.IsDNS1123Subdomain(class)) == 0, "the Ingress has the class %q", class)
		found.need(len(ingress.Spec.Rules) > 0, "the Ingress has no rules")
		for _, rule := range ingress.Spec.Rules {
			checkHost(found, rule.Host)
			found.need(rule.HTTP != nil && len(rule.HTTP.Paths) > 0, "the Ingress has no paths")
			if rule.HTTP == nil {
				continue
			}
			for _, p := range rule.HTTP.Paths {
				found.need(p.PathType != nil && *p.PathType != networkingv1.PathTypeImplementationSpecific, "the meaning of the path %s is up to the controller", p.Path)
				found.need(p.Path == "/v1" || strings.HasPrefix(p.Path, "/v1/"), "the Ingress has %q, which answers without a key", p.Path)
				checkBackend(found, r, p.Backend)
			}
		}
		same(found, "that the Ingress has TLS", len(ingress.Spec.TLS) > 0, s.Ingress.TLSSecret != "")
		for _, tls := range ingress.Spec.TLS {
			found.need(len(validation.IsDNS1123Subdomain(tls.SecretName)) == 0 && len(tls.Hosts) > 0, "the Ingress has the TLS Secret %q for %v", tls.SecretName, tls.Hosts)
		}
		if class == "alb" {
			checkALB(found, r, ingress)
		}
	}
}

func checkHost(found *findings, host string) {
	rule := validation.IsDNS1123Subdomain
	if strings.HasPrefix(host, "*") {
		rule = validation.IsWildcardDNS1123Subdomain
	}
	for _, problem := range rule(host) {
		found.addf("the Ingress has the host %q: %s", host, problem)
	}
	found.need(net.ParseIP(host) == nil, "the Ingress has the host %q, which is an address", host)
}

func checkBackend(found *findings, r rendered, b networkingv1.IngressBackend) {
	if b.Service == nil {
		found.addf("the Ingress leads to no Service")
		return
	}
	for _, o := range r.services {
		for _, port := range o.Spec.Ports {
			if o.Name == b.Service.Name && (port.Name == b.Service.Port.Name || port.Port == b.Service.Port.Number) && resolve(r, port.TargetPort) == 8000 {
				return
			}
		}
	}
	found.addf("the Ingress leads to %v, which is no port of vLLM", b.Service)
}

// checkALB requires a load balancer with TLS that waits as long as the pods.
func checkALB(found *findings, r rendered, ingress *networkingv1.Ingress) {
	get := func(key string) string { return ingress.Annotations["alb.ingress.kubernetes.io/"+key] }
	same(found, "listen-ports", get("listen-ports"), `[{"HTTPS":443}]`)
	found.need(strings.HasPrefix(get("ssl-policy"), "ELBSecurityPolicy-TLS13-1-2"), "the TLS policy is %q", get("ssl-policy"))
	same(found, "target-type", get("target-type"), "ip")
	found.need(get("scheme") == "internal" || get("scheme") == "internet-facing", "the scheme is %q", get("scheme"))
	found.need(get("scheme") != "internet-facing" || get("inbound-cidrs") != "", "every address of the internet can call the load balancer")
	interval, timeout := argument([]string{"", get("healthcheck-interval-seconds")}, ""), argument([]string{"", get("healthcheck-timeout-seconds")}, "")
	found.need(interval <= 15 && timeout >= 5 && timeout < interval, "the health check is every %d s, with a timeout of %d s", interval, timeout)
	same(found, "healthcheck-path", get("healthcheck-path"), "/health")
	found.need(strings.Contains(get("load-balancer-attributes"), "routing.http.drop_invalid_header_fields.enabled=true"), "the load balancer passes invalid headers")
	_, wait, _ := strings.Cut(get("target-group-attributes"), "deregistration_delay.timeout_seconds=")
	wait, _, _ = strings.Cut(wait, ",")
	needed := sleepSeconds(r.engine()) + argument(r.engine().Args, "--shutdown-timeout")
	got := argument([]string{"", wait}, "")
	found.need(got >= min(needed, 3600), "the load balancer waits %q s for requests that have %d s", wait, needed)
}
