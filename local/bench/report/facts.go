package report

import (
	"fmt"
)

// compared says what was, in a sentence.
func (r Report) compared() string {
	s := r.Settings
	return fmt.Sprintf("%s under %s: %s of %s min each. Every policy got the same arrivals, the same bounds of %d to %d engines and the same cold start.",
		count(len(r.policies()), "policy", "policies"), count(len(r.Comparisons), "load", "loads"), count(len(r.Runs), "run", "runs"),
		counted(s.Minutes), s.MinEngines, s.MaxEngines)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// facts are the settings, in the order of what matters to the result.
func (r Report) facts() []fact {
	s := r.Settings
	facts := []fact{
		{"SLO", fmt.Sprintf("TTFT ≤ %g s and TPOT ≤ %s ms", s.TTFTSeconds, milliseconds(s.TPOTSeconds))},
		{"Model, simulated", s.Model},
		{"GPU, simulated", s.GPU},
		{"Cold start", fmt.Sprintf("%g s", s.ColdStartSeconds)},
		{"Engines", fmt.Sprintf("%d to %d", s.MinEngines, s.MaxEngines)},
		{"Length of a run", counted(s.Minutes) + " min"},
		{"Mean rate of conversation", perSecond(s.RequestsPerSecond)},
		{"Time", timeScale(s.TimeScale)},
		{"Needed", fmt.Sprintf("engines with which a clairvoyant keeps the SLO of %g %% of requests", 100*s.TargetShare)},
		{"KEDA", s.KEDA},
		{"Prometheus", s.Prometheus},
		{"Kubernetes", s.Kubernetes},
		{"Machine", s.Machine},
		{"Commit", s.Commit},
		{"Generated", s.GeneratedAt},
	}
	var known []fact
	for _, f := range facts {
		if f.Value != "" {
			known = append(known, f)
		}
	}
	return known
}

func perSecond(requestsPerSecond float64) string {
	if requestsPerSecond == 0 {
		return ""
	}
	return fmt.Sprintf("%g requests/s", requestsPerSecond)
}

func timeScale(scale float64) string {
	if scale == 1 {
		return "as by the clock"
	}
	return fmt.Sprintf("%g times as fast as the clock", scale)
}
