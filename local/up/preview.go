package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/explain"
	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/simulation"
)

// The programs of a simulation, besides the CLI and the language host. It uses simulated
// providers also where real ones are installed, because the real AWS provider needs an
// account.
var (
	awsStandIn = program{
		name: "pulumi-resource-aws", folder: "local", pkg: "./standin/aws", cost: 200, out: simulation.AWSStandIn,
	}
	simulatedKubernetes = program{
		name: kubernetesProvider.name, folder: "local", pkg: "./standin/kubernetes", cost: 60,
		out: simulation.KubernetesStandIn,
	}
	simulatedStack = program{name: "the program", folder: stack.folder, pkg: stack.pkg, cost: stack.cost, out: simulation.Program}
)

// preview shows, on a simulated account, what a stack creates on AWS.
func preview(ctx context.Context, o options) error {
	configuration, err := readStack(o)
	if err != nil {
		return err
	}
	var said string
	steps := append(simulationSteps(o, findEngine(ctx, o)), step{name: "preview", cost: 20, serial: true, do: func(ctx context.Context, p *progress) (err error) {
		runtime.LockOSThread() // this thread must live as long as the engine that it starts
		defer runtime.UnlockOSThread()
		if o.diff {
			said, err = previewChanges(ctx, o, configuration, p)
		} else {
			said, err = previewAll(ctx, o, configuration, p)
		}
		return err
	}})
	err = runPlan(ctx, "SIMULATED: the real Pulumi engine and EKS component on a simulated AWS account.", steps)
	fmt.Print(said)
	return err
}

// prepareSimulation prepares everything that a preview needs, for tests.
func prepareSimulation(ctx context.Context, o options) error {
	return runPlan(ctx, "The programs of previews of AWS stacks, for the tests.", simulationSteps(o, findEngine(ctx, o).forTests()))
}

// readStack reads the user's stack file.
func readStack(o options) (string, error) {
	if !regexp.MustCompile(`^[\w.-]+$`).MatchString(o.stack) {
		return "", fmt.Errorf("STACK: got %q, want the name of a stack on AWS: make preview STACK=dev", o.stack)
	}
	if o.stack == localStack {
		return "", fmt.Errorf(`STACK: %q is the stack of the embedded Kubernetes; after make up: eval "$(make env)"; pulumi preview --stack %[1]s`, o.stack)
	}
	text, err := os.ReadFile(filepath.Join(o.layout.Root, "Pulumi."+o.stack+".yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("STACK: there is no Pulumi.%s.yaml; want one of: %s", o.stack, strings.Join(awsStacks(o.layout), ", "))
	}
	return string(text), err
}

func awsStacks(l layout.Layout) []string {
	files, _ := filepath.Glob(filepath.Join(l.Root, "Pulumi.*.yaml")) // the pattern is valid
	var names []string
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml")
		if name != localStack && name != ownStack {
			names = append(names, name)
		}
	}
	return names
}

// simulationSteps returns the steps that build and download what is missing.
func simulationSteps(o options, e engine) []step {
	cluster := []string{kubernetesProvider.name, stack.name} // a simulation has other builds
	programs := slices.DeleteFunc(slices.Clone(e.programs), func(p program) bool { return slices.Contains(cluster, p.name) })
	programs = append(programs, awsStandIn, simulatedKubernetes, simulatedStack)
	steps := []step{{name: "prepare", cost: 0.5, serial: true, do: func(context.Context, *progress) error {
		if _, err := exec.LookPath("node"); err != nil {
			return errors.New("node: not on PATH; the EKS component runs on Node.js 18 or newer. On Debian: apt-get install nodejs npm")
		}
		if err := os.MkdirAll(filepath.Dir(o.layout.Bin("x")), 0o700); err != nil {
			return err
		}
		for _, p := range hosts {
			if err := place(p.path(o.layout), e.installed[p.name]); err != nil {
				return err
			}
		}
		return simulation.Prepare(o.layout)
	}}}
	if !simulation.HasComponent(o.layout) {
		steps = append(steps, step{name: "fetch the EKS component", cost: 70, serial: true, do: func(ctx context.Context, p *progress) error {
			p.update(-1, "npm")
			return simulation.InstallComponent(ctx, o.layout)
		}})
	}
	return append(steps, buildSteps(o, programs)...)
}

