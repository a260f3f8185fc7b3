package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// What a cold start puts where, in GB, measured.
const (
	moduleCacheGB  = 2.0
	buildCacheGB   = 5.5
	programsGB     = 0.7 // .local
	clusterStateGB = 0.5 // .local as well: images, etcd, logs
	reserveGB      = 1.3 // that each file system keeps, as a full one breaks the cluster
)

// room is what one folder still needs.
type room struct {
	folder string
	needGB float64
}

// fileSystem is what lies under a folder.
type fileSystem struct {
	id     string
	freeGB float64
}

// checkDisk looks at every file system that the start writes to.
func checkDisk(ctx context.Context, o options, programs []program) error {
	out, err := goCommand(ctx, o, kubeProgram, "env", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	caches := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(caches) != 2 {
		return fmt.Errorf("go env GOMODCACHE GOCACHE: %q", out)
	}
	return diskProblems(roomNeeded(o, programs, caches[0], caches[1]), fileSystemOf)
}

// roomNeeded counts what is missing. How much a build adds goes with how long
// it takes, near enough.
func roomNeeded(o options, programs []program, moduleCache, buildCache string) []room {
	missing, all := 0.0, 0.0
	for _, p := range programs {
		all += p.cost
		if _, err := os.Stat(p.path(o.layout)); err != nil {
			missing += p.cost
		}
	}
	share := missing / all
	local := programsGB * share
	if _, err := os.Stat(o.layout.Kube("etcd")); err != nil {
		local += clusterStateGB
	}
	return []room{{o.layout.Root, local}, {moduleCache, moduleCacheGB * share}, {buildCache, buildCacheGB * share}}
}

// diskProblems adds up what the folders on one file system need.
func diskProblems(rooms []room, look func(folder string) (fileSystem, error)) error {
	type sum struct {
		folders []string
		needGB  float64
		freeGB  float64
	}
	sums := map[string]*sum{}
	var order []*sum
	for _, r := range rooms {
		on, err := look(r.folder)
		if err != nil {
			return fmt.Errorf("disk: %w", err)
		}
		if sums[on.id] == nil {
			sums[on.id] = &sum{freeGB: on.freeGB, needGB: reserveGB}
			order = append(order, sums[on.id])
		}
		sums[on.id].folders = append(sums[on.id].folders, r.folder)
		sums[on.id].needGB += r.needGB
	}
	var errs []error
	for _, s := range order {
		if s.freeGB < s.needGB {
			errs = append(errs, fmt.Errorf("disk: %.1f GB are free for %s, want at least %.1f; free some, or use a larger disk",
				s.freeGB, strings.Join(s.folders, " and "), s.needGB))
		}
	}
	return errors.Join(errs...)
}

// fileSystemOf looks at the folder, or at what it will be created in.
func fileSystemOf(folder string) (fileSystem, error) {
	var stat syscall.Stat_t
	for {
		err := syscall.Stat(folder, &stat)
		if err == nil {
			break
		}
		if parent := filepath.Dir(folder); errors.Is(err, fs.ErrNotExist) && parent != folder {
			folder = parent
			continue
		}
		return fileSystem{}, fmt.Errorf("%s: %w", folder, err)
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(folder, &disk); err != nil {
		return fileSystem{}, fmt.Errorf("%s: %w", folder, err)
	}
	return fileSystem{id: fmt.Sprint(stat.Dev), freeGB: float64(disk.Bavail) * float64(disk.Bsize) / 1e9}, nil
}
