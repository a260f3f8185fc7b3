package serving

import (
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// largestReplicas is the largest number of replicas, as in the declarations of
// replicas.min and replicas.max. A node group of EKS has at most 450 nodes.
const largestReplicas = 1000

func (s Spec) validateScaling(found *field.ErrorList, path *field.Path) {
	r, sc := s.Replicas, s.Scaling
	policy, exists := sc.Policy.Declaration()
	bad := func(key, format string, values ...any) { problems.Invalid(found, path.Child(key), format, values...) }
	minimum := r.Smallest()
	asleep := minimum == 0 && policy.Scaler != OtherScaler
	switch {
	case minimum < 0 || minimum > largestReplicas || r.Max < 0 || r.Max > largestReplicas:
		return // reported as out of range
	case asleep && (sc.Wake.Query == "" || exists && !policy.FromZero):
		bad("replicas.min", "is %d, want at least 1: without a replica, vLLM has no metrics that would show a waiting request; "+
			"or 0 with scaling.wakeQuery, such as a gateway's count of requests, and the policy %s", minimum, policyNames(func(p Policy) bool { return p.FromZero }))
		return
	case r.Max < r.Least():
		bad("replicas.max", "is %d, want at least replicas.min, which is %d", r.Max, minimum)
		return
	case sc.Policy == Fixed && minimum != r.Max:
		bad("scaling.policy", "is fixed, and replicas.min and replicas.max are %d and %d; make them the same", minimum, r.Max)
	}
	if policy.Settings == nil {
		return // a policy without settings, or an unknown policy
	}
	if policy.Prometheus() && s.Monitoring.PrometheusURL == "" {
		problems.Required(found, path.Child("monitoring", "prometheusUrl"), "is missing, and the policy %s queries Prometheus; give its address, or choose another scaling.policy: %s",
			sc.Policy, policyNames(func(p Policy) bool { return p.Scaler != NoScaler && !p.Prometheus() }))
	}
	if !policy.FromZero && sc.Wake.Query != "" {
		problems.Forbidden(found, path.Child("scaling", "wakeQuery"), "cannot be combined with the policy %s; remove it", sc.Policy)
	}
	policy.validateSettings(found, path.Child("scaling"), sc.Settings, r)
	sc.Wake.validate(found, path.Child("scaling"), r)
}

// validateSettings refuses settings that the policy does not use, and settings that fail
// the policy's Check.
func (p Policy) validateSettings(found *field.ErrorList, scaling *field.Path, s Settings, r Replicas) {
	used := p.defaults(r)
	names := keys.Given(&used)
	for _, name := range keys.Given(&s) {
		if !slices.Contains(names, name) {
			problems.Forbidden(found, scaling.Child(name), "cannot be combined with the policy %s; remove it", p.Name)
		}
	}
	if p.Check != nil {
		p.Check(found, scaling, s, r)
	}
}

// checkFallback refuses fallbackReplicas outside the bounds of replicas.
func checkFallback(found *field.ErrorList, scaling *field.Path, s Settings, r Replicas) {
	if n := s.FallbackReplicas; n > 0 && (n < r.Least() || n > max(r.Max, 1)) {
		problems.Invalid(found, scaling.Child("fallbackReplicas"), "is %d, want %d to %d", n, r.Least(), max(r.Max, 1))
	}
}

// validate checks the settings for scaling from zero.
func (w Wake) validate(found *field.ErrorList, scaling *field.Path, r Replicas) {
	switch {
	case w.Query == "" && w.IdleSeconds != 0:
		problems.Forbidden(found, scaling.Child("idleSeconds"), "is ignored without scaling.wakeQuery; remove it")
	case w.Query != "" && r.Smallest() > 0:
		problems.Forbidden(found, scaling.Child("wakeQuery"), "is ignored with replicas.min %d, since the service does not scale to zero; set replicas.min to 0, or remove wakeQuery", r.Smallest())
	case !balanced(w.Query):
		problems.Invalid(found, scaling.Child("wakeQuery"), "has brackets or quotes that are not closed, or closed and not opened; want PromQL with one value")
	}
}

// balanced reports whether every bracket and quote of a query is closed, so that the
// query cannot end an expression around it.
func balanced(query string) bool {
	closes := map[rune]rune{'(': ')', '[': ']', '{': '}'}
	var open []rune
	quote, escaped := rune(0), false
	for _, c := range query {
		switch {
		case escaped:
			escaped = false
		case quote != 0:
			escaped = c == '\\' && quote != '`'
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case closes[c] != 0:
			open = append(open, closes[c])
		case c == '#':
			return false // a comment would hide the rest of the expression
		case strings.ContainsRune(")]}", c):
			if len(open) == 0 || open[len(open)-1] != c {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0 && quote == 0
}

// Validate returns every problem of the monitoring, each beginning with its key
// under path.
func (m Monitoring) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&m, path)
	m.validate(&found, path)
	return found
}

// validate checks rules that the declarations of the keys do not express.
func (m Monitoring) validate(found *field.ErrorList, path *field.Path) {
	if m.PrometheusURL != "" {
		address, err := url.Parse(m.PrometheusURL)
		switch {
		case err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Host == "":
			// The message does not repeat the value, which may hold a password.
			problems.Invalid(found, path.Child("prometheusUrl"), "is not an address such as %q", "http://kps-prometheus.monitoring.svc:9090")
		case strings.HasPrefix(address.Hostname(), "aps-workspaces."):
			problems.Invalid(found, path.Child("prometheusUrl"), "is Amazon Managed Service for Prometheus, which answers signed requests only, and KEDA's are not signed; "+
				"want the address of a proxy in the cluster that signs them, such as http://sigv4-proxy.%s.svc:8005", m.Namespace)
		case address.User != nil:
			problems.Invalid(found, path.Child("prometheusUrl"), "has credentials, which would be stored unencrypted; want an address without them")
		}
	}
	if !isLabel(m.Namespace) {
		problems.Invalid(found, path.Child("namespace"), "is %q, want the name of the namespace of Prometheus", m.Namespace)
	}
	if !m.Scrapes() && (m.IntervalSeconds != 0 || len(m.Labels) > 0) {
		problems.Forbidden(found, path.Child("serviceMonitor"), "is false, so intervalSeconds and labels are ignored; remove them")
	}
	validateLabels(found, path.Child("labels"), m.Labels)
}
