package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/node"
)

// status is the supervisor's record for other commands.
type status struct {
	Supervisor processStatus            `json:"supervisor"`
	Processes  map[string]processStatus `json:"processes"`
}

// processStatus identifies a process by its number and start time, because the kernel reuses
// numbers.
type processStatus struct {
	PID       int    `json:"pid"`
	StartTime uint64 `json:"startTime"` // clock ticks after boot, /proc/PID/stat field 22
	Restarts  int    `json:"restarts"`
}

func processNow(pid int) processStatus {
	started, _, _ := processStat(pid)
	return processStatus{PID: pid, StartTime: started}
}

// alive reports whether this process still runs.
func (p processStatus) alive() bool {
	started, state, err := processStat(p.PID)
	return p.PID > 0 && err == nil && started == p.StartTime && state != "Z"
}

// processStat returns a process's start time and state.
func processStat(pid int) (startTime uint64, state string, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, "", err
	}
	// The second field is the name in brackets; it may contain any character.
	_, rest, found := strings.Cut(string(data[strings.LastIndexByte(string(data), ')'):]), ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 20 {
		return 0, "", fmt.Errorf("/proc/%d/stat: unexpected form", pid)
	}
	startTime, err = strconv.ParseUint(fields[19], 10, 64)
	return startTime, fields[0], err
}

// residentMiB returns the process's resident memory in MiB; 0 after its end.
func (p processStatus) residentMiB() float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.PID))
	if err != nil || !p.alive() {
		return 0
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

func readStatus(l layout.Layout) (status, error) {
	var st status
	data, err := os.ReadFile(l.Kube("status.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	if err := json.Unmarshal(data, &st); err != nil {
		return status{}, fmt.Errorf("%s: %w", l.Kube("status.json"), err)
	}
	return st, nil
}

// statusFile writes every change of the status to disk.
type statusFile struct {
	mu     sync.Mutex
	path   string
	status status
}

func newStatusFile(l layout.Layout) *statusFile {
	return &statusFile{
		path:   l.Kube("status.json"),
		status: status{Supervisor: processNow(os.Getpid()), Processes: map[string]processStatus{}},
	}
}

func (f *statusFile) started(name string, pid int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := processNow(pid)
	if before, again := f.status.Processes[name]; again {
		now.Restarts = before.Restarts + 1
	}
	f.status.Processes[name] = now
	return writeJSON(f.path, f.status)
}

func (f *statusFile) write() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return writeJSON(f.path, f.status)
}

// writeJSON replaces a file atomically: a reader never sees half of it, also after a power
// failure.
func writeJSON(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (f *statusFile) remove() error { return os.Remove(f.path) }

// printStatus lists the cluster's programs.
func printStatus(l layout.Layout, out io.Writer) error {
	st, err := readStatus(l)
	if err != nil {
		return err
	}
	if !st.Supervisor.alive() {
		fmt.Fprintln(out, "the embedded Kubernetes is not running")
		return errReported
	}
	down, total := false, st.Supervisor.residentMiB()
	for _, p := range processes(l, node.Default) {
		ps, state := st.Processes[p.name], "running"
		if !ps.alive() {
			state, down = "down", true
		}
		total += ps.residentMiB()
		fmt.Fprintf(out, "%-24s %-8s process %-8d restarts %-4d %5.0f MiB\n", p.name, state, ps.PID, ps.Restarts, ps.residentMiB())
	}
	fmt.Fprintf(out, "%-24s %-8s process %-8d %20.0f MiB in all\n", "supervisor", "running", st.Supervisor.PID, total)
	if down {
		return errReported
	}
	return nil
}
