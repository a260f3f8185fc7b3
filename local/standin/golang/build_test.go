package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestBuildsShareTheirFlags compares the flags with those of the other builds. With other flags,
// the first update would compile every library again.
func TestBuildsShareTheirFlags(t *testing.T) {
	script := `eval "$(../../bootstrap go-env)" && eval "printf '%s\n' $GOFLAGS"`
	out, err := exec.CommandContext(t.Context(), "bash", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	flags := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, flag := range buildFlags {
		if !slices.Contains(flags, flag) {
			t.Errorf("local/bootstrap go-env lacks %s: %q", flag, flags)
		}
	}
}
