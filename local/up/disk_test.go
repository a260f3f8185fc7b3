package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

func TestDiskProblemsAddUpByFileSystem(t *testing.T) {
	rooms := []room{{"/src", 1}, {"/cache/mod", 2}, {"/cache/build", 5}}
	for _, c := range []struct {
		name    string
		systems map[string]fileSystem
		want    []string // one per problem
	}{
		{"room everywhere", map[string]fileSystem{"/src": {"a", 3}, "/cache/mod": {"b", 9}, "/cache/build": {"b", 9}}, nil},
		{"one disk for all", map[string]fileSystem{"/src": {"a", 9}, "/cache/mod": {"a", 9}, "/cache/build": {"a", 9}},
			[]string{"disk: 9.0 GB are free for /src and /cache/mod and /cache/build, want at least 9.3"}},
		{"the caches' disk", map[string]fileSystem{"/src": {"a", 3}, "/cache/mod": {"b", 8}, "/cache/build": {"b", 8}},
			[]string{"disk: 8.0 GB are free for /cache/mod and /cache/build, want at least 8.3"}},
		{"two disks", map[string]fileSystem{"/src": {"a", 1}, "/cache/mod": {"b", 9}, "/cache/build": {"c", 1}},
			[]string{"for /src,", "for /cache/build,"}},
	} {
		err := diskProblems(rooms, func(folder string) (fileSystem, error) { return c.systems[folder], nil })
		lines := []string{}
		if err != nil {
			lines = strings.Split(err.Error(), "\n")
		}
		if len(lines) != len(c.want) {
			t.Errorf("%s: got %q, want %q", c.name, lines, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%s: got %q, want %q", c.name, lines[i], want)
			}
		}
	}
}

func TestBuiltProgramsNeedNoRoom(t *testing.T) {
	o := options{layout: layout.Layout{Root: t.TempDir()}}
	groups := []builds{{programs: []program{{name: "large", cost: 75}, {name: "small", cost: 25}}, leave: clusterFootprint}}
	total := func() (sum float64) {
		for _, r := range roomNeeded(o, groups, "/mod", "/build") {
			sum += r.needGB
		}
		return sum
	}
	caches := clusterFootprint.moduleCache + clusterFootprint.buildCache + clusterFootprint.programs
	if got, want := total(), caches+clusterStateGB; got < want-0.01 || got > want+0.01 {
		t.Errorf("cold: got %.2f GB, want %.2f", got, want)
	}
	if err := os.MkdirAll(filepath.Dir(o.layout.Bin("large")), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.layout.Bin("large"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := total(), caches/4+clusterStateGB; got < want-0.01 || got > want+0.01 {
		t.Errorf("three quarters built: got %.2f GB, want %.2f", got, want)
	}
}

func TestFileSystemOfAMissingFolder(t *testing.T) {
	dir := t.TempDir()
	existing, err := fileSystemOf(dir)
	if err != nil || existing.freeGB <= 0 {
		t.Fatalf("got %+v, %v", existing, err)
	}
	later, err := fileSystemOf(filepath.Join(dir, "not", "yet"))
	if err != nil || later.id != existing.id {
		t.Errorf("got %+v, %v; want %+v", later, err, existing)
	}
}

func TestSizeUpTo(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/1", "b/2"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, 3_000_000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[float64]float64{1: 0.006, 0.004: 0.004} {
		if got := sizeUpTo(dir, limit); got < want-1e-6 || got > want+1e-6 {
			t.Errorf("up to %v GB: got %v, want %v", limit, got, want)
		}
	}
	if got := sizeUpTo(filepath.Join(dir, "not", "yet"), 1); got != 0 {
		t.Errorf("not there: got %v", got)
	}
}
