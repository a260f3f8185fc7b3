package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/vllm-eks/vllm-eks/local/gomodule"
	"github.com/vllm-eks/vllm-eks/local/layout"
)

// pulumiVersion is the CLI that is built where none is installed: that of the
// SDK in go.mod.
const pulumiVersion = "v3.259.0"

const kubernetesVersion = "v1.35.5"

// program is something built from source.
type program struct {
	name    string // of the file in .local/bin, unless out says where
	out     func(layout.Layout) string
	folder  string // the Go module, below the checkout
	pkg     string
	tags    string // of the build, with commas
	ldflags string
	env     []string // for another platform than this one
	embeds  []embed  // files of modules that the program embeds
	cost    float64  // CPU-seconds of a first build after those before it, on two cores
}

// embed names a file of a Go module that a program embeds from its own folder, where
// the file is not: the build reads it from Go's module cache.
type embed struct {
	name   string // in the program's folder
	module string
	path   string // in the module
}

// kubeProgram runs the embedded cluster; simulatorProgram is what is in the
// engine's image.
var (
	kubeProgram      = program{name: "kube", folder: "local", pkg: "./kube", cost: 19}
	simulatorProgram = program{name: "vllmsim", folder: "local", pkg: "./vllmsim", cost: 5}
)

// clusterPrograms make the embedded Kubernetes.
var clusterPrograms = []program{
	kubeProgram,
	{
		name: "kubernetes", folder: "local/kube/dist", pkg: "./kubernetes", cost: 960,
		ldflags: "-X k8s.io/component-base/version.gitVersion=" + kubernetesVersion +
			" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=35 -X k8s.io/component-base/version.gitTreeState=clean",
	},
	{name: "coredns", folder: "local/kube/dist", pkg: "./coredns", cost: 32},
	{name: "pause", folder: "local", pkg: "./kube/pause", cost: 2},
	simulatorProgram,
}

// pulumiCLI is built only where `pulumi` is not installed.
var pulumiCLI = program{
	name: "pulumi", folder: "local/pulumi", pkg: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", cost: 448,
	ldflags: "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=" + pulumiVersion,
}

// languageStandIn is built only where the real language host is not installed.
var languageStandIn = program{name: "pulumi-language-go", folder: "local", pkg: "./standin/golang", cost: 28}

// kubernetesModule is the Go module of the real Kubernetes provider.
const kubernetesModule = "github.com/pulumi/pulumi-kubernetes/provider/v4"

// kubernetesProvider is built only where the plugin is not installed: release 4.25.0, the
// only one that the Go module proxy has. The engine warns of a plugin that is older than
// the SDK requests, so this one reports the requested version, and its commit.
// https://github.com/pulumi/pulumi-kubernetes/releases/tag/v4.25.0
var kubernetesProvider = program{
	name: "pulumi-resource-kubernetes", folder: "local/pulumi/kubernetes", pkg: ".", cost: 120,
	out:     func(l layout.Layout) string { return filepath.Join(pluginFolder(l), "pulumi-resource-kubernetes") },
	ldflags: "-X " + kubernetesModule + "/pkg/version.Version=" + kubernetesPluginVersion + "+release-4.25.0",
	embeds:  []embed{{name: "schema.json", module: kubernetesModule, path: "cmd/pulumi-resource-kubernetes/schema.json"}},
}

// pulumiYAMLVersion is the release of the YAML language host that is built where
// none is installed.
// https://github.com/pulumi/pulumi-yaml/releases/tag/v1.32.0
const pulumiYAMLVersion = "v1.32.0"

// yamlHost runs programs in YAML, which the tests of the examples do. It comes with
// the CLI's installer.
var yamlHost = program{
	name: "pulumi-language-yaml", folder: "local/pulumi/yaml", pkg: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml", cost: 38,
	ldflags: "-X github.com/pulumi/pulumi-yaml/pkg/version.Version=" + pulumiYAMLVersion,
}

// componentPlugin serves the components to programs in other languages than Go. The
// language host builds it for each run, from the cache that this build fills.
var componentPlugin = program{name: "plugin", folder: "provider", pkg: ".", cost: 16}

// stack is the Pulumi program itself; the language host builds it for each
// run, from the cache that this build fills.
var stack = program{name: "stack", folder: ".", pkg: ".", cost: 264}

