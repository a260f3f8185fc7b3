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

// stopCluster ends every process of the cluster and of its pods. Its state remains, as when a
// machine is switched off.
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
	if err := endLeftovers(st); err != nil { // if the supervisor was killed
		return err
	}
	if !exists(l) { // any pods and link belong to another checkout
		return nil
	}
	return errors.Join(endPods(), endShims(l), removeNamespaces(l))
}

// removeCluster ends every process and removes the state.
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
		_ = os.Remove(dir) // another program may use it by now
	}
	return errors.Join(os.RemoveAll(l.Kube()), removeFile(l.Kubeconfig()))
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// endShims ends the container runtime's shims, one for each pod.
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

// processInfo holds what /proc says about a process.
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
		// A process may end during the loop.
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
