package serving

import "testing"

func TestMaxUnavailable(t *testing.T) {
	newSpec := func(instance string, gpus, replicas int, l Lifecycle) Spec {
		s := Spec{GPU: GPU{Count: gpus}, Replicas: Replicas{Max: replicas}, Lifecycle: l.withDefaults()}
		if instance != "" {
			s.NodeGroup = NodeGroup{Name: "g", InstanceTypes: []string{instance}}
		}
		return s
	}
	load := Lifecycle{LoadSeconds: 400, DrainSeconds: 15, ShutdownSeconds: 120} // 545 s for each replica
	tests := []struct {
		name string
		spec Spec
		want int
	}{
		{"one replica may always be evicted", newSpec("g5.2xlarge", 1, 1, load), 1},
		{"one a node", newSpec("g5.2xlarge", 1, 10, load), 1},
		{"nodes that are not known", newSpec("", 1, 10, load), 1},
		{"four on a node, two rounds of them in time", newSpec("g5.12xlarge", 1, 10, load), 2},
		{"two of the four are all there are", newSpec("g5.12xlarge", 1, 2, load), 1},
		{"one that takes the node", newSpec("g5.12xlarge", 4, 10, load), 1},
		{"eight that load quickly", newSpec("p4d.24xlarge", 1, 8, Lifecycle{LoadSeconds: 60, DrainSeconds: 5, ShutdownSeconds: 10}), 1},
	}
	for _, test := range tests {
		got := test.spec.MaxUnavailable()
		if got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
		l := test.spec.Lifecycle
		rounds := (test.spec.replicasOnNode() + got - 1) / got
		if took := (rounds-1)*(l.GraceSeconds()+l.LoadSeconds) + l.GraceSeconds(); took > drainSeconds {
			t.Errorf("%s: draining a node takes %d s", test.name, took)
		}
	}
}
