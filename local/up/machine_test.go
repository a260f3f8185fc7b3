package main

import (
	"strings"
	"testing"
)

func TestMachineProblems(t *testing.T) {
	good := machine{arch: "amd64", root: true, cores: 2, memoryGiB: 8, path: "/home/me/vllm eks"}
	for _, c := range []struct {
		name   string
		change func(*machine)
		want   []string // beginning of each line, and the advice in it
	}{
		{"a good machine", func(*machine) {}, nil},
		{"another architecture", func(m *machine) { m.arch = "riscv64" }, []string{"architecture: ", "TARGET_KUBECONFIG"}},
		{"not root", func(m *machine) { m.root = false }, []string{"user: ", "sudo make up"}},
		{"one core", func(m *machine) { m.cores = 1 }, []string{"cores: ", "at least 2"}},
		{"little memory", func(m *machine) { m.memoryGiB = 1.9 }, []string{"memory: ", "at least 4"}},
		{"the longest path", func(m *machine) { m.path = strings.Repeat("x", 69) }, nil},
		{"a path too long", func(m *machine) { m.path = strings.Repeat("x", 70) }, []string{"folder: ", "shorter"}},
		{"a path with an umlaut", func(m *machine) { m.path = "/home/müller/x" }, []string{"folder: ", "'ü'", "ASCII"}},
		{"a path with a colon", func(m *machine) { m.path = "/home/a:b" }, []string{"folder: ", "':'"}},
		{"a path with a comma", func(m *machine) { m.path = "/home/a,b" }, []string{"folder: ", "','"}},
		{"everything at once", func(m *machine) { *m = machine{arch: "mips", path: strings.Repeat("ü", 50)} },
			[]string{"architecture: ", "user: ", "cores: ", "memory: ", "folder: "}},
	} {
		m := good
		c.change(&m)
		err := m.problems()
		if (err == nil) != (len(c.want) == 0) {
			t.Errorf("%s: got %v", c.name, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q lacks %q", c.name, err, want)
			}
		}
	}
}

func TestMemoryGiB(t *testing.T) {
	if got, err := memoryGiB("MemTotal:        8388608 kB\nMemFree:  1 kB\n"); err != nil || got != 8 {
		t.Errorf("got %v, %v; want 8", got, err)
	}
	if _, err := memoryGiB("MemFree: 1 kB\n"); err == nil {
		t.Error("no total, and no error")
	}
}
