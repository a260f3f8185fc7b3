package main

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestSimulatorContents(t *testing.T) {
	local := platform{runtime.GOOS, runtime.GOARCH}
	withBash := fakePrograms(t, "5.2", staticBash)
	for _, c := range []struct {
		name     string
		path     string
		platform platform
		args     []string
		lack     string
	}{
		{"this machine's", withBash, local, []string{"/bin/vllmsim", "/bin/bash=" + filepath.Join(withBash, staticBash)}, ""},
		{"not installed", t.TempDir(), local, []string{"/bin/vllmsim"}, "bash-static is not installed here"},
		{"other nodes", withBash, platform{"linux", "s390x"}, []string{"/bin/vllmsim"}, "none for linux/s390x"},
	} {
		t.Setenv("PATH", c.path)
		contents := simulatorContents("/bin/vllmsim", c.platform)
		if got := imageArguments(contents); !slices.Equal(got, c.args) {
			t.Errorf("%s: %q, want %q", c.name, got, c.args)
		}
		if got := noBash(contents, c.platform); !strings.Contains(got, c.lack) || c.lack == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.name, got, c.lack)
		}
	}
}
