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
		{"a rollout replaces one replica after the other", local, between(4, 4), times{1, 20, 20, 25, 20, 60, "205s", "85s"}},
		{"a scaler may have left the least", local, between(2, 8), times{1, 20, 20, 25, 20, 60, "115s", "85s"}},
		{"an odd load is rounded up", Lifecycle{LoadSeconds: 125, ProvisionSeconds: 60}, Replicas{}, times{4, 63, 252, 145, 30, 457, "467s", "205s"}},
		{"the longest load", Lifecycle{LoadSeconds: 3600}, Replicas{}, times{10, 720, 7200, 145, 30, 7945, "7955s", "205s"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spec := Spec{Lifecycle: test.lifecycle, Replicas: test.replicas}.WithDefaults()
			l := spec.Lifecycle
			got := times{l.StartupPeriodSeconds(), l.StartupFailures(), l.StartupBudgetSeconds(), l.GraceSeconds(),
				l.RestartGraceSeconds(), l.ProgressDeadlineSeconds(), spec.RolloutTimeout(), spec.RemovalTimeout()}
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
		if budget := l.StartupBudgetSeconds(); budget < 2*load || budget >= 2*load+longestProbePeriod {
			t.Fatalf("a load of %d s is given %d s", load, budget)
		}
	}
}

func between(minimum, maximum int) Replicas { return Replicas{Min: &minimum, Max: maximum} }

// TestWarnings reads what a preview says.
func TestWarnings(t *testing.T) {
	g5 := func(maximum int) NodeGroup {
		return NodeGroup{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: maximum}
	}
	chat := Spec{Name: "chat", Namespace: "n", Model: Model{ID: "mistralai/Mistral-7B-Instruct-v0.2", MaxLen: 1024}}
	tests := []struct {
		name   string
		change func(*Spec)
		want   []string
	}{
		{"nothing to say", func(s *Spec) { s.NodeGroup = g5(2) }, nil},
		{"nothing known of nodes", func(*Spec) {}, nil},
		{"no GPU to spare", func(s *Spec) { s.NodeGroup = g5(1) },
			[]string{"the model is away for about 413 s in a rollout; nodeGroups[].max: 2 in the node group g5 starts the new replica first"}},
		{"others take it", func(s *Spec) { s.NodeGroup = g5(2); s.NodeGroup.Others = []Demand{{GPUs: 1, Replicas: 1}} }, []string{"nodeGroups[].max: 3 in the node group g5 starts"}},
		{"surge that waits", func(s *Spec) { s.NodeGroup = g5(1); s.Lifecycle.Rollout = Surge },
			[]string{"needs 2 nodes in the node group g5, whose max is 1: rollouts fail"}},
		{"in place by choice", func(s *Spec) { s.NodeGroup = g5(2); s.Lifecycle.Rollout = InPlace }, []string{"the model is away for about 413 s in a rollout, because lifecycle.rollout is inPlace"}},
		{"inPlace by default, with two replicas", func(s *Spec) { s.NodeGroup = g5(2); s.Replicas = between(2, 2) },
			[]string{"each of 2 replicas is away for about 413 s in a rollout; nodeGroups[].max: 3 in the node group g5 starts the new replica first"}},
		{"two replicas in place by choice", func(s *Spec) { s.NodeGroup = g5(2); s.Replicas = between(2, 2); s.Lifecycle.Rollout = InPlace }, nil},
		{"a range that fills its nodes", func(s *Spec) { s.NodeGroup = g5(2); s.Replicas = between(1, 2); s.Scaling.Policy = CPU },
			[]string{"nodeGroups[].max: 3 in the node group g5 or lifecycle.rollout: surge starts the new replica first"}},
		{"a short shutdown", func(s *Spec) { s.NodeGroup = g5(2); s.Lifecycle.ShutdownSeconds = 5 },
			[]string{"lifecycle.shutdownSeconds is 5, so a rollout cuts off answers of 159 tokens, which take about "}},
		{"no TLS", func(s *Spec) {
			s.Ingress = Ingress{Class: "nginx", Host: "a.example.com", ControllerNamespace: "n", Open: true}
		}, []string{"ingress.tlsSecret is missing: without a certificate of the controller, API keys and answers are sent unencrypted"}},
		{"scaled, and scraped by others", func(s *Spec) {
			s.Replicas, s.Monitoring = between(1, 2), Monitoring{PrometheusURL: "http://p:9090", ServiceMonitor: new(false)}
		}, []string{`series with the labels job="vllm", namespace="n" and service="chat"`}},
		{"Prometheus elsewhere", func(s *Spec) {
			s.Replicas, s.Monitoring = between(1, 2), Monitoring{PrometheusURL: "http://prometheus-operated.observability.svc:9090"}
		}, []string{"monitoring.namespace is monitoring, so the NetworkPolicy refuses the Prometheus in the namespace observability"}},
		{"Prometheus outside of the cluster", func(s *Spec) {
			s.Replicas, s.Monitoring = between(1, 2), Monitoring{PrometheusURL: "https://aps.example.com/workspaces/x"}
		}, nil},
		{"another scaler", func(s *Spec) { s.Replicas = between(2, 5); s.Scaling.Policy = External },
			[]string{"scaling.policy is external: one replica runs until your scaler sets a number from 2 to 5"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spec := chat
			test.change(&spec)
			got := spec.WithDefaults().Warnings()
			if len(got) != len(test.want) {
				t.Fatalf("warned %q, want %q", got, test.want)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(got[i], "chat: ") || !strings.Contains(got[i], want) {
					t.Errorf("warned %q, want %q", got[i], want)
				}
				if len(got[i]) > 160 {
					t.Errorf("%q has %d characters, want one short sentence", got[i], len(got[i]))
				}
			}
		})
	}
}