// on is the program for another platform, in a file of the same name elsewhere.
func (b program) forPlatform(p platform) program {
	b.out = func(l layout.Layout) string { return l.Bin(filepath.Join(p.os+"-"+p.arch, b.name)) }
	b.env = []string{"GOOS=" + p.os, "GOARCH=" + p.arch}
	return b
}

// path is where the program is built to.
func (b program) path(l layout.Layout) string {
	if b.out != nil {
		return b.out(l)
	}
	return l.Bin(b.name)
}

// buildSteps has one step a program. Without the binary the build is taken
// for cold, with it for a check.
func buildSteps(o options, programs []program) []step {
	var steps []step
	for _, b := range programs {
		cost := b.cost
		if _, err := os.Stat(b.path(o.layout)); err == nil {
			cost = 2
		}
		steps = append(steps, step{name: "build " + b.name, cost: cost, do: func(ctx context.Context, p *progress) error {
			return build(ctx, o, b, p)
		}})
	}
	return steps
}

// build compiles one program. Every build of this project uses the same flags,
// so that they share the Go build cache.
func build(ctx context.Context, o options, b program, p *progress) error {
	total := 0 // a second build is over before it is counted
	if _, err := os.Stat(b.path(o.layout)); err != nil {
		total = countPackages(ctx, o, b, p)
	}
	overlay, remove, err := b.overlay(ctx, o)
	if err != nil {
		return err
	}
	defer remove()
	cmd := goCommand(ctx, o, b, "build", "-v", "-trimpath", "-tags="+b.tags, "-overlay="+overlay, "-ldflags=-s -w "+b.ldflags, "-o", b.path(o.layout), b.pkg)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	problem := followBuild(stderr, total, p)
	if err := cmd.Wait(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("go build %s: %w\n%s", b.pkg, err, problem))
	}
	return nil
}

// overlay writes the file that tells the compiler where the program's embedded files
// are, and returns its name; "" where the program embeds none.
func (b program) overlay(ctx context.Context, o options) (name string, remove func(), err error) {
	if len(b.embeds) == 0 {
		return "", func() {}, nil
	}
	replace := map[string]string{}
	folder := filepath.Join(o.layout.Root, b.folder)
	for _, e := range b.embeds {
		module, err := gomodule.Folder(ctx, folder, e.module)
		if err != nil {
			return "", nil, err
		}
		replace[filepath.Join(folder, e.name)] = filepath.Join(module, e.path)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", nil, err
	}
	file, err := os.CreateTemp("", "overlay-*.json")
	if err != nil {
		return "", nil, err
	}
	_, err = file.Write(text)
	return file.Name(), func() { _ = os.Remove(file.Name()) }, errors.Join(err, file.Close())
}

// followBuild turns the compiler's list of packages into progress, and keeps
// what else it says.
func followBuild(stderr io.Reader, total int, p *progress) string {
	var problem strings.Builder
	compiled := 0
	followLines(stderr, func(line string) {
		switch {
		case strings.HasPrefix(line, "go: downloading "):
			p.update(-1, "downloading %s", strings.TrimPrefix(line, "go: downloading "))
		case strings.ContainsAny(line, " \t:#"):
			fmt.Fprintln(&problem, line)
		default:
			compiled++
			if total < compiled {
				p.update(-1, "%d packages", compiled)
			} else {
				p.update(float64(compiled)/float64(total), "%d of %d packages", compiled, total)
			}
		}
	})
	return problem.String()
}

// followLines reads to the end even where a line is too long to look at: the
// program that writes must not wait for its reader.
func followLines(r io.Reader, line func(string)) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line(lines.Text())
	}
	_, _ = io.Copy(io.Discard, r) // what breaks the pipe shows in how the program ends
}

// countPackages is only for the progress line: where it fails, the build that
// follows says why.
func countPackages(ctx context.Context, o options, b program, p *progress) int {
	p.update(-1, "listing packages")
	out, err := goCommand(ctx, o, b, "list", "-deps", "-e", "-tags="+b.tags, "-f", "{{.ImportPath}}", b.pkg).Output()
	if err != nil {
		return 0
	}
	return strings.Count(string(out), "\n")
}

func goCommand(ctx context.Context, o options, b program, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = filepath.Join(o.layout.Root, b.folder)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	cmd.Env = append(cmd.Env, b.env...)
	interruptGently(cmd)
	return cmd
}

// detach puts a program into a process group of its own, which the terminal's
// Ctrl-C does not reach.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// interruptGently lets a program clean up when the user interrupts.
func interruptGently(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
}
