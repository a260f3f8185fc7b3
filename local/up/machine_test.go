package main

import (
	"strings"
	"testing"
)

func TestMachineProblems(t *testing.T) {
	good := machine{os: "linux", arch: "amd64", root: true, cores: 2, memoryGiB: 8, diskGB: 40, pathLen: 20}
	for _, c := range []struct {
		name   string
		change func(*machine)
		want   []string // how each line begins, and what it tells the user to do
	}{
		{"a good machine", func(*machine) {}, nil},
		{"a Mac", func(m *machine) { m.os = "darwin" }, []string{"system: ", "TARGET_KUBECONFIG"}},
		{"another architecture", func(m *machine) { m.arch = "riscv64" }, []string{"architecture: ", "TARGET_KUBECONFIG"}},
		{"not root", func(m *machine) { m.root = false }, []string{"user: ", "sudo make up"}},
		{"one core", func(m *machine) { m.cores = 1 }, []string{"cores: ", "at least 2"}},
		{"little memory", func(m *machine) { m.memoryGiB = 1.9 }, []string{"memory: ", "at least 4"}},
		{"a full disk", func(m *machine) { m.diskGB = 3 }, []string{"disk: ", "at least 14"}},
		{"a long path", func(m *machine) { m.pathLen = 200 }, []string{"folder: ", "shorter"}},
		{"everything at once", func(m *machine) { *m = machine{os: "plan9", arch: "mips", pathLen: 99} },
			[]string{"system: ", "architecture: ", "user: ", "cores: ", "memory: ", "disk: ", "folder: "}},
	} {
		m := good
		c.change(&m)
		err := m.problems(needDiskGB)
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
