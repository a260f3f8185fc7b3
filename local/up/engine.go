package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// localPassphrase encrypts the local stack's secrets. It is public, as the
// stack's salt is: what protects the local state is that only root can read
// it. No real secret belongs there.
const localPassphrase = "vllm-eks-local"

// kubernetesPlugin is the plugin that the SDK in go.mod asks for.
const kubernetesPlugin = "resource-kubernetes-v4.28.0"

// engine is the Pulumi engine as this checkout runs it: its own home, backend
// and PATH. The user's are read, never written.
type engine struct {
	options  options
	programs []program // what has to be built for it
	standIns []string  // what stands in for a plugin that is not installed
}

// findEngine looks for what the user has installed, and plans to build the
// rest.
func findEngine(o options) engine {
	e := engine{options: o}
	installed, err := lookPathOutside("pulumi", filepath.Dir(o.layout.Bin("")))
	if err != nil {
		e.programs = append(e.programs, pulumiCLI)
	}
	// The Go language host is released together with the CLI.
	if _, hostErr := os.Stat(filepath.Join(filepath.Dir(installed), "pulumi-language-go")); err != nil || hostErr != nil {
		e.programs = append(e.programs, languageStandIn)
		e.standIns = append(e.standIns, "pulumi-language-go")
	}
	if _, err := os.Stat(filepath.Join(userPulumiHome(o.layout), "plugins", kubernetesPlugin)); err != nil {
		e.programs = append(e.programs, kubernetesStandIn)
		e.standIns = append(e.standIns, "pulumi-resource-kubernetes")
	}
	e.programs = append(e.programs, stack)
	return e
}

// userPulumiHome is the user's, also after `eval "$(make env)"`.
func userPulumiHome(l layout.Layout) string {
	if home := os.Getenv("PULUMI_HOME"); home != "" && home != l.Pulumi("home") {
		return home
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".pulumi")
}

// lookPathOutside finds a program that is not ours, whatever PATH says since
// `eval "$(make env)"`.
func lookPathOutside(name, folder string) (string, error) {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); dir != folder && err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// pluginFolder is where the engine looks for the Kubernetes plugin.
func pluginFolder(l layout.Layout) string {
	return l.Pulumi("home", "plugins", kubernetesPlugin)
}

// prepare sets the engine's home up before the build.
func (e engine) prepare() error {
	l := e.options.layout
	plugin := pluginFolder(l)
	if err := errors.Join(os.MkdirAll(filepath.Dir(plugin), 0o700), os.MkdirAll(l.Pulumi("state"), 0o700)); err != nil {
		return err
	}
	// A stand-in of an earlier run steps aside for what was installed since.
	for _, p := range []program{pulumiCLI, languageStandIn} {
		if !e.builds(p) {
			if err := os.RemoveAll(p.path(l)); err != nil {
				return err
			}
		}
	}
	standIn := kubernetesStandIn.path(l)
	if info, err := os.Lstat(standIn); err == nil && e.builds(kubernetesStandIn) == (info.Mode()&fs.ModeSymlink != 0) {
		if err := os.RemoveAll(plugin); err != nil {
			return err
		}
	}
	if e.builds(kubernetesStandIn) {
		return nil
	}
	return linkPlugin(filepath.Join(userPulumiHome(l), "plugins", kubernetesPlugin), plugin)
}

// linkPlugin makes a plugin of the user's one of ours without copying it. The
// engine passes over a folder that is a link, so the files are.
func linkPlugin(from, to string) error {
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, file := range files {
		err := os.Symlink(filepath.Join(from, file.Name()), filepath.Join(to, file.Name()))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

func (e engine) builds(p program) bool {
	return slices.ContainsFunc(e.programs, func(other program) bool { return other.name == p.name })
}

// variables is what `make env` prints and every pulumi command here gets.
func variables(o options) [][2]string {
	return [][2]string{
		{"PATH", filepath.Dir(o.layout.Bin("x")) + string(os.PathListSeparator) + pathWithout(filepath.Dir(o.layout.Bin("x")))},
		{"KUBECONFIG", o.layout.Kubeconfig()},
		{"PULUMI_HOME", o.layout.Pulumi("home")},
		{"PULUMI_BACKEND_URL", "file://" + o.layout.Pulumi("state")},
		{"PULUMI_CONFIG_PASSPHRASE", localPassphrase},
		{"PULUMI_SKIP_UPDATE_CHECK", "true"},
		{"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true"},
	}
}

func pathWithout(folder string) string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return dir == folder })
	return strings.Join(dirs, string(os.PathListSeparator))
}

func printEnv(o options) error {
	for _, v := range variables(o) {
		fmt.Printf("export %s='%s'\n", v[0], strings.ReplaceAll(v[1], "'", `'\''`))
	}
	return nil
}

func (e engine) pulumi(ctx context.Context, args ...string) *exec.Cmd {
	cmd := e.command(ctx, "pulumi", args...)
	cmd.Args = append(cmd.Args, "--cwd="+e.options.layout.Root)
	return cmd
}

// command runs a program as if after `eval "$(make env)"`.
func (e engine) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	path := e.options.layout.Bin(name)
	if _, err := os.Stat(path); err != nil {
		path = name
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = os.Environ()
	for _, v := range variables(e.options) {
		if v[0] == "KUBECONFIG" && e.options.targetKubeconfig != "" {
			v[1] = e.options.targetKubeconfig
		}
		cmd.Env = append(cmd.Env, v[0]+"="+v[1])
	}
	interruptGently(cmd)
	return cmd
}

// unlock removes the lock that an update which no longer runs left behind; an
// update that runs keeps it.
func (e engine) unlock(ctx context.Context, stackName string) error {
	locks, err := filepath.Glob(e.options.layout.Pulumi("state", ".pulumi", "locks", "organization", "*", stackName, "*.json"))
	if err != nil || len(locks) == 0 {
		return err
	}
	for _, path := range locks {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var lock struct{ PID int }
		if err := json.Unmarshal(data, &lock); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if syscall.Kill(lock.PID, 0) == nil {
			return fmt.Errorf("process %d is updating the stack %s; wait for it, or end it", lock.PID, stackName)
		}
	}
	if out, err := e.pulumi(ctx, "cancel", "--yes", "--stack="+stackName).CombinedOutput(); err != nil {
		return fmt.Errorf("pulumi cancel: %w\n%s", err, out)
	}
	return nil
}
