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
	"syscall"
	"time"
)

// cgroupName names the control group in which the kubelet creates those of all pods.
const cgroupName = "vllm-eks"

const cgroupRoot = "/sys/fs/cgroup"

// precedence is the CPU weight of all pods together, relative to one thread of any other
// program of this machine, the control plane included. In the cloud the control plane has its
// own machines, and a replica does not wait for it.
const precedence = 10

// cgroupV2 reports whether this machine has only the unified hierarchy.
func cgroupV2() bool {
	_, err := os.Stat(filepath.Join(cgroupRoot, "cgroup.controllers"))
	return err == nil
}

// ensureCgroups creates the group in every hierarchy, because the kubelet refuses a root group
// that does not exist.
func ensureCgroups() error {
	if cgroupV2() {
		return ensureUnifiedCgroup()
	}
	hierarchies, err := os.ReadDir(cgroupRoot)
	if err != nil {
		return err
	}
	for _, h := range hierarchies {
		dir := filepath.Join(cgroupRoot, h.Name(), cgroupName)
		if !h.IsDir() {
			continue
		}
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		for _, controller := range strings.Split(h.Name(), ",") {
			if err := settle(dir, controller); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle sets the files that a new group of one hierarchy needs.
func settle(dir, controller string) error {
	switch controller {
	case "cpuset": // a new one is empty, and nothing can join it
		return inheritCpuset(dir)
	case "cpu":
		return writeNumber(filepath.Join(dir, "cpu.shares"), precedence*1024)
	}
	return nil
}

func inheritCpuset(dir string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		value, err := os.ReadFile(filepath.Join(filepath.Dir(dir), file))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file), value, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// kubeletControllers are the controllers that the kubelet needs, if the machine has them.
var kubeletControllers = []string{"cpu", "cpuset", "hugetlb", "memory", "pids"}

// ensureUnifiedCgroup enables the root's controllers for the group.
func ensureUnifiedCgroup() error {
	dir := filepath.Join(cgroupRoot, cgroupName)
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	available, err := os.ReadFile(filepath.Join(cgroupRoot, "cgroup.controllers"))
	if err != nil {
		return err
	}
	for _, parent := range []string{cgroupRoot, dir} {
		for _, controller := range strings.Fields(string(available)) {
			file := filepath.Join(parent, "cgroup.subtree_control")
			err := os.WriteFile(file, []byte("+"+controller), 0o600)
			if errors.Is(err, syscall.EBUSY) {
				return fmt.Errorf("control groups: %s holds processes, as in a container; run this on the machine itself or in a virtual machine", parent)
			}
			if err != nil && slices.Contains(kubeletControllers, controller) {
				return fmt.Errorf("control groups: enable the %s controller in %s: %w", controller, parent, err)
			}
		}
	}
	return writeNumber(filepath.Join(dir, "cpu.weight"), precedence*100)
}

func writeNumber(file string, n int) error {
	return os.WriteFile(file, []byte(strconv.Itoa(n)), 0o600)
}

// cgroupDirs returns the group's folders in every hierarchy, children first.
func cgroupDirs() ([]string, error) {
	roots := []string{filepath.Join(cgroupRoot, cgroupName)}
	if !cgroupV2() {
		var err error
		if roots, err = filepath.Glob(filepath.Join(cgroupRoot, "*", cgroupName)); err != nil {
			return nil, err
		}
	}
	var dirs []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a pod's group was removed during the walk
			}
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(dirs, func(a, b string) int { return strings.Compare(b, a) })
	return dirs, nil
}

// endPods kills every process of every pod and removes the groups.
func endPods() error {
	deadline := time.Now().Add(20 * time.Second)
	for {
		dirs, err := cgroupDirs()
		if err != nil || len(dirs) == 0 {
			return err
		}
		for _, dir := range dirs {
			if err := killCgroup(dir); err != nil {
				return err
			}
			_ = os.Remove(dir) // fails while processes end; the loop tries again
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes in %s do not end", dirs[len(dirs)-1])
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func killCgroup(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) {
		return nil // it was removed by now
	}
	if err != nil {
		return err
	}
	for _, field := range strings.Fields(string(data)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		if pid <= 0 { // a process outside this container
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}