// simulatedStackIn returns a simulated stack with its state and account in a folder.
func simulatedStackIn(o options, folder string) simulation.Stack {
	return simulation.Stack{Layout: o.layout, Folder: o.layout.Simulation("stacks", folder), Name: o.stack}
}

// previewAll reports everything that the stack creates in an empty account, and stores the
// simulated state for previewChanges. Until that is complete, the previous state remains.
func previewAll(ctx context.Context, o options, configuration string, p *progress) (report string, err error) {
	previous, s := simulatedStackIn(o, o.stack), simulatedStackIn(o, o.stack+".new")
	if err := os.RemoveAll(s.Folder); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.Folder)) }()
	run, took, err := runSimulated(ctx, s, configuration, p, "preview")
	report = messages(run)
	if err != nil {
		return report, err
	}
	report += fmt.Sprintf("\nSIMULATED %s, in %s; no request to AWS, nothing created.\n%s", s.Name, short(took.Seconds()), run.Report(false))
	p.update(0.5, "keeping it, for DIFF=1")
	if run, err = s.Do(ctx, simulation.Options{}, "up", "--yes", "--skip-preview"); err != nil {
		return report + messages(run), fmt.Errorf("the preview succeeded, but the simulated account refused the update: %w", err)
	}
	if err := errors.Join(os.RemoveAll(previous.Folder), os.Rename(s.Folder, previous.Folder)); err != nil {
		return report, err
	}
	return report + fmt.Sprintf("\nnext: edit Pulumi.%[1]s.yaml, then: make preview STACK=%[1]s DIFF=1\n", s.Name), nil
}

// previewChanges reports what the stack changes since the last simulated state.
func previewChanges(ctx context.Context, o options, configuration string, p *progress) (string, error) {
	s := simulatedStackIn(o, o.stack)
	if _, err := os.Stat(s.Folder); err != nil {
		return "", fmt.Errorf("DIFF: there is no simulated state of %[1]s yet; run first: make preview STACK=%[1]s", s.Name)
	}
	run, took, err := runSimulated(ctx, s, configuration, p, "preview", "--diff")
	if err != nil {
		return messages(run), err
	}
	explained, err := explain.FromEvents(run.Events)
	return fmt.Sprintf("\n%sSIMULATED %s, in %s; no request to AWS, nothing created. Changes since the last make preview STACK=%[2]s:\n%[4]s\n%[5]s",
		differences(run), s.Name, short(took.Seconds()), run.Report(true), explain.Explain(explained).Summary()), err
}

// differences returns the engine's list of changes. After a long list it repeats the program's
// messages: sizes and warnings.
func differences(run simulation.Run) string {
	var said strings.Builder
	lines := 0
	for line := range strings.Lines(run.Output) {
		if !strings.HasPrefix(line, "SIMULATED") { // printed by each simulated provider
			said.WriteString(line)
			lines++
		}
	}
	if lines > screenLines {
		said.WriteString(messages(run))
	}
	return said.String() + "\n"
}

// screenLines is the approximate number of lines of a terminal.
const screenLines = 50

// runSimulated runs one command of the engine with the stack's current configuration.
func runSimulated(ctx context.Context, s simulation.Stack, configuration string, p *progress, command string, args ...string) (simulation.Run, time.Duration, error) {
	if err := errors.Join(s.Write(simulation.Program(s.Layout), configuration), s.Init(ctx)); err != nil {
		return simulation.Run{}, 0, err
	}
	resources := 0
	count := func(event apitype.EngineEvent) {
		if event.ResourcePreEvent != nil {
			resources++
			p.update(-1, "%d resources", resources)
		}
	}
	began := time.Now()
	run, err := s.Do(ctx, simulation.Options{Each: count}, command, args...)
	return run, time.Since(began), err
}

// messages returns the messages of the program and the plugins.
func messages(run simulation.Run) string {
	if messages := run.Messages(); len(messages) > 0 {
		return "\n" + strings.Join(messages, "\n") + "\n"
	}
	return ""
}
