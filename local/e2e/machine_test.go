//go:build cluster || lifecycle || budget || engine || faults

package e2e

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// checkout returns the layout of this checkout.
func checkout(t testing.TB) layout.Layout {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return layout.Layout{Root: root}
}

// await polls until ok, or fails the test after the timeout.
func await(t testing.TB, condition string, timeout time.Duration, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeout); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", condition, timeout)
		}
	}
}

// without returns the items that are not in these.
func without[T comparable](items, these []T) []T {
	return slices.DeleteFunc(slices.Clone(items), func(item T) bool { return slices.Contains(these, item) })
}

// process holds what /proc says about a process.
type process struct {
	pid                    int
	name, executable       string
	arguments, environment []string
}

// processes returns every process of this machine, pods included.
func processes(t testing.TB) []process {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var found []process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue // not a process
		}
		// A process may end during the loop. Then the missing fields are empty.
		file := func(name string) string {
			content, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), name))
			return strings.TrimRight(string(content), "\x00\n")
		}
		executable, _ := os.Readlink(filepath.Join("/proc", entry.Name(), "exe"))
		found = append(found, process{
			pid: pid, name: file("comm"), executable: executable,
			arguments: strings.Split(file("cmdline"), "\x00"), environment: strings.Split(file("environ"), "\x00"),
		})
	}
	return found
}

// processesWith returns the processes with a variable, NAME=VALUE, in their environment.
func processesWith(t testing.TB, variable string) []int {
	t.Helper()
	var pids []int
	for _, p := range processes(t) {
		if slices.Contains(p.environment, variable) {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// podGroups returns the control groups of the cluster's pods, one for each hierarchy of this
// machine.
func podGroups(t testing.TB) []string {
	t.Helper()
	var groups []string
	for _, pattern := range []string{"/sys/fs/cgroup/vllm-eks*", "/sys/fs/cgroup/*/vllm-eks*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, found...)
	}
	return groups
}

// podProcesses returns every process of every pod.
func podProcesses(t testing.TB) []int {
	t.Helper()
	var pids []int
	for _, group := range podGroups(t) {
		err := filepath.WalkDir(group, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Name() == "cgroup.procs" {
				var content []byte
				content, err = os.ReadFile(path)
				for field := range strings.FieldsSeq(string(content)) {
					pid, err := strconv.Atoi(field)
					if err != nil {
						return err
					}
					pids = append(pids, pid)
				}
			}
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.EOPNOTSUPP) {
				return nil // a pod has ended, or its group has only threads
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

// replicaProcesses returns the processes of the replicas in the cluster's pods.
func replicaProcesses(t testing.TB) []int {
	t.Helper()
	return slices.DeleteFunc(podProcesses(t), func(pid int) bool {
		name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
		return err != nil || strings.TrimSpace(string(name)) != "vllmsim" // an error: the process has ended
	})
}
