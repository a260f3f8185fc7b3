//go:build budget

// Resources of fifty idle replicas and of their cluster. Part of `make test-long`;
// it needs an otherwise idle machine.

package e2e

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	budgetReplicas = 50
	budgetSpace    = "e2e-budget"
	// budgetPeriod is the duration of each measurement.
	budgetPeriod = 20 * time.Second
)

// fiftyReplicas is a stack whose replicas have time to start at once on two cores.
var fiftyReplicas = fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:defaults:
    image: localhost/vllmsim:v0.33.0
    resources: {cpu: 10m, memory: 64Mi, shmSize: 16Mi, disk: 64Mi}
    lifecycle: {loadSeconds: 240, provisionSeconds: 300, drainSeconds: 2, shutdownSeconds: 5}
    env: {VLLMSIM_LOAD_SECONDS: "1"}
  vllm-eks:models:
    - {name: fifty, model: mistralai/Mistral-7B-Instruct-v0.2, maxModelLen: 4096, replicas: {min: %[2]d, max: %[2]d}}
`, budgetSpace, budgetReplicas)

// TestBudget measures, and asserts only that the replicas run.
func TestBudget(t *testing.T) {
	s := newStack(t, fiftyReplicas)
	began := time.Now()
	if out, err := s.run(20*time.Minute, "up", "--yes", "--skip-preview", "--stack="+stackName); err != nil {
		t.Fatalf("pulumi up: %v\n%s", err, out)
	}
	t.Logf("%d replicas ready after %s", budgetReplicas, time.Since(began).Round(time.Second))
	ready := kubectl(t, "--namespace="+budgetSpace, "get", "deployment", "fifty", "--output=jsonpath={.status.readyReplicas}")
	if ready != strconv.Itoa(budgetReplicas) {
		t.Fatalf("ready replicas: %q, want %d", ready, budgetReplicas)
	}
	pause(t, budgetPeriod) // the kubelet is busy after so many starts
	replicas := replicaProcesses(t)
	before, beforeTotal, beforeBusy := cpuOf(t, replicas), time.Now(), machineCPU(t)
	pause(t, budgetPeriod)
	after, took, afterBusy := cpuOf(t, replicas), time.Since(beforeTotal), machineCPU(t)

	var shares, resident []float64
	for pid := range maps.Keys(before) {
		shares = append(shares, 100*(after[pid]-before[pid])/took.Seconds())
		resident = append(resident, residentMiB(t, pid))
	}
	status, err := exec.Command(s.layout.Bin("kube"), "status", "--root="+s.layout.Root).Output()
	if err != nil {
		t.Fatalf("kube status: %v\n%s", err, status)
	}
	lines := strings.Split(strings.TrimSpace(string(status)), "\n")
	t.Logf("control plane and node: %s", strings.Join(strings.Fields(lines[len(lines)-1]), " "))
	t.Logf("one of %d idle replicas, memory:     median %.1f MiB, max %.1f MiB resident", len(replicas), median(resident), slices.Max(resident))
	t.Logf("one of %d idle replicas, processor:  median %.2f %%, max %.2f %% of a core, over %s", len(replicas), median(shares), slices.Max(shares), took.Round(time.Second))
	t.Logf("the whole machine, processor:       %.0f %% of all its cores", 100*(afterBusy.busy-beforeBusy.busy)/(afterBusy.total-beforeBusy.total))
}

// pause waits while something is measured.
func pause(t *testing.T, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// ticksPerSecond is the kernel's unit of CPU time on every platform of Go.
const ticksPerSecond = 100

// cpuOf returns the CPU time of each process so far, in seconds.
func cpuOf(t *testing.T, pids []int) map[int]float64 {
	t.Helper()
	seconds := map[int]float64{}
	for _, pid := range pids {
		stat := procFile(t, strconv.Itoa(pid), "stat")
		// The second field is the name in brackets; it may contain any character.
		fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
		seconds[pid] = (number(t, fields[11]) + number(t, fields[12])) / ticksPerSecond // user and system
	}
	return seconds
}

func residentMiB(t *testing.T, pid int) float64 {
	t.Helper()
	pages := number(t, strings.Fields(procFile(t, strconv.Itoa(pid), "statm"))[1])
	return pages * float64(os.Getpagesize()) / (1 << 20)
}

type cpuTime struct{ busy, total float64 }

// machineCPU returns the CPU time of the whole machine so far, in ticks.
func machineCPU(t *testing.T) cpuTime {
	t.Helper()
	line, _, _ := strings.Cut(procFile(t, "stat"), "\n")
	var all cpuTime
	const idle, waiting, guest = 3, 4, 8 // columns; the user's time includes a guest's
	for i, field := range strings.Fields(line)[1:] {
		if i >= guest {
			break
		}
		ticks := number(t, field)
		all.total += ticks
		if i != idle && i != waiting {
			all.busy += ticks
		}
	}
	return all
}

func procFile(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{"/proc"}, path...)...))
	if err != nil {
		t.Fatalf("a replica ended meanwhile, or /proc has another format: %v", err)
	}
	return string(content)
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
