package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/local/node"
)

const simulatorImage = "localhost/vllmsim:v0.33.0" // as Pulumi.local.yaml names it

// up deploys the stack `local` to the embedded cluster. Each step finds out by itself what is
// left to do.
func up(ctx context.Context, o options) error {
	began := started()
	e := findEngine(ctx, o)
	steps, err := clusterSteps(o, e)
	if err != nil {
		return err
	}
	after, err := laterSteps(o, e)
	if err != nil {
		return err
	}
	steps = append(steps,
		step{name: "pulumi up", cost: 25, serial: true, do: func(ctx context.Context, p *progress) error {
			p.note("pulumi up --stack %s", localStack)
			e.announceStandIns(p)
			p.pause()
			return e.deploy(ctx)
		}},
		step{name: "first token", cost: 2, serial: true, do: func(ctx context.Context, p *progress) error {
			return showFirstToken(ctx, e, p, began)
		}},
	)
	e.printNotes()
	return runPlan(ctx, "The real Pulumi engine deploys to an embedded Kubernetes on this machine, with SIMULATED GPUs and replicas.", append(steps, after...))
}

// upCluster starts everything that a deployment needs, for tests.
func upCluster(ctx context.Context, o options) error {
	e := findEngine(ctx, o).forTests()
	steps, err := clusterSteps(o, e)
	if err != nil {
		return err
	}
	after, err := laterSteps(o, e)
	if err != nil {
		return err
	}
	e.printNotes()
	return runPlan(ctx, "The embedded Kubernetes, for the tests.", append(steps, after...))
}

// laterSteps returns the steps that no deployment waits for: the controllers, and the page.
func laterSteps(o options, e engine) ([]step, error) {
	controllers, err := controllerSteps(o, e)
	if err != nil {
		return nil, err
	}
	page, err := pageSteps(o, e)
	return append(controllers, page...), err
}

// clusterSteps returns the steps until the cluster runs. All checks come before the long
// builds.
func clusterSteps(o options, e engine) ([]step, error) {
	size, err := o.nodeSize()
	if err != nil {
		return nil, err
	}
	programs := append(slices.Clone(clusterPrograms), e.programs...)
	groups := []builds{{slices.Clone(programs), clusterFootprint}}
	list, err := o.selected()
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		groups = append(groups, builds{controllerPrograms(list), controllerFootprint})
	}
	steps := []step{{name: "check the machine", cost: 0.5, serial: true, do: func(ctx context.Context, p *progress) error {
		if err := checkMachine(ctx, o, groups, p); err != nil {
			return err
		}
		return e.prepare()
	}}}
	steps = append(steps, buildSteps(o, []program{kubeProgram})...)
	steps = append(steps,
		step{name: "check for other clusters", cost: 0.5, serial: true, do: func(ctx context.Context, _ *progress) error { return runKube(ctx, o, "check") }},
		step{name: "packages", cost: packagesCost(), serial: true, do: func(ctx context.Context, p *progress) error { return installPackages(ctx, o, p) }},
	)
	programs = slices.DeleteFunc(programs, func(p program) bool { return p.name == kubeProgram.name })
	steps = append(steps, buildSteps(o, programs)...)
	return append(steps, step{name: "start the cluster", cost: 12, serial: true, do: func(ctx context.Context, p *progress) error {
		if err := startCluster(ctx, o, size, p); err != nil {
			return err
		}
		p.update(0.9, "image of the simulator")
		contents := simulatorContents(simulatorProgram.path(o.layout), platform{runtime.GOOS, runtime.GOARCH})
		if err := runKube(ctx, o, "image", append([]string{simulatorImage}, imageArguments(contents)...)...); err != nil {
			return err
		}
		p.update(0.95, "CustomResourceDefinitions of KEDA and Prometheus")
		return defineKinds(ctx, e)
	}}), nil
}

func packagesCost() float64 {
	if len(missingPackages()) > 0 {
		return 40
	}
	return 0.5
}

