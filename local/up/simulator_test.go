package main

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestTheSimulatorHasABashThatRunsOnTheNodes(t *testing.T) {
	here := platform{runtime.GOOS, runtime.GOARCH}
	with := fakePrograms(t, "5.2", staticBash)
	for _, c := range []struct {
		name string
		path string
		on   platform
		args []string
		lack string
	}{
		{"this machine's", with, here, []string{"/bin/vllmsim", "/bin/bash=" + filepath.Join(with, staticBash)}, ""},
		{"not installed", t.TempDir(), here, []string{"/bin/vllmsim"}, "bash-static is not installed here"},
		{"other nodes", with, platform{"linux", "s390x"}, []string{"/bin/vllmsim"}, "none for linux/s390x"},
	} {
		t.Setenv("PATH", c.path)
		contents := simulatorContents("/bin/vllmsim", c.on)
		if got := imageArguments(contents); !slices.Equal(got, c.args) {
			t.Errorf("%s: %q, want %q", c.name, got, c.args)
		}
		if got := noBash(contents, c.on); !strings.Contains(got, c.lack) || c.lack == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.name, got, c.lack)
		}
	}
}
