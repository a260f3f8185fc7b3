package result

// Verdict is how a policy compares with another, beyond the interval.
type Verdict string

// The verdicts. Those between Better and Worse are of an axis alone, or trade
// one for the other.
const (
	Better           Verdict = "better on both"
	FewerMisses      Verdict = "fewer misses, cost not distinguishable"
	Cheaper          Verdict = "cheaper, misses not distinguishable"
	FewerButDearer   Verdict = "fewer misses, but dearer"
	Same             Verdict = "not distinguishable"
	CheaperButWorse  Verdict = "cheaper, but more misses"
	MoreMisses       Verdict = "more misses, cost not distinguishable"
	Dearer           Verdict = "dearer, misses not distinguishable"
	Worse            Verdict = "worse on both"
	verdictUndefined Verdict = ""
)

// Verdict of the policy about the one that it is compared with.
func (d Difference) Verdict() Verdict {
	verdicts := [3][3]Verdict{ // by misses, then by GPU-hours: less, same, more
		{Better, FewerMisses, FewerButDearer},
		{Cheaper, Same, Dearer},
		{CheaperButWorse, MoreMisses, Worse},
	}
	return verdicts[1+d.Misses.Sign()][1+d.GPUHours.Sign()]
}

// Difference of a policy to another; false where they were not compared.
func (c Comparison) Difference(policy, versus string) (Difference, bool) {
	for _, d := range c.Differences {
		if d.Policy == policy && d.Versus == versus {
			return d, true
		}
	}
	return Difference{}, false
}

// Verdict of a policy about another; "" where they were not compared.
func (c Comparison) Verdict(policy, versus string) Verdict {
	if d, ok := c.Difference(policy, versus); ok {
		return d.Verdict()
	}
	return verdictUndefined
}

// Better tells whether a has fewer misses and fewer GPU-hours than b, both beyond
// the interval of their difference.
func (c Comparison) Better(a, b string) bool { return c.Verdict(a, b) == Better }

// Unbeaten are the policies that no other is better than on both.
func (c Comparison) Unbeaten() []string {
	var unbeaten []string
	for _, e := range c.Estimates {
		beaten := false
		for _, other := range c.Estimates {
			beaten = beaten || c.Better(other.Policy, e.Policy)
		}
		if !beaten {
			unbeaten = append(unbeaten, e.Policy)
		}
	}
	return unbeaten
}

// Estimate of a policy; false where it was not compared.
func (c Comparison) Estimate(policy string) (Estimate, bool) {
	for _, e := range c.Estimates {
		if e.Policy == policy {
			return e, true
		}
	}
	return Estimate{}, false
}
