package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// Verdict is what the comparison comes to for our policy, in one sentence.
func (r Report) Verdict() string {
	ours, where := r.Settings.Ours, map[result.Verdict]map[string][]string{} // verdict, policy, loads
	compared := 0
	for _, c := range r.Comparisons {
		for _, e := range c.Estimates {
			v := c.Verdict(ours, e.Policy)
			if v == "" {
				continue
			}
			compared++
			if v != result.Better && v != result.Worse {
				v = ""
			}
			if where[v] == nil {
				where[v] = map[string][]string{}
			}
			where[v][e.Policy] = append(where[v][e.Policy], c.Load)
		}
	}
	if compared == 0 {
		return fmt.Sprintf("Nothing is compared: there is no run of %s and of another policy under the same load with the same seed.", ours)
	}
	var parts []string
	if better := r.list(where[result.Better]); better != "" {
		parts = append(parts, fmt.Sprintf("%s is better on both SLO misses and GPU-hours than %s", ours, better))
	}
	if worse := r.list(where[result.Worse]); worse != "" {
		parts = append(parts, fmt.Sprintf("%s is worse on both than %s", ours, worse))
	} else {
		parts = append(parts, "no policy is better than "+ours+" on both")
	}
	if rest := r.list(where[""]); rest != "" {
		parts = append(parts, "against "+rest+", neither is better on both")
	}
	sentence := "Beyond the 95 % interval, " + strings.Join(parts, "; ") + "."
	if n := len(r.invalid()); n > 0 {
		sentence = fmt.Sprintf("INVALID (%d of %d runs), so this does not count: %s", n, len(r.Runs), sentence)
	}
	return sentence
}

// list names policies, each with the loads that it is so under unless it is
// under all.
func (r Report) list(loads map[string][]string) string {
	var names []string
	for _, policy := range r.policies() {
		switch under := loads[policy]; {
		case len(under) == 0:
		case len(under) == len(r.Comparisons):
			names = append(names, policy)
		default:
			names = append(names, fmt.Sprintf("%s (under %s)", policy, enumerate(under)))
		}
	}
	return enumerate(names)
}

// unbeaten is about one load: the policies that no other is better than on both.
func unbeaten(c result.Comparison) string {
	if len(c.Estimates) < 2 {
		return "Nothing is compared under this load."
	}
	names := c.Unbeaten()
	if len(names) == len(c.Estimates) {
		return "No policy is better than another on both SLO misses and GPU-hours, beyond the interval."
	}
	are := "are those"
	if len(names) == 1 {
		are = "is the one"
	}
	return fmt.Sprintf("%s %s that no other beats on both SLO misses and GPU-hours, beyond the interval.", enumerate(names), are)
}

// caveats are what a reader must know before the numbers.
func (r Report) caveats() []string {
	var caveats []string
	if r.Incomplete != "" {
		caveats = append(caveats, "INCOMPLETE: "+r.Incomplete)
	}
	for _, c := range r.Comparisons {
		switch {
		case len(c.Seeds) == 0:
			caveats = append(caveats, fmt.Sprintf("Under %s no seed was run with every policy: there are no intervals.", c.Load))
		case len(c.Seeds) < 3 && r.Settings.RequestsPerSecond > 0: // of a recorded load there is one draw
			caveats = append(caveats, fmt.Sprintf("Under %s only %d of the three seeds that a comparison should have: its intervals know little of how another draw of the load would differ.", c.Load, len(c.Seeds)))
		}
		var without []string
		for _, policy := range r.policies() {
			if !slices.ContainsFunc(r.Runs, func(run Run) bool { return run.Load == c.Load && run.Policy == policy }) {
				without = append(without, policy)
			}
		}
		if len(without) > 0 {
			caveats = append(caveats, fmt.Sprintf("Under %s there is no run of %s.", c.Load, enumerate(without)))
		}
	}
	return caveats
}

// enumerate is "a, b and c".
func enumerate(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
