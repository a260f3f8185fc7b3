//go:build !linux

package main

import (
	"os"
	"runtime"
)

// thisMachine need not look further: no other system will do.
func thisMachine(string) (machine, error) {
	return machine{
		os: runtime.GOOS, arch: runtime.GOARCH, root: os.Geteuid() == 0, cores: needCores, memoryGiB: needMemoryGiB, diskGB: needDiskGB,
	}, nil
}