func checkMachine(ctx context.Context, o options, groups []builds, p *progress) error {
	m, err := thisMachine(o.layout.Root)
	if err != nil {
		return err
	}
	warning, err := checkDisk(ctx, o, groups)
	if err == nil && warning != nil {
		p.note("%v (only if Go's caches hold no builds of this project)", warning)
	}
	return errors.Join(m.problems(), err)
}

// startCluster starts the cluster and shows the output of its program as progress.
func startCluster(ctx context.Context, o options, size node.Options, p *progress) error {
	cmd := kubeCommand(ctx, o, "start", fmt.Sprintf("--gpus=%d", size.GPUs), fmt.Sprintf("--max-pods=%d", size.MaxPods), fmt.Sprintf("--time-scale=%d", size.TimeScale))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	followLines(stdout, func(line string) { p.update(-1, "%s", line) })
	if err := cmd.Wait(); err != nil {
		return errors.Join(ctx.Err(), errors.New(strings.TrimSpace(stderr.String())))
	}
	return nil
}

func kubeCommand(ctx context.Context, o options, command string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, o.layout.Bin("kube"), append([]string{command, "--root=" + o.layout.Root}, args...)...)
	interruptGently(cmd)
	return cmd
}

func runKube(ctx context.Context, o options, command string, args ...string) error {
	out, err := kubeCommand(ctx, o, command, args...).CombinedOutput()
	if err != nil {
		return errors.Join(ctx.Err(), errors.New(strings.TrimSpace(string(out))))
	}
	return nil
}

// showFirstToken streams a completion and prints the next steps.
func showFirstToken(ctx context.Context, e engine, p *progress, began time.Time) error {
	models, err := e.models(ctx)
	if err != nil {
		return err
	}
	m, err := firstModel(models)
	if err != nil {
		return err
	}
	address, err := e.kubectl(ctx, "--namespace="+m.Namespace, "get", "service", m.Service, "--output=jsonpath={.spec.clusterIP}")
	if err != nil {
		return err
	}
	key, err := e.apiKey(ctx, m)
	if err != nil {
		return err
	}
	baseURL := fmt.Sprintf("http://%s:%d", address, m.Port)
	if err := tellFirstToken(ctx, p, began, baseURL, key, m); err != nil {
		return err
	}
	fmt.Print(nextSteps(m, baseURL, key != ""))
	return nil
}

// tellFirstToken prints a completion while it arrives, and its latency.
func tellFirstToken(ctx context.Context, p *progress, began time.Time, baseURL, key string, m model) error {
	if err := awaitHealth(ctx, p, baseURL); err != nil {
		return err
	}
	p.pause()
	fmt.Printf("\n> %s\n", firstPrompt)
	delay, err := streamFirst(ctx, baseURL, key, m.ServedModelName, os.Stdout)
	if err != nil {
		return fmt.Errorf("%s: %w", baseURL, err)
	}
	fmt.Printf("\n\nFirst token %s after the request, %s after `make up`.\n", delay.Round(time.Millisecond), short(time.Since(began).Seconds()))
	return nil
}

func nextSteps(m model, baseURL string, hasKey bool) string {
	shell := `eval "$(make env)"`
	if os.Getenv("SUDO_USER") != "" {
		shell = "sudo -s, and there: " + shell // root owns all files
	}
	return fmt.Sprintf(`
  URL        %[1]s/v1   (model %[2]s; from this machine)
  shell      %[7]s
  forward    kubectl -n %[3]s port-forward svc/%[4]s %[5]d:%[5]d
             curl%[6]s http://localhost:%[5]d/v1/models
  try next   change the model in Pulumi.local.yaml, then: pulumi preview --diff --stack local
  inspect    make status, make logs, make watch (PAGE=1: a page); make stop ends it, make down removes it
`, baseURL, m.ServedModelName, m.Namespace, m.Service, m.Port, authorization(hasKey), shell)
}
