package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Measured needs of the embedded cluster with its replicas.
const (
	needCores     = 2
	needMemoryGiB = 4
	// Linux limits a socket's path to 107 characters. The longest one here is
	// .local/kube/run/containerd.sock.ttrpc.
	maxPathLen = 69
)

// machine holds the properties that the check reads.
type machine struct {
	arch      string
	root      bool
	cores     int
	memoryGiB float64
	path      string // of the checkout
}

func thisMachine(path string) (machine, error) {
	m := machine{arch: runtime.GOARCH, root: os.Geteuid() == 0, cores: runtime.NumCPU(), path: path}
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return m, err
	}
	m.memoryGiB, err = memoryGiB(string(data))
	return m, err
}

// memoryGiB reads the total memory from the line "MemTotal: 8141212 kB".
func memoryGiB(meminfo string) (float64, error) {
	for line := range strings.Lines(meminfo) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "MemTotal:" {
			kib, err := strconv.ParseFloat(fields[1], 64)
			return kib / (1 << 20), err
		}
	}
	return 0, errors.New("/proc/meminfo: no MemTotal")
}

// problems returns every problem of the machine, each with a fix.
func (m machine) problems() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if m.arch != "amd64" && m.arch != "arm64" {
		add("architecture: got %s, want amd64 or arm64; use another machine, or your own cluster with TARGET_KUBECONFIG=… make up", m.arch)
	}
	if !m.root {
		add("user: containers and network namespaces need root; run: sudo make up")
	}
	if m.cores < needCores {
		add("cores: got %d, want at least %d; give the machine more", m.cores, needCores)
	}
	if m.memoryGiB < needMemoryGiB-0.3 { // the kernel reserves a part
		add("memory: got %.1f GiB, want at least %d; give the machine more", m.memoryGiB, needMemoryGiB)
	}
	if len(m.path) > maxPathLen {
		add("folder: the checkout's path has %d characters, want at most %d; clone to a shorter one", len(m.path), maxPathLen)
	}
	// Colons separate the folders of PATH, commas the options of a mount.
	odd := func(r rune) bool { return r < ' ' || r > '~' || r == ':' || r == ',' }
	if i := strings.IndexFunc(m.path, odd); i >= 0 {
		add("folder: the checkout's path %q has %q in it; clone to one of plain ASCII, without colons and commas", m.path, []rune(m.path[i:])[0])
	}
	return errors.Join(errs...)
}
