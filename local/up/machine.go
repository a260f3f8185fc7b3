package main

import (
	"errors"
	"fmt"
)

// What the embedded cluster needs, measured: caches and state after a cold
// start take 9 GB, the cluster with its engines 2 GiB.
const (
	needCores      = 2
	needMemoryGiB  = 4
	needDiskGB     = 14 // with nothing built yet
	needDiskGBNext = 2  // once built
)

// machine is what a check looks at; a test makes up others.
type machine struct {
	os, arch  string
	root      bool
	cores     int
	memoryGiB float64
	diskGB    float64
	pathLen   int // of the checkout
}

// problems names everything that stands in the way, each with what to do.
func (m machine) problems(needDisk float64) error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if m.os != "linux" {
		add("system: the embedded Kubernetes needs Linux, this is %s; use a Linux virtual machine, or your own cluster with TARGET_KUBECONFIG=… make up", m.os)
	}
	if m.arch != "amd64" && m.arch != "arm64" {
		add("architecture: got %s, want amd64 or arm64; use another machine, or your own cluster with TARGET_KUBECONFIG=… make up", m.arch)
	}
	if !m.root {
		add("user: containers and network namespaces need root; run: sudo make up")
	}
	if m.cores < needCores {
		add("cores: got %d, want at least %d; give the machine more", m.cores, needCores)
	}
	if m.memoryGiB < needMemoryGiB-0.3 { // a kernel keeps some of what the machine has
		add("memory: got %.1f GiB, want at least %d; give the machine more", m.memoryGiB, needMemoryGiB)
	}
	if m.diskGB < needDisk {
		add("disk: %.1f GB are free here, want at least %.0f; free some, or clone to a larger disk", m.diskGB, needDisk)
	}
	// Linux limits a socket's path to 107 characters, and ours add 32.
	if m.pathLen > 70 {
		add("folder: the checkout's path has %d characters, want at most 70; clone to a shorter one", m.pathLen)
	}
	return errors.Join(errs...)
}
