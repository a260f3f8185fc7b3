package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"
)

const ownStack = "own"

// upOwnCluster deploys to a cluster that the user has. Nothing is installed or
// started on this machine.
func upOwnCluster(ctx context.Context, o options) error {
	kubeconfig, err := filepath.Abs(o.targetKubeconfig)
	if err != nil {
		return err
	}
	if _, err := os.Stat(kubeconfig); err != nil {
		return fmt.Errorf("TARGET_KUBECONFIG: %w; give the path of a kubeconfig file", err)
	}
	o.targetKubeconfig = kubeconfig
	e := findEngine(o)
	if _, err := lookPathOutside("kubectl", filepath.Dir(o.layout.Bin("x"))); err != nil {
		if _, err := os.Stat(o.layout.Bin("kubectl")); err != nil {
			return errors.New("TARGET_KUBECONFIG: kubectl is not installed; install it (you will want it for your cluster)")
		}
	}
	if err := o.confirm(ctx, e); err != nil {
		return err
	}
	programs := e.programs
	if o.simulatorImage != "" {
		programs = append(programs, program{name: "kube", folder: "local", pkg: "./kube", cost: 15}, program{name: "vllmsim", folder: "local", pkg: "./vllmsim", cost: 15})
	}
	began := time.Now()
	steps := buildSteps(o, programs)
	if o.simulatorImage != "" {
		steps = append(steps, step{name: "push the simulator", cost: 5, serial: true, do: func(ctx context.Context, _ *progress) error {
			return runKube(ctx, o, "push", o.simulatorImage, o.layout.Bin("vllmsim"))
		}})
	}
	steps = append(steps,
		step{name: "pulumi up", cost: 60, serial: true, do: func(ctx context.Context, p *progress) error {
			announceStandIns(e, p)
			p.pause()
			return e.deployOwn(ctx)
		}},
		step{name: "first token", cost: 5, serial: true, do: func(ctx context.Context, p *progress) error {
			return e.showForwardedToken(ctx, p, began)
		}},
	)
	return runPlan(ctx, "Your own cluster, deployed to by the real Pulumi engine.", steps)
}

// confirm says what will happen where, and asks.
func (o options) confirm(ctx context.Context, e engine) error {
	where, err := e.kubectl(ctx, "config", "view", "--minify", "--output=jsonpath={.current-context} at {.clusters[0].cluster.server}")
	if err != nil {
		return err
	}
	gpus, err := e.clusterGPUs(ctx)
	if err != nil {
		return err
	}
	if gpus == 0 {
		return fmt.Errorf("TARGET_KUBECONFIG: no node of %s offers nvidia.com/gpu; add a GPU node with NVIDIA's device plugin, or use the embedded cluster: make up", where)
	}
	engine := "vLLM (the real engine)"
	if o.simulatorImage != "" {
		engine = "the engine SIMULATOR, pushed as " + o.simulatorImage
	}
	fmt.Printf("Cluster  %s (%d GPUs)\nEngine   %s\nStack    %s, with the models of Pulumi.local.yaml; state in .local\n", where, gpus, engine, ownStack)
	if o.yes {
		return nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return errors.New("this asks before it deploys, and there is no terminal to ask on; answer with YES=1")
	}
	fmt.Print("Deploy there? [y/N] ")
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.EqualFold(strings.TrimSpace(answer), "y") && !strings.EqualFold(strings.TrimSpace(answer), "yes") {
		return errors.New("nothing was deployed")
	}
	return nil
}

func (e engine) clusterGPUs(ctx context.Context) (int, error) {
	out, err := e.kubectl(ctx, "get", "nodes", `--output=jsonpath={.items[*].status.allocatable.nvidia\.com/gpu}`)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, field := range strings.Fields(out) {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, fmt.Errorf("allocatable nvidia.com/gpu: %w", err)
		}
		total += n
	}
	return total, nil
}

// deployOwn derives the stack's configuration from Pulumi.local.yaml: what is
// particular to the embedded cluster goes.
func (e engine) deployOwn(ctx context.Context) error {
	local, err := os.ReadFile(filepath.Join(e.options.layout.Root, "Pulumi."+localStack+".yaml"))
	if err != nil {
		return err
	}
	if err := e.prepare(); err != nil {
		return err
	}
	config := e.options.layout.Pulumi("Pulumi." + ownStack + ".yaml")
	if err := os.WriteFile(config, local, 0o600); err != nil {
		return err
	}
	inConfig := "--config-file=" + config
	if out, err := e.pulumi(ctx, "stack", "select", "--create", "--non-interactive", "--stack="+ownStack).CombinedOutput(); err != nil {
		return fmt.Errorf("pulumi stack select: %w\n%s", err, out)
	}
	set := func(path, value string) error {
		out, err := e.pulumi(ctx, "config", "set", "--path", path, value, "--stack="+ownStack, inConfig).CombinedOutput()
		if err != nil {
			return fmt.Errorf("pulumi config set %s: %w\n%s", path, err, out)
		}
		return nil
	}
	unset := func(path string) error {
		out, err := e.pulumi(ctx, "config", "rm", "--path", path, "--stack="+ownStack, inConfig).CombinedOutput()
		if err != nil {
			return fmt.Errorf("pulumi config rm %s: %w\n%s", path, err, out)
		}
		return nil
	}
	if err := errors.Join(unset("vllm-eks:cluster.existing.context"), set("vllm-eks:cluster.existing.kubeconfig", e.options.targetKubeconfig)); err != nil {
		return err
	}
	if e.options.simulatorImage != "" {
		err = set("vllm-eks:defaults.image", e.options.simulatorImage)
	} else { // the defaults that suit the simulator do not suit vLLM
		err = unset("vllm-eks:defaults")
	}
	if err != nil {
		return err
	}
	return e.deploy(ctx, ownStack, inConfig)
}

// showForwardedToken asks for the first completion through a port-forward, as
// this machine need not reach the cluster's Services.
func (e engine) showForwardedToken(ctx context.Context, p *progress, began time.Time) error {
	models, err := e.models(ctx, ownStack)
	if err != nil {
		return err
	}
	m, err := firstModel(models)
	if err != nil {
		return err
	}
	key, err := e.apiKey(ctx, m)
	if err != nil {
		return err
	}
	forward := e.command(ctx, "kubectl", "--namespace="+m.Namespace, "port-forward", "service/"+m.Service, fmt.Sprintf(":%d", m.Port))
	stdout, err := forward.StdoutPipe()
	if err != nil {
		return err
	}
	if err := forward.Start(); err != nil {
		return err
	}
	defer func() {
		_ = forward.Process.Kill()
		_ = forward.Wait() // it was killed
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n') // Forwarding from 127.0.0.1:PORT -> 8000
	if err != nil {
		return fmt.Errorf("kubectl port-forward: %w", err)
	}
	address, _, found := strings.Cut(strings.TrimPrefix(line, "Forwarding from "), " ")
	if !found {
		return fmt.Errorf("kubectl port-forward: %s", line)
	}
	if err := tellFirstToken(ctx, p, began, "http://"+address, key, m); err != nil {
		return err
	}
	summary, err := json.MarshalIndent(m, "  ", "  ")
	if err != nil {
		return err
	}
	fmt.Printf("\n  %s\n", summary)
	fmt.Printf("  remove it with: eval \"$(make env)\"; pulumi destroy --stack %s\n", ownStack)
	return nil
}
