//go:build engine

package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/simulation"
)

// previewCommand returns the command of `make preview STACK=dev`, without the shell before it.
func previewCommand(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	l := checkout(t)
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, filepath.Join(l.Root, "local/bootstrap"), append([]string{"preview", "--stack=dev"}, args...)...)
	cmd.Dir = l.Root
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

// TestMakePreview checks the output of the whole stack, and then of its changes, of which there
// are none.
func TestMakePreview(t *testing.T) {
	for _, test := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"SIMULATED dev, in ", "  network  vllm-eks:network:Network\n", "aws:eks/cluster:Cluster  1 to create\n", "components: ", "next: edit Pulumi.dev.yaml"}},
		{[]string{"--diff"}, []string{"SIMULATED dev, in ", " unchanged\n"}},
	} {
		cmd, out := previewCommand(t, test.args...)
		began := time.Now()
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %v\n%s", test.args, err, out)
		}
		t.Logf("make preview STACK=dev %v: %s", test.args, time.Since(began).Round(100*time.Millisecond))
		for _, want := range test.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%v: there is no %q in\n%s", test.args, want, out)
			}
		}
		if report := out.String(); len(test.args) > 0 && (strings.Contains(report, " to create") || strings.Contains(report, " to update")) {
			t.Errorf("without an edit something changes:\n%s", out)
		}
	}
}

// TestPreviewLeavesNoProcess ends previews in several ways.
func TestPreviewLeavesNoProcess(t *testing.T) {
	l := checkout(t)
	s := simulation.Stack{Layout: l, Folder: l.Simulation("stacks", "dev.new")}
	variable := "VLLM_EKS_SIMULATED_ACCOUNT=" + s.Account()
	for name, end := range map[string]func(command, engine int) error{
		"Ctrl-C":            func(command, _ int) error { return syscall.Kill(command, syscall.SIGINT) },
		"the engine killed": func(_, engine int) error { return syscall.Kill(engine, syscall.SIGKILL) },
	} {
		t.Run(name, func(t *testing.T) {
			cmd, out := previewCommand(t)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			engine := 0
			await(t, "the EKS component", 3*time.Minute, func() bool {
				component := false
				for _, p := range processes(t) {
					if !slices.Contains(p.environment, variable) {
						continue
					}
					if p.name == "pulumi" && slices.Contains(p.arguments, "preview") {
						engine = p.pid
					}
					component = component || slices.Contains(p.arguments, simulation.Component(l))
				}
				return component && engine != 0
			})
			if err := end(cmd.Process.Pid, engine); err != nil {
				t.Fatal(err)
			}
			err := cmd.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || name == "Ctrl-C" && exit.ExitCode() != 130 {
				t.Errorf("the preview ended with %v\n%s", err, out)
			}
			if rest := processesWith(t, variable); len(rest) > 0 {
				t.Errorf("left: %v", rest)
			}
			if _, err := os.Stat(s.Folder); !os.IsNotExist(err) {
				t.Errorf("%s is left: %v", s.Folder, err)
			}
		})
	}
}
