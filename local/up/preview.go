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

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/simulation"
)

// The programs of a simulation, beside the CLI and the language host: it has
// stand-ins of its own whatever is installed, since the real provider of AWS
// would ask for an account.
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

// preview shows what a stack would be on AWS, without AWS.
func preview(ctx context.Context, o options) error {
	configuration, err := readStack(o)
	if err != nil {
		return err
	}
	var said string
	steps := append(simulationSteps(o, findEngine(ctx, o)), step{name: "preview", cost: 20, serial: true, do: func(ctx context.Context, p *progress) (err error) {
		runtime.LockOSThread() // which must live as long as the engine it starts
		defer runtime.UnlockOSThread()
		if o.diff {
			said, err = previewChanges(ctx, o, configuration, p)
		} else {
			said, err = previewAll(ctx, o, configuration, p)
		}
		return err
	}})
	err = runPlan(ctx, "SIMULATED: the real Pulumi engine and EKS component, on an AWS account that does not exist.", steps)
	fmt.Print(said)
	return err
}

// prepareSimulation is for the engine tests: everything that a preview needs.
func prepareSimulation(ctx context.Context, o options) error {
	return runPlan(ctx, "What previews of AWS stacks need, for the tests.", simulationSteps(o, findEngine(ctx, o).forTests()))
}

// readStack reads the stack's file, which is the user's.
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
	files, _ := filepath.Glob(filepath.Join(l.Root, "Pulumi.*.yaml")) // the pattern is fine
	var names []string
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml")
		if name != localStack && name != ownStack {
			names = append(names, name)
		}
	}
	return names
}

// simulationSteps build and fetch what there is not yet.
func simulationSteps(o options, e engine) []step {
	other := []string{kubernetesProvider.name, stack.name} // a simulation has its own
	programs := slices.DeleteFunc(slices.Clone(e.programs), func(p program) bool { return slices.Contains(other, p.name) })
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

// simulatedStackIn is a stack whose state and account are in a folder.
func simulatedStackIn(o options, folder string) simulation.Stack {
	return simulation.Stack{Layout: o.layout, Folder: o.layout.Simulation("stacks", folder), Name: o.stack}
}

// previewAll shows everything that the stack would make in an empty account, and
// keeps a simulated state of it for previewChanges. Until it is complete, the
// last one stays.
func previewAll(ctx context.Context, o options, configuration string, p *progress) (said string, err error) {
	last, s := simulatedStackIn(o, o.stack), simulatedStackIn(o, o.stack+".new")
	if err := os.RemoveAll(s.Folder); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.Folder)) }()
	run, took, err := runSimulated(ctx, s, configuration, p, "preview")
	said = messages(run)
	if err != nil {
		return said, err
	}
	said += fmt.Sprintf("\nSIMULATED %s, in %s; no account was asked, nothing was made.\n%s", s.Name, short(took.Seconds()), run.Report(false))
	p.update(0.5, "keeping it, for DIFF=1")
	if run, err = s.Do(ctx, simulation.Options{}, "up", "--yes", "--skip-preview"); err != nil {
		return said + messages(run), fmt.Errorf("the preview is fine, but the simulated account refuses to make it: %w", err)
	}
	if err := errors.Join(os.RemoveAll(last.Folder), os.Rename(s.Folder, last.Folder)); err != nil {
		return said, err
	}
	return said + fmt.Sprintf("\nnext: edit Pulumi.%[1]s.yaml, then: make preview STACK=%[1]s DIFF=1\n", s.Name), nil
}

// previewChanges shows what the stack would change of the last simulated state.
func previewChanges(ctx context.Context, o options, configuration string, p *progress) (string, error) {
	s := simulatedStackIn(o, o.stack)
	if _, err := os.Stat(s.Folder); err != nil {
		return "", fmt.Errorf("DIFF: there is no simulated state of %[1]s to compare with yet; first: make preview STACK=%[1]s", s.Name)
	}
	run, took, err := runSimulated(ctx, s, configuration, p, "preview", "--diff")
	if err != nil {
		return messages(run), err
	}
	return fmt.Sprintf("\n%sSIMULATED %s, in %s; no account was asked, nothing was made. Against the last make preview STACK=%[2]s:\n%[4]s",
		differences(run), s.Name, short(took.Seconds()), run.Report(true)), nil
}

// differences is the engine's list of changes, and after a long one again what the
// program said before it: the sizes and the warnings.
func differences(run simulation.Run) string {
	var said strings.Builder
	lines := 0
	for line := range strings.Lines(run.Output) {
		if !strings.HasPrefix(line, "SIMULATED") { // each of the stand-ins says so
			said.WriteString(line)
			lines++
		}
	}
	if lines > screenLines {
		said.WriteString(messages(run))
	}
	return said.String() + "\n"
}

// screenLines is about what a terminal shows at once.
const screenLines = 50

// runSimulated runs one command of the engine on the stack as it is now.
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

// messages are what the program and the plugins have to say.
func messages(run simulation.Run) string {
	if said := run.Messages(); len(said) > 0 {
		return "\n" + strings.Join(said, "\n") + "\n"
	}
	return ""
}
