package result

import (
	"fmt"
	"strings"
)

// MaxLateness is the 99th percentile, in seconds, beyond which a run tells of the
// machine that it ran on and not of the policy: a fortieth of the TTFT that
// the SLO allows.
const MaxLateness = 0.050

// Invalid says why the run does not count; "" if it does.
func (s Summary) Invalid() string {
	var why []string
	if s.Offered == 0 {
		why = append(why, "no request was offered")
	}
	if s.Late > MaxLateness {
		why = append(why, fmt.Sprintf("the generator sent late: p99 %.0f ms, allowed are %.0f", 1000*s.Late, 1000*MaxLateness))
	}
	if s.StepLateness > MaxLateness {
		why = append(why, fmt.Sprintf("engines' steps ended late: p99 %.0f ms, allowed are %.0f", 1000*s.StepLateness, 1000*MaxLateness))
	}
	if s.Doubt != "" {
		why = append(why, s.Doubt)
	}
	return strings.Join(why, "; ")
}
