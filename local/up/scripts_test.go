package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoTestNamesTheFailure runs local/go-test on modules whose tests fail: its last line
// names the test and the command that runs the test alone.
func TestGoTestNamesTheFailure(t *testing.T) {
	const failing = "package a\n\nimport \"testing\"\n\nfunc TestFirst(t *testing.T) {}\n\nfunc TestSecond(t *testing.T) {\n\tt.Run(\"part\", func(t *testing.T) { t.Fatal(\"wrong\") })\n}\n"
	for name, test := range map[string]struct{ content, flag, want string }{
		"a test":              {failing, "-count=1", "TestSecond failed. Alone: local/bootstrap go -C MODULE test -run='^TestSecond$' example.com/m/a"},
		"a test of a cluster": {"//go:build cluster\n\n" + failing, "-tags=cluster", "TestSecond failed. Alone: local/bootstrap cluster; eval \"$(local/bootstrap env)\"; local/bootstrap go -C MODULE test -tags=cluster -count=1 -v -run='^TestSecond$' example.com/m/a"},
		"a compilation":       {"package a\n\nfunc TestFirst() { missing() }\n", "-count=1", "example.com/m/a failed. Alone: local/bootstrap go -C MODULE vet example.com/m/a"},
	} {
		t.Run(name, func(t *testing.T) {
			module := t.TempDir()
			for file, content := range map[string]string{"go.mod": "module example.com/m\n\ngo 1.26.0\n", "a/a_test.go": test.content} {
				path := filepath.Join(module, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			cmd := exec.CommandContext(t.Context(), "../go-test", module, test.flag, "./...")
			cmd.Env = append(os.Environ(), "GO_TEST_FAILURE=")
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Run(); err == nil {
				t.Fatalf("it succeeds:\n%s", out.String())
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if got, want := lines[len(lines)-1], strings.ReplaceAll(test.want, "MODULE", module); got != want {
				t.Errorf("the last line is\n%s\nwant\n%s\nin\n%s", got, want, out.String())
			}
		})
	}
}
