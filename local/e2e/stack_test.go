//go:build cluster || budget || faults

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// stack is a Pulumi stack of this checkout's program, with its own backend and configuration
// file. dir is a copy of the program. Plugins and commands are those of `make up`.
type stack struct {
	t      testing.TB
	layout layout.Layout
	dir    string
}

const stackName = "e2e"

// newStack creates a stack, which is destroyed at the end of the test.
func newStack(t testing.TB, config string) *stack {
	t.Helper()
	s := initStack(t, config)
	t.Cleanup(func() {
		s.pulumi("cancel", "--yes", "--stack="+stackName)
		s.pulumi("destroy", "--yes", "--skip-preview", "--stack="+stackName)
	})
	return s
}

func initStack(t testing.TB, config string) *stack {
	t.Helper()
	s := &stack{t: t, layout: checkout(t), dir: t.TempDir()}
	for _, part := range programFolders(t, s.layout) {
		if err := os.CopyFS(filepath.Join(s.dir, part), os.DirFS(filepath.Join(s.layout.Root, part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range append([]string{"go.mod", "go.sum", "Pulumi.yaml"}, programFiles(t, s.layout)...) {
		content, err := os.ReadFile(filepath.Join(s.layout.Root, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(s.backend(), 0o700); err != nil {
		t.Fatal(err)
	}
	s.configure(config)
	s.pulumi("stack", "init", "--stack="+stackName)
	return s
}

// programFolders returns the folders of the root with packages of the program.
func programFolders(t testing.TB, l layout.Layout) []string {
	t.Helper()
	var folders []string
	for _, pattern := range []string{"*/*.go", "*/*/*.go"} {
		files, err := filepath.Glob(filepath.Join(l.Root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			path, err := filepath.Rel(l.Root, file)
			if err != nil {
				t.Fatal(err)
			}
			folder, _, _ := strings.Cut(filepath.ToSlash(path), "/")
			if !slices.Contains([]string{"cmd", "examples", "local"}, folder) {
				folders = append(folders, folder)
			}
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// programFiles returns the files of the program, without tests.
func programFiles(t testing.TB, l layout.Layout) []string {
	t.Helper()
	entries, err := os.ReadDir(l.Root)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			files = append(files, name)
		}
	}
	return files
}

func (s *stack) backend() string { return filepath.Join(s.dir, "backend") }

func (s *stack) configFile() string { return filepath.Join(s.dir, "Pulumi."+stackName+".yaml") }

// configure replaces the stack's configuration, and keeps the salt that the engine wrote into
// it.
func (s *stack) configure(config string) {
	s.t.Helper()
	if old, err := os.ReadFile(s.configFile()); err == nil {
		for line := range strings.Lines(string(old)) {
			if strings.HasPrefix(line, "encryptionsalt:") {
				config = line + config
			}
		}
	}
	if err := os.WriteFile(s.configFile(), []byte(config), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// command returns a pulumi command with the environment of `eval "$(make env)"`.
func (s *stack) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "pulumi", args...)
	cmd.Args = append(cmd.Args, "--cwd="+s.dir, "--non-interactive", "--color=never")
	cmd.Env = append(os.Environ(), "PULUMI_BACKEND_URL=file://"+s.backend())
	return cmd
}

// run returns pulumi's output and its error.
func (s *stack) run(timeout time.Duration, args ...string) (string, error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var out bytes.Buffer
	cmd := s.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), errors.Join(err, ctx.Err())
}

// pulumi runs a command that must succeed.
func (s *stack) pulumi(args ...string) string {
	s.t.Helper()
	out, err := s.run(4*time.Minute, args...)
	if err != nil {
		s.t.Fatalf("pulumi %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// setSecret passes a secret on the standard input, because every process of the machine can
// read an argument.
func (s *stack) setSecret(key, value string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := s.command(ctx, "config", "set", "--secret", "vllm-eks:"+key, "--stack="+stackName)
	cmd.Stdin = strings.NewReader(value)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("pulumi config set %s: %v\n%s", key, err, out)
	}
}

func (s *stack) up() string {
	s.t.Helper()
	return s.pulumi("up", "--yes", "--skip-preview", "--stack="+stackName)
}

// change is one step of a preview.
type change struct {
	Op          string   `json:"op"`
	URN         string   `json:"urn"`
	DiffReasons []string `json:"diffReasons"`
}

// kind returns the kind of an object: Deployment of
// urn:pulumi:…$kubernetes:apps/v1:Deployment::name.
func (c change) kind() string {
	kind := c.URN[:strings.LastIndex(c.URN, "::")]
	return kind[strings.LastIndexAny(kind, ":$")+1:]
}

func (c change) name() string { return c.URN[strings.LastIndex(c.URN, "::")+2:] }

// preview returns the changes of an update, by resource: "update Deployment mistral-7b".
func (s *stack) preview() map[string]change {
	s.t.Helper()
	changes := map[string]change{}
	for _, c := range s.previewSteps() {
		changes[c.Op+" "+c.kind()+" "+c.name()] = c
	}
	return changes
}

// previewSteps returns the changes in the engine's order.
func (s *stack) previewSteps(args ...string) []change {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := s.command(ctx, append([]string{"preview", "--json", "--stack=" + stackName}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("pulumi preview: %v\n%s%s", err, out, stderr.String())
	}
	var parsed struct{ Steps []change }
	if err := json.Unmarshal(out, &parsed); err != nil {
		s.t.Fatalf("pulumi preview --json: %v\n%s", err, out)
	}
	// Reading an object, or no longer reading it, changes nothing on the cluster.
	return slices.DeleteFunc(parsed.Steps, func(c change) bool { return c.Op == "same" || c.Op == "read" || c.Op == "discard" })
}

// state returns the stack's state file.
func (s *stack) state() string {
	s.t.Helper()
	return s.pulumi("stack", "export", "--stack="+stackName)
}
