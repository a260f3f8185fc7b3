package serving

import (
	"strings"
	"testing"
)

func TestTimesDeriveFromTheLifecycle(t *testing.T) {
	type times struct {
		period, failures, budget, grace, restart, deadline int
		rollout, removal                                   string
	}
	local := Lifecycle{LoadSeconds: 10, ProvisionSeconds: 15, DrainSeconds: 5, ShutdownSeconds: 10}
	tests := []struct {
		name      string
		lifecycle Lifecycle
		replicas  Replicas
		want      times
	}{
		{"defaults", Lifecycle{}, Replicas{}, times{10, 120, 1200, 145, 30, 1945, "1955s", "205s"}},
		{"a quick load is probed every second", local, Replicas{}, times{1, 20, 20, 25, 20, 60, "70s", "85s"}},
		{"a rollout replaces one engine after the other", local, between(4, 4), times{1, 20, 20, 25, 20, 60, "205s", "85s"}},
		{"a scaler may have left the least", local, between(2, 8), times{1, 20, 20, 25, 20, 60, "115s", "85s"}},
		{"an odd load is rounded up", Lifecycle{LoadSeconds: 125, ProvisionSeconds: 60}, Replicas{}, times{4, 63, 252, 145, 30, 457, "467s", "205s"}},
		{"the longest load", Lifecycle{LoadSeconds: 3600}, Replicas{}, times{10, 720, 7200, 145, 30, 7945, "7955s", "205s"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spec := Spec{Lifecycle: test.lifecycle, Replicas: test.replicas}.WithDefaults()
			l := spec.Lifecycle
			got := times{l.startupPeriodSeconds(), l.startupFailures(), l.startupBudgetSeconds(), l.graceSeconds(),
				l.restartGraceSeconds(), l.progressDeadlineSeconds(), spec.rolloutTimeout(), spec.removalTimeout()}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestALoadIsGivenTwiceItsTime holds for every load that is accepted.
func TestALoadIsGivenTwiceItsTime(t *testing.T) {
	for load := 1; load <= longestSeconds; load++ {
		l := Lifecycle{LoadSeconds: load}.withDefaults()
		if budget := l.startupBudgetSeconds(); budget < 2*load || budget >= 2*load+longestProbePeriod {
			t.Fatalf("a load of %d s is given %d s", load, budget)
		}
	}
}

func between(least, most int) Replicas { return Replicas{Min: &least, Max: most} }

// TestOnlyAScaledServiceWarns reads what a preview says.
func TestOnlyAScaledServiceWarns(t *testing.T) {
	if (Spec{Replicas: between(3, 3)}).scaled() {
		t.Error("a fixed number is left to a scaler")
	}
	spec := Spec{Replicas: between(2, 5)}
	if !spec.scaled() {
		t.Error("a range is not left to a scaler")
	}
	for _, want := range []string{"min 2 and max 5", "until one is installed Kubernetes runs 1 engine", "a fixed number goes down to 1 until the scaler acts"} {
		if got := spec.scalerWarning(); !strings.Contains(got, want) {
			t.Errorf("the warning does not say %q: %s", want, got)
		}
	}
}
