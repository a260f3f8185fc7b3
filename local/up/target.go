package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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
		programs = append(programs, kubeProgram, simulatorProgram)
	}
	began := time.Now()
	if err := e.prepare(); err != nil {
		return err
	}
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
	fmt.Printf("Cluster  %s (%d GPUs)\nEngine   %s\nStack    %s, configured by Pulumi.%s.yaml (made from Pulumi.local.yaml if it is missing); its state is in .local\n", where, gpus, engine, ownStack, ownStack)
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

// deployOwn writes the stack's configuration the first time, out of
// Pulumi.local.yaml; from then on the file is the user's.
func (e engine) deployOwn(ctx context.Context) error {
	if _, err := os.Stat(e.ownConfig()); errors.Is(err, fs.ErrNotExist) {
		err = e.writeOwnConfig(ctx)
		if err != nil {
			return errors.Join(err, os.Remove(e.ownConfig()))
		}
	}
	return e.deploy(ctx, ownStack)
}

func (e engine) ownConfig() string {
	return filepath.Join(e.options.layout.Root, "Pulumi."+ownStack+".yaml")
}

// writeOwnConfig takes what is particular to the embedded cluster out.
func (e engine) writeOwnConfig(ctx context.Context) error {
	local, err := os.ReadFile(filepath.Join(e.options.layout.Root, "Pulumi."+localStack+".yaml"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(e.ownConfig(), local, 0o600); err != nil {
		return err
	}
	edit := func(args ...string) error {
		out, err := e.pulumi(ctx, append([]string{"config", "--stack=" + ownStack, "--path"}, args...)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("pulumi config %s: %w\n%s", strings.Join(args, " "), err, out)
		}
		return nil
	}
	if err := e.selectStack(ctx, ownStack); err != nil {
		return err
	}
	// The defaults that suit the simulator do not suit vLLM.
	engine := []string{"rm", "vllm-eks:defaults"}
	if e.options.simulatorImage != "" {
		engine = []string{"set", "vllm-eks:defaults.image", e.options.simulatorImage}
	}
	return errors.Join(
		edit("rm", "vllm-eks:cluster.existing.context"),
		edit("set", "vllm-eks:cluster.existing.kubeconfig", e.options.targetKubeconfig),
		edit(engine...),
	)
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
