package serving

import "testing"

func TestTimesDeriveFromTheLifecycle(t *testing.T) {
	type times struct {
		period, failures, budget, grace, deadline int
		rollout, removal                          string
	}
	local := Lifecycle{LoadSeconds: 10, ProvisionSeconds: 15, DrainSeconds: 5, ShutdownSeconds: 10}
	tests := []struct {
		name      string
		lifecycle Lifecycle
		replicas  int
		want      times
	}{
		{"defaults", Lifecycle{}, 1, times{10, 120, 1200, 145, 1945, "1955s", "205s"}},
		{"a quick load is probed every second", local, 1, times{1, 20, 20, 25, 60, "70s", "85s"}},
		{"a rollout replaces one engine after the other", local, 4, times{1, 20, 20, 25, 60, "250s", "85s"}},
		{"an odd load is rounded up", Lifecycle{LoadSeconds: 125, ProvisionSeconds: 60}, 1, times{4, 63, 252, 145, 457, "467s", "205s"}},
		{"the longest load", Lifecycle{LoadSeconds: 3600}, 1, times{10, 720, 7200, 145, 7945, "7955s", "205s"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spec := Spec{Lifecycle: test.lifecycle, Replicas: Replicas{Max: test.replicas}}.WithDefaults()
			l := spec.Lifecycle
			got := times{l.startupPeriodSeconds(), l.startupFailures(), l.startupBudgetSeconds(), l.graceSeconds(),
				l.progressDeadlineSeconds(), spec.rolloutTimeout(), spec.removalTimeout()}
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
