package result

// Summary is what one trial comes to. Times are in seconds.
type Summary struct {
	Policy, Load string
	Seed         int64

	// Offered is how many requests arrived while the load lasted.
	Offered int
	// Attained is the share of the offered that kept the SLO, 0 to 1: one that
	// was refused, dropped or cut did not.
	Attained float64
	// TTFT is over answers that began, TPOT over those with two tokens or more.
	TTFT, TPOT Quantiles

	// GPUHours are from the creation of each pod to its exit, while the load
	// lasted, at one GPU an engine: one that loads costs as much as one that serves.
	GPUHours float64
	// MeanReady is over time; PeakReady is the most at once.
	MeanReady float64
	PeakReady int

	// FirstDecision is when the scaler first asked for more engines than before,
	// since the load began; nil if it never did. The load begins at the same
	// moment for every policy, so it compares them.
	FirstDecision *float64 `json:",omitempty"`
	// FirstReady is how long after that decision more engines were ready than at
	// it; nil if that never was.
	FirstReady *float64 `json:",omitempty"`
	// Overshoot is the largest number that was asked for less what the
	// clairvoyant schedule has at the moment it was first asked for; below 0, it
	// never asked for as many. Nil without such a schedule.
	Overshoot *int `json:",omitempty"`
	// Reversals are changes of direction of what was asked for.
	Reversals int

	Preemptions int
	// Truncated are answers that began and were cut, Refused those of which
	// nothing came.
	Truncated, Refused int

	// Late is the 99th percentile of how late the generator sent, StepLateness
	// that of how late simulated engines ended their steps.
	Late, StepLateness float64
	// Doubt is that of the trial.
	Doubt string `json:",omitempty"`
}

// Summarize computes all of it. Needed is the clairvoyant schedule that overshoot
// is measured by; it may be empty.
func Summarize(t Trial, slo SLO, needed Schedule) Summary {
	offered := t.Offered()
	s := Summary{
		Policy: t.Policy, Load: t.Load, Seed: t.Seed,
		Offered:      len(offered),
		Attained:     attained(offered, slo),
		TTFT:         TTFT(offered),
		TPOT:         TPOT(offered),
		GPUHours:     t.GPUHours(),
		Reversals:    t.reversals(),
		Overshoot:    t.overshoot(needed),
		Preemptions:  t.Preemptions,
		Late:         lateness(offered).P99,
		StepLateness: t.StepLateness,
		Doubt:        t.Doubt,
	}
	s.MeanReady, s.PeakReady = t.ready()
	s.FirstDecision, s.FirstReady = t.reaction()
	for _, r := range offered {
		switch {
		case r.Whole():
		case r.began():
			s.Truncated++
		default:
			s.Refused++
		}
	}
	return s
}

// attained is a share; 0 of nothing, which Invalid tells of.
func attained(offered []Request, slo SLO) float64 {
	met := 0
	for _, r := range offered {
		if slo.Met(r) {
			met++
		}
	}
	return float64(met) / float64(max(len(offered), 1))
}
