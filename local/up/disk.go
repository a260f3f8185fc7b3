package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// footprint holds the measured size of cold builds in GB, by folder.
type footprint struct {
	moduleCache, buildCache float64
	programs                float64 // in .local
}

var (
	clusterFootprint    = footprint{moduleCache: 2.0, buildCache: 5.5, programs: 0.7}
	controllerFootprint = footprint{moduleCache: 2.4, buildCache: 4.6, programs: 0.7}
)

const (
	clusterStateGB = 0.5 // in .local: images, etcd, logs
	reserveGB      = 1.3 // kept free on each file system, because a full one breaks the cluster
)

// builds are programs, and the size of their complete builds.
type builds struct {
	programs []program
	leave    footprint
}

// room is the free space that one folder still needs.
type room struct {
	folder string
	needGB float64
}

// fileSystem is the file system of a folder.
type fileSystem struct {
	id     string
	freeGB float64
}

// checkDisk checks the free space of every file system that the start writes to. A cache that
// is as large as a cold build may already contain the build. Then checkDisk returns a warning,
// and an error only for smaller caches. It measures caches only then, because that takes
// seconds.
func checkDisk(ctx context.Context, o options, groups []builds) (warning, err error) {
	out, err := goCommand(ctx, o, kubeProgram, "env", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	caches := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(caches) != 2 {
		return nil, fmt.Errorf("go env GOMODCACHE GOCACHE: %q", out)
	}
	rooms := roomNeeded(o, groups, caches[0], caches[1])
	warning = diskProblems(rooms, fileSystemOf)
	if warning == nil {
		return nil, nil
	}
	for i, r := range rooms {
		if slices.Contains(caches, r.folder) {
			rooms[i].needGB -= sizeUpTo(r.folder, r.needGB)
		}
	}
	return warning, diskProblems(rooms, fileSystemOf)
}

// sizeUpTo returns the size of a folder's files in GB, and stops counting at the limit.
func sizeUpTo(folder string, limit float64) float64 {
	size := 0.0
	_ = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil {
				size += float64(info.Size()) / 1e9
			}
		}
		if size >= limit {
			return fs.SkipAll
		}
		return nil // an unreadable part counts as empty
	})
	return min(size, limit)
}

// roomNeeded returns the missing space. It assumes that a build's size is proportional to its
// time.
func roomNeeded(o options, groups []builds, moduleCache, buildCache string) []room {
	local, modules, compiled := 0.0, 0.0, 0.0
	for _, b := range groups {
		share := b.missing(o)
		local += share * b.leave.programs
		modules += share * b.leave.moduleCache
		compiled += share * b.leave.buildCache
	}
	if _, err := os.Stat(o.layout.Kube("etcd")); err != nil {
		local += clusterStateGB
	}
	return []room{{o.layout.Root, local}, {moduleCache, modules}, {buildCache, compiled}}
}

// missing returns the share of the programs that are not built, by cost.
func (b builds) missing(o options) float64 {
	missing, total := 0.0, 0.0
	for _, p := range b.programs {
		total += p.cost
		if _, err := os.Stat(p.path(o.layout)); err != nil {
			missing += p.cost
		}
	}
	return missing / total
}

// diskProblems sums the needs of the folders on each file system.
func diskProblems(rooms []room, look func(folder string) (fileSystem, error)) error {
	type sum struct {
		folders []string
		needGB  float64
		freeGB  float64
	}
	sums := map[string]*sum{}
	var order []*sum
	for _, r := range rooms {
		system, err := look(r.folder)
		if err != nil {
			return fmt.Errorf("disk: %w", err)
		}
		if sums[system.id] == nil {
			sums[system.id] = &sum{freeGB: system.freeGB, needGB: reserveGB}
			order = append(order, sums[system.id])
		}
		sums[system.id].folders = append(sums[system.id].folders, r.folder)
		sums[system.id].needGB += r.needGB
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

// fileSystemOf returns the file system of a folder, or of the folder in which it will be
// created.
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
