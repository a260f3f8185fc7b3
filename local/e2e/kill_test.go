//go:build lifecycle || faults

package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// killPart kills one process of the cluster, or every replica.
func killPart(t *testing.T, l layout.Layout, part string) {
	t.Helper()
	if part == "vllmsim" {
		replicas := replicaProcesses(t)
		if len(replicas) == 0 {
			t.Fatal("no replica runs")
		}
		kill(t, replicas)
		return
	}
	kill(t, []int{partProcess(t, l, part)})
}

// partProcess returns the id of a process of the cluster.
func partProcess(t *testing.T, l layout.Layout, part string) int {
	t.Helper()
	data, err := os.ReadFile(l.Kube("status.json"))
	if err != nil {
		t.Fatal(err)
	}
	var status struct {
		Supervisor struct{ PID int }
		Processes  map[string]struct{ PID int }
	}
	if err := json.Unmarshal(data, &status); err != nil {
		t.Fatal(err)
	}
	pid := status.Processes[part].PID
	if part == "supervisor" {
		pid = status.Supervisor.PID
	}
	if pid <= 0 {
		t.Fatalf("%s: not in %s", part, data)
	}
	return pid
}

func kill(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatalf("kill process %d: %v", pid, err)
		}
	}
}
