package main

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

func thisMachine(root string) (machine, error) {
	m := machine{os: runtime.GOOS, arch: runtime.GOARCH, root: os.Geteuid() == 0, cores: runtime.NumCPU(), pathLen: len(root)}
	var disk unix.Statfs_t
	if err := unix.Statfs(root, &disk); err != nil {
		return m, err
	}
	m.diskGB = float64(disk.Bavail) * float64(disk.Bsize) / 1e9
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return m, err
	}
	m.memoryGiB = float64(info.Totalram) * float64(info.Unit) / (1 << 30)
	return m, nil
}
