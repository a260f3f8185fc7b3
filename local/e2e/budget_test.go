//go:build budget

// What fifty idle engines take, and the cluster that they run on: part of
// `make test-long`, on an otherwise quiet machine.

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
	budgetEngines = 50
	budgetSpace   = "e2e-budget"
	// budgetPeriod is how long each measurement takes.
	budgetPeriod = 20 * time.Second
)

// fiftyEngines have time to start, all at once on two cores.
var fiftyEngines = fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:defaults:
    image: localhost/vllmsim:v0.33.0
    resources: {cpu: 10m, memory: 64Mi, shmSize: 16Mi, disk: 64Mi}
    lifecycle: {loadSeconds: 240, provisionSeconds: 300, drainSeconds: 2, shutdownSeconds: 5}
    env: {VLLMSIM_LOAD_SECONDS: "1"}
  vllm-eks:models:
    - {name: fifty, model: mistralai/Mistral-7B-Instruct-v0.2, maxModelLen: 4096, replicas: {min: %[2]d, max: %[2]d}}
`, budgetSpace, budgetEngines)

// It measures, and asserts only that there is something to measure.
func TestBudget(t *testing.T) {
	s := newStack(t, fiftyEngines)
	began := time.Now()
	if out, err := s.run(20*time.Minute, "up", "--yes", "--skip-preview", "--stack="+stackName); err != nil {
		t.Fatalf("pulumi up: %v\n%s", err, out)
	}
	t.Logf("%d engines ready after %s", budgetEngines, time.Since(began).Round(time.Second))
	ready := kubectl(t, "--namespace="+budgetSpace, "get", "deployment", "fifty", "--output=jsonpath={.status.readyReplicas}")
	if ready != strconv.Itoa(budgetEngines) {
		t.Fatalf("ready engines: %q, want %d", ready, budgetEngines)
	}
	pause(t, budgetPeriod) // the kubelet has to calm down after so many starts
	engines := engineProcesses(t)
	before, beforeTotal, beforeBusy := cpuOf(t, engines), time.Now(), machineCPU(t)
	pause(t, budgetPeriod)
	after, took, afterBusy := cpuOf(t, engines), time.Since(beforeTotal), machineCPU(t)

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
	t.Logf("one of %d idle engines, memory:     median %.1f MiB, max %.1f MiB resident", len(engines), median(resident), slices.Max(resident))
	t.Logf("one of %d idle engines, processor:  median %.2f %%, max %.2f %% of a core, over %s", len(engines), median(shares), slices.Max(shares), took.Round(time.Second))
	t.Logf("the whole machine, processor:       %.0f %% of all its cores", 100*(afterBusy.busy-beforeBusy.busy)/(afterBusy.total-beforeBusy.total))
}

// pause is a time over which something is measured.
func pause(t *testing.T, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// ticksPerSecond is what the kernel counts processor time in, wherever Go runs.
const ticksPerSecond = 100

// cpuOf is the processor time of each process so far, in seconds.
func cpuOf(t *testing.T, pids []int) map[int]float64 {
	t.Helper()
	seconds := map[int]float64{}
	for _, pid := range pids {
		stat := procFile(t, strconv.Itoa(pid), "stat")
		// The second field is the name in brackets and may hold anything.
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

// machineCPU is the processor time of the whole machine so far, in ticks.
func machineCPU(t *testing.T) cpuTime {
	t.Helper()
	line, _, _ := strings.Cut(procFile(t, "stat"), "\n")
	var all cpuTime
	const idle, waiting, guest = 3, 4, 8 // columns; a guest's time is in the user's already
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
		t.Fatalf("an engine ended meanwhile, or /proc is not what it was: %v", err)
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
