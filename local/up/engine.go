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

// localPassphrase encrypts the local stack's secrets. It is public, and so is the stack's salt.
// Only root can read the local state, but do not put real secrets there.
const localPassphrase = "vllm-eks-local"

// kubernetesPlugin is the plugin that the SDK in go.mod asks for.
const (
	kubernetesPluginVersion = "4.28.0"
	kubernetesPlugin        = "resource-kubernetes-v" + kubernetesPluginVersion
)

// engine is the Pulumi engine of this checkout, with its own home, backend and PATH. It reads
// the user's and never writes them.
type engine struct {
	options options
	stack   string // deployed stack
	context string // of the kubeconfig, for kubectl; empty: the current context
	// installed has the paths of the user's programs, by file name. All others are built.
	installed map[string]string
	plugin    string // folder of the user's Kubernetes plugin; empty: not installed
	programs  []program
	standIns  []string // plugins that are not installed and have a simulated replacement
	notes     []string // reasons why installed programs are not used
}

// newEngine returns an engine for a stack that an earlier run prepared.
func newEngine(o options) engine {
	e := engine{options: o, stack: localStack}
	if o.targetKubeconfig != "" {
		e.stack = ownStack
	}
	return e
}

// findEngine finds the user's installed programs, and adds the others to the programs to build.
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

// forTests returns the engine with the additional programs of tests: those of the examples in
// other languages than Go.
func (e engine) forTests() engine {
	e.programs = slices.Clone(e.programs)
	if e.installed[yamlHost.name] == "" {
		e.programs = append(e.programs, yamlHost)
	}
	e.programs = append(e.programs, componentPlugin)
	return e
}

// hosts are the programs of Pulumi's installer.
var hosts = []program{pulumiCLI, languageStandIn, yamlHost}

func (e engine) builds(p program) bool {
	return slices.ContainsFunc(e.programs, func(built program) bool { return built.name == p.name })
}

// printNotes prints why installed programs are not used.
func (e engine) printNotes() {
	for _, note := range e.notes {
		fmt.Println(note)
	}
}

func (e engine) announceStandIns(p *progress) {
	if len(e.standIns) > 0 {
		p.note("SIMULATED, because not installed: %s", strings.Join(e.standIns, ", "))
	}
}

// pluginFolder returns the folder in which the engine looks for the Kubernetes plugin.
func pluginFolder(l layout.Layout) string {
	return l.Pulumi("home", "plugins", kubernetesPlugin)
}

// prepare sets up the engine's home before the build. It removes programs and links of an
// earlier run that no longer apply.
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

// place links an installed program at the path of the built one. If none is installed, it
// removes an old link, because the build would write through it.
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

// linkPlugin installs the user's plugin by links, without a copy. The engine ignores a folder
// that is a link, so linkPlugin links the files.
func linkPlugin(source, destination string) error {
	files, err := os.ReadDir(source)
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(destination), os.MkdirAll(destination, 0o700)); err != nil {
		return err
	}
	for _, file := range files {
		if err := os.Symlink(filepath.Join(source, file.Name()), filepath.Join(destination, file.Name())); err != nil {
			return err
		}
	}
	return nil
}

// variables returns the variables that `make env` prints and every pulumi command here gets.
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

// environment returns the environment of `eval "$(make env)"`. The stack own has its own
// kubeconfig and passphrase.
func (e engine) environment() []string {
	env := os.Environ()
	for _, v := range variables(e.options) {
		if v[0] == "KUBECONFIG" && e.options.targetKubeconfig != "" {
			v[1] = e.options.targetKubeconfig
		}
		env = append(env, v[0]+"="+v[1])
	}
	if e.stack == ownStack { // Pulumi would prefer this variable to the file
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

// command returns a command with that environment.
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
