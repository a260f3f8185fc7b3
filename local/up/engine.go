package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// localPassphrase encrypts the local stack's secrets. It is public, as the
// stack's salt is: what protects the local state is that only root can read
// it. No real secret belongs there.
const localPassphrase = "vllm-eks-local"

// kubernetesPlugin is the plugin that the SDK in go.mod asks for.
const (
	kubernetesPluginVersion = "4.28.0"
	kubernetesPlugin        = "resource-kubernetes-v" + kubernetesPluginVersion
)

// engine is the Pulumi engine as this checkout runs it: its own home, backend
// and PATH. The user's are read, never written.
type engine struct {
	options options
	stack   string // that it deploys
	context string // of the kubeconfig, for kubectl; empty: the current one
	// installed is what the user has, by file name; the rest is built.
	installed map[string]string
	plugin    string // folder of the user's Kubernetes plugin, if any
	programs  []program
	standIns  []string // what stands in for a plugin that is not installed
	notes     []string // why something that is installed is not used
}

// newEngine is enough to work with a stack that an earlier run prepared.
func newEngine(o options) engine {
	e := engine{options: o, stack: localStack}
	if o.targetKubeconfig != "" {
		e.stack = ownStack
	}
	return e
}

// findEngine looks for what the user has installed, and plans to build the
// rest.
func findEngine(ctx context.Context, o options) engine {
	e := newEngine(o)
	e.installed, e.notes = installedPulumi(ctx, o.layout)
	if e.installed[pulumiCLI.name] == "" {
		e.programs = append(e.programs, pulumiCLI)
	}
	if e.installed[languageStandIn.name] == "" {
		e.programs = append(e.programs, languageStandIn)
		e.standIns = append(e.standIns, languageStandIn.name)
	}
	if e.plugin = installedPlugin(o.layout); e.plugin == "" {
		e.programs = append(e.programs, kubernetesProvider)
	}
	e.programs = append(e.programs, stack)
	return e
}

// forTests returns the engine with the programs that only tests run: those of the
// examples in other languages than Go.
func (e engine) forTests() engine {
	e.programs = slices.Clone(e.programs)
	if e.installed[yamlHost.name] == "" {
		e.programs = append(e.programs, yamlHost)
	}
	e.programs = append(e.programs, componentPlugin)
	return e
}

// hosts are the programs that come with Pulumi's installer.
var hosts = []program{pulumiCLI, languageStandIn, yamlHost}

func (e engine) builds(p program) bool {
	return slices.ContainsFunc(e.programs, func(other program) bool { return other.name == p.name })
}

// printNotes says why something that is installed is not used.
func (e engine) printNotes() {
	for _, note := range e.notes {
		fmt.Println(note)
	}
}

func (e engine) announceStandIns(p *progress) {
	if len(e.standIns) > 0 {
		p.note("stand-ins, as these are not installed: %s", strings.Join(e.standIns, ", "))
	}
}

// pluginFolder is where the engine looks for the Kubernetes plugin.
func pluginFolder(l layout.Layout) string {
	return l.Pulumi("home", "plugins", kubernetesPlugin)
}

// prepare sets the engine's home up before the build: what an earlier run
// built or linked steps aside for what is so now.
func (e engine) prepare() error {
	l := e.options.layout
	for _, dir := range []string{filepath.Dir(l.Bin("x")), filepath.Dir(pluginFolder(l)), l.Pulumi("state")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	for _, p := range hosts {
		if err := place(p.path(l), e.installed[p.name]); err != nil {
			return err
		}
	}
	if e.plugin != "" {
		return linkPlugin(e.plugin, pluginFolder(l))
	}
	if isLink(kubernetesProvider.path(l)) {
		return os.RemoveAll(pluginFolder(l))
	}
	return nil
}

// place links an installed program to where ours would be. Where none is
// installed it removes such a link, which the build would write through.
func place(path, installed string) error {
	target, err := os.Readlink(path)
	if linked := err == nil; linked && target == installed || !linked && installed == "" {
		return nil
	}
	if err := os.RemoveAll(path); err != nil || installed == "" {
		return err
	}
	return os.Symlink(installed, path)
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// linkPlugin makes a plugin of the user's one of ours without copying it. The
// engine passes over a folder that is a link, so the files are.
func linkPlugin(from, to string) error {
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(to), os.MkdirAll(to, 0o700)); err != nil {
		return err
	}
	for _, file := range files {
		if err := os.Symlink(filepath.Join(from, file.Name()), filepath.Join(to, file.Name())); err != nil {
			return err
		}
	}
	return nil
}

// variables is what `make env` prints and every pulumi command here gets.
func variables(o options) [][2]string {
	bin := filepath.Dir(o.layout.Bin("x"))
	return [][2]string{
		{"PATH", bin + string(os.PathListSeparator) + pathWithout(bin)},
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
		fmt.Printf("export %s=%s\n", v[0], shellQuote(v[1]))
	}
	return nil
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// environment is that of `eval "$(make env)"`, but for the own stack.
func (e engine) environment() []string {
	env := os.Environ()
	for _, v := range variables(e.options) {
		if v[0] == "KUBECONFIG" && e.options.targetKubeconfig != "" {
			v[1] = e.options.targetKubeconfig
		}
		env = append(env, v[0]+"="+v[1])
	}
	if e.stack == ownStack { // the passphrase itself would count before its file
		env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, "PULUMI_CONFIG_PASSPHRASE=") })
		env = append(env, "PULUMI_CONFIG_PASSPHRASE_FILE="+passphraseFile(e.options.layout))
	}
	return env
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
	cmd.Env = e.environment()
	interruptGently(cmd)
	return cmd
}
