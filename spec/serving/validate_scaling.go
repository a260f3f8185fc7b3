package serving

import (
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

const (
	// mostLoad is more requests than an engine works on at once.
	mostLoad = mostSequences
	// longestWindow is the longest window that Kubernetes' autoscaler takes.
	longestWindow = 3600
	// longestScrape is the longest time between two scrapes, in seconds. Prometheus
	// takes a series for gone after 5 minutes, and load changes in less.
	longestScrape = 120
)

func (s Spec) validateScaling(found *field.ErrorList, at *field.Path) {
	r, sc := s.Replicas, s.Scaling
	policy, known := sc.Policy.Declaration()
	bad := func(key, format string, values ...any) { problems.Invalid(found, at.Child(key), format, values...) }
	asleep := r.Smallest() == 0 && policy.Scaler != OtherScaler
	switch {
	case r.Smallest() < 0 || asleep && (sc.Wake.Query == "" || known && !policy.FromZero):
		bad("replicas.min", "is %d, want at least 1: vLLM's metrics are gone with its last engine, and nothing would tell that a request has come; "+
			"or 0 with scaling.wakeQuery, such as a gateway's count of requests, and the policy %s", r.Smallest(), policyNames(func(p Policy) bool { return p.FromZero }))
		return
	case r.Smallest() > mostReplicas || r.Max > mostReplicas:
		bad("replicas.max", "is %d, want at most %d", max(r.Max, r.Smallest()), mostReplicas)
		return
	case r.Max < r.Least():
		bad("replicas.max", "is %d, want at least replicas.min, which is %d", r.Max, r.Smallest())
		return
	case sc.Policy == Fixed && r.Smallest() != r.Max:
		bad("scaling.policy", "is fixed, and replicas.min and replicas.max are %d and %d; make them the same", r.Smallest(), r.Max)
	}
	if !known {
		problems.NotSupported(found, at.Child("scaling", "policy"), "is %q, want %s", sc.Policy, policyNames(func(Policy) bool { return true }))
	}
	if policy.Settings == nil {
		return // of a policy without settings, or of none
	}
	if policy.Prometheus && s.Monitoring.PrometheusURL == "" {
		problems.Required(found, at.Child("monitoring", "prometheusUrl"), "is missing, and the policy %s asks Prometheus; give its address, or choose another scaling.policy: %s",
			sc.Policy, policyNames(func(p Policy) bool { return p.Scaler != NoScaler && !p.Prometheus }))
	}
	if !policy.FromZero && sc.Wake.Query != "" {
		problems.Forbidden(found, at.Child("scaling", "wakeQuery"), "is of no use with the policy %s; remove it", sc.Policy)
	}
	sc.validateTargets(found, at, r, policy.Settings(r))
}

// validateTargets checks the settings against those that the policy uses, which are
// not zero in used.
func (sc Scaling) validateTargets(found *field.ErrorList, at *field.Path, r Replicas, used Scaling) {
	for _, setting := range []struct {
		key                string
		used               bool
		value, least, most int
	}{
		{"targetLoad", used.TargetLoad != 0, sc.TargetLoad, 1, mostLoad},
		{"targetWaiting", used.TargetWaiting != 0, sc.TargetWaiting, 1, mostLoad},
		{"targetCPU", used.TargetCPU != 0, sc.TargetCPU, 1, 100},
		{"fallbackReplicas", used.FallbackReplicas != 0, sc.FallbackReplicas, r.Least(), max(r.Max, 1)},
		{"downSeconds", used.DownSeconds != 0, sc.DownSeconds, 1, longestWindow},
	} {
		switch {
		case !setting.used && setting.value != 0:
			problems.Forbidden(found, at.Child("scaling", setting.key), "is of no use with the policy %s; remove it", sc.Policy)
		case setting.used && (setting.value < setting.least || setting.value > setting.most):
			problems.Invalid(found, at.Child("scaling", setting.key), "is %d, want %d to %d", setting.value, setting.least, setting.most)
		}
	}
	switch {
	case used.TargetKVUsage == 0 && sc.TargetKVUsage != 0:
		problems.Forbidden(found, at.Child("scaling", "targetKVUsage"), "is of no use with the policy %s; remove it", sc.Policy)
	case used.TargetKVUsage != 0 && (sc.TargetKVUsage <= 0 || sc.TargetKVUsage > 1):
		problems.Invalid(found, at.Child("scaling", "targetKVUsage"), "is %g, want a share above 0 and at most 1", sc.TargetKVUsage)
	}
	switch {
	case sc.Wake.Query == "" && sc.Wake.IdleSeconds != 0:
		problems.Forbidden(found, at.Child("scaling", "idleSeconds"), "is of no use without scaling.wakeQuery; remove it")
	case sc.Wake.Query != "" && r.Smallest() > 0:
		problems.Forbidden(found, at.Child("scaling", "wakeQuery"), "is of no use with replicas.min %d: the service never sleeps; set that to 0 or remove it", r.Smallest())
	case !balanced(sc.Wake.Query):
		problems.Invalid(found, at.Child("scaling", "wakeQuery"), "has brackets or quotes that are not closed, or closed and not opened; want PromQL with one value")
	case sc.Wake.Query != "":
		upTo(found, at.Child("scaling", "idleSeconds"), sc.Wake.IdleSeconds, longestSeconds)
	}
}

// balanced tells whether every bracket and quote of a query is closed, so that
// nothing of what it is put into is.
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
			return false // a comment would swallow what follows
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
	var found field.ErrorList
	if m.PrometheusURL != "" {
		at, err := url.Parse(m.PrometheusURL)
		switch {
		case err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "":
			// Not repeated: it may hold a password.
			problems.Invalid(&found, path.Child("prometheusUrl"), "is no address such as %q", "http://kps-prometheus.monitoring.svc:9090")
		case strings.HasPrefix(at.Hostname(), "aps-workspaces."):
			problems.Invalid(&found, path.Child("prometheusUrl"), "is Amazon Managed Service for Prometheus, which answers signed requests only, and KEDA's are not signed; "+
				"want the address of a proxy in the cluster that signs them, such as http://sigv4-proxy.%s.svc:8005", m.Namespace)
		case at.User != nil:
			problems.Invalid(&found, path.Child("prometheusUrl"), "has credentials in it, which would be stored in clear; want an address without")
		}
	}
	if !isLabel(m.Namespace) {
		problems.Invalid(&found, path.Child("namespace"), "is %q, want the name of the namespace of Prometheus", m.Namespace)
	}
	if m.Scrapes() {
		upTo(&found, path.Child("intervalSeconds"), m.IntervalSeconds, longestScrape)
	} else if m.IntervalSeconds != 0 || len(m.Labels) > 0 {
		problems.Forbidden(&found, path.Child("serviceMonitor"), "is false, so that intervalSeconds and labels are of no use; remove them")
	}
	validateLabels(&found, path.Child("labels"), m.Labels)
	return found
}
