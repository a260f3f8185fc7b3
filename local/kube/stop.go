package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// stopCluster ends every process of the cluster, pods included. Its state
// stays, as it does when a machine is switched off.
func stopCluster(l layout.Layout) error {
	unlock, err := lock(l)
	if err != nil {
		return err
	}
	defer unlock()
	return endAll(l)
}

func endAll(l layout.Layout) error {
	st, err := readStatus(l)
	if err != nil {
		return err
	}
	if st.Supervisor.alive() {
		if err := endProcess(st.Supervisor, supervisorGrace); err != nil {
			return fmt.Errorf("supervisor: %w", err)
		}
	}
	if err := endLeftovers(st); err != nil { // the supervisor may have been killed
		return err
	}
	if !exists(l) { // pods and link that are there are another checkout's
		return nil
	}
	return errors.Join(endPods(), endShims(l), removeNamespaces(l))
}

// removeCluster ends everything and leaves nothing.
func removeCluster(l layout.Layout) error {
	unlock, err := lock(l)
	if err != nil {
		return err
	}
	defer unlock()
	if err := endAll(l); err != nil {
		return err
	}
	created, err := os.ReadFile(l.Kube("created-folders"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, dir := range strings.Fields(string(created)) {
		_ = os.Remove(dir) // one that is in use by now is not ours to remove
	}
	return errors.Join(os.RemoveAll(l.Kube()), removeFile(l.Kubeconfig()))
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// endShims ends the container runtime's helpers, one a pod.
func endShims(l layout.Layout) error {
	shims, err := findProcesses(func(p processInfo) bool {
		return strings.HasPrefix(filepath.Base(p.executable), "containerd-shim") && slices.Contains(p.args, l.ContainerdSocket())
	})
	if err != nil {
		return err
	}
	for _, p := range shims {
		if err := endProcess(processNow(p.pid), stopGrace); err != nil {
			return fmt.Errorf("containerd-shim: %w", err)
		}
	}
	return nil
}

// processInfo is what /proc tells of a process.
type processInfo struct {
	pid              int
	name, executable string
	args             []string
}

func findProcesses(match func(processInfo) bool) ([]processInfo, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var found []processInfo
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// Each may end while we look: then it is not there.
		comm, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "comm"))
		executable, _ := os.Readlink(filepath.Join("/proc", e.Name(), "exe"))
		cmdline, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		p := processInfo{pid: pid, name: strings.TrimSpace(string(comm)), executable: executable, args: strings.Split(string(cmdline), "\x00")}
		if match(p) {
			found = append(found, p)
		}
	}
	return found, nil
}
