package serving

import (
	"fmt"
	"net/url"
	"strings"
)

// Warnings are what one ought to know of a valid spec before deploying it.
func (s Spec) Warnings() []string {
	var all []string
	warn := func(format string, values ...any) { all = append(all, s.Name+": "+fmt.Sprintf(format, values...)) }
	needed, spare := s.spareNodes()
	switch {
	case s.Lifecycle.Rollout == Surge && !spare:
		warn("a change starts the new engine first, which needs %d nodes in the %s, whose max is %d: it waits until the rollout fails; "+
			"raise nodeGroups[].max, or set lifecycle.rollout to inPlace", needed, s.groups(), s.NodeGroup.Max)
	case s.Lifecycle.Rollout == InPlace && (s.Replicas.Least() == 1 || s.Lifecycle.derived):
		warn("%s", s.inPlaceWarning(needed, spare))
	}
	if cut := s.longestAnswerSeconds(); cut > s.Lifecycle.ShutdownSeconds {
		warn("an answer as long as the context takes about %d s, and is cut off when its engine is replaced, after lifecycle.shutdownSeconds, which is %d",
			cut, s.Lifecycle.ShutdownSeconds)
	}
	if most := s.rolloutSeconds(s.Replicas.Max); s.scaled() && most > s.rolloutSeconds(s.Replicas.Least()) {
		warn("a change of all %d engines may take %d s, one after the other, and pulumi up waits %d s, for replicas.min of them: "+
			"change a busy service when it has few, or the update ends with an error while the rollout goes on", s.Replicas.Max, most, s.rolloutSeconds(s.Replicas.Least()))
	}
	if s.usesKEDA() && !s.monitored() {
		warn("monitoring.serviceMonitor is false, and scaling asks for series with the labels job=%q, namespace=%q and service=%q: whoever scrapes the engines has to set them",
			scrapeJob, s.Namespace, s.objectName())
	}
	if from := s.Monitoring.prometheusNamespace(); s.usesKEDA() && from != "" && from != s.Monitoring.Namespace {
		warn("monitoring.prometheusUrl is in the namespace %s, and monitoring.namespace, the only one whose pods may scrape the engines, is %s: "+
			"where NetworkPolicies are enforced, there will be no metrics to scale on", from, s.Monitoring.Namespace)
	}
	if in := s.Ingress; in.Class != "" && in.Class != ALBClass && in.TLSSecret == "" {
		warn("ingress.tlsSecret is missing, so that API keys and answers travel in clear, unless the controller has a certificate of its own")
	}
	if s.Scaling.Policy == External {
		warn("replicas: min %d and max %d differ, so the number is left to a scaler: until one is installed Kubernetes runs 1 engine, "+
			"and a service that had a fixed number goes down to 1 until the scaler acts", *s.Replicas.Min, s.Replicas.Max)
	}
	for _, text := range s.vllmWarnings() {
		warn("%s", text)
	}
	return all
}

// inPlaceWarning says what a change in place takes away, why it is in place, and
// what makes it start the new engine first.
func (s Spec) inPlaceWarning(needed int, spare bool) string {
	why, instead := "lifecycle.rollout is inPlace", ""
	if !spare {
		why = fmt.Sprintf("the %s has no GPUs to spare (it would take %d nodes, and max is %d)", s.groups(), needed, s.NodeGroup.Max)
		instead = fmt.Sprintf("; to start the new engine first, set nodeGroups[].max to %d", needed)
		if *s.Replicas.Min < s.Replicas.Max {
			instead += ", or lifecycle.rollout to surge, which waits for GPUs while all replicas run"
		}
	}
	away := "the model is away while that loads"
	if least := s.Replicas.Least(); least > 1 {
		away = fmt.Sprintf("one of %d engines after the other is away while it loads", least)
	}
	return fmt.Sprintf("a change stops the engine before it starts the new one, because %s: %s, about %d s%s", why, away, s.Lifecycle.LoadSeconds, instead)
}

// prometheusNamespace is that of an address of a Service in the cluster; "" of
// any other.
func (m Monitoring) prometheusNamespace() string {
	at, err := url.Parse(m.PrometheusURL)
	if err != nil {
		return ""
	}
	if parts := strings.Split(at.Hostname(), "."); len(parts) > 2 && parts[2] == "svc" {
		return parts[1]
	}
	return ""
}

// longestAnswerSeconds is how long an answer takes that fills the context, at
// the time per token of an engine under its target load, or at the longest that
// is still good where that is not known; 0 where the context is not known.
func (s Spec) longestAnswerSeconds() int {
	tokens, perToken := s.Model.MaxLen, s.Objectives.sizing().WithDefaults(0).TPOTMilliseconds/1000
	if e, ok := s.Estimate(); ok {
		tokens = e.Memory.MaxModelLen
		if rate := e.Serving.TargetTokensPerSecond; rate > 0 {
			perToken = float64(e.Serving.Target) / rate
		}
	}
	return int(float64(tokens) * perToken)
}
