package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// target is the user's own cluster and what a deployment does there. The command shows it and
// asks for confirmation.
type target struct {
	context    string
	server     string
	gpus       int
	platform   platform
	engine     string // for the user
	models     []string
	configured bool // Pulumi.own.yaml exists
	hasToken   bool // it has a Hugging Face token
	newToken   bool // the environment has a Hugging Face token
}

// platform is the platform of a node's programs.
type platform struct{ os, arch string }

// findTarget reads the kubeconfig, the cluster and the stack's configuration.
func (e engine) findTarget(ctx context.Context) (target, error) {
	name, err := e.kubectl(ctx, "config", "current-context")
	if err != nil {
		return target{}, fmt.Errorf("TARGET_KUBECONFIG: %w", err)
	}
	e.context = strings.TrimSpace(name)
	config, configured, err := e.readOwnConfig()
	if err != nil {
		return target{}, err
	}
	if configured {
		if err := config.matches(e.options.targetKubeconfig, e.context, e.options.simulatorImage); err != nil {
			return target{}, err
		}
	}
	t := target{
		context: e.context, engine: config.engine(e.options.simulatorImage), models: config.models(),
		configured: configured, hasToken: config.hasToken(),
	}
	t.newToken = !t.hasToken && e.options.simulatorImage == "" && os.Getenv("HF_TOKEN") != ""
	t.server, err = e.kubectl(ctx, "config", "view", "--minify", "--output=jsonpath={.clusters[0].cluster.server}")
	if err != nil {
		return target{}, err
	}
	nodes, err := e.kubectl(ctx, "get", "nodes", "--output=json")
	if err != nil {
		return target{}, err
	}
	t.gpus, t.platform, err = gpuNodes([]byte(nodes))
	if err != nil {
		return target{}, fmt.Errorf("TARGET_KUBECONFIG: %s: %w", t.context, err)
	}
	return t, nil
}

// gpuNodes returns the number of GPUs of a cluster, and the platform of the nodes that have
// them. Replicas run only there.
func gpuNodes(list []byte) (gpus int, p platform, err error) {
	var nodes struct {
		Items []struct {
			Status struct {
				Allocatable map[string]string
				NodeInfo    struct{ OperatingSystem, Architecture string }
			}
		}
	}
	if err := json.Unmarshal(list, &nodes); err != nil {
		return 0, p, fmt.Errorf("kubectl get nodes: %w", err)
	}
	for _, n := range nodes.Items {
		count, err := strconv.Atoi(n.Status.Allocatable["nvidia.com/gpu"])
		if err != nil || count == 0 {
			continue // a node without GPUs
		}
		found := platform{n.Status.NodeInfo.OperatingSystem, n.Status.NodeInfo.Architecture}
		switch {
		case found.os != "linux" || found.arch != "amd64" && found.arch != "arm64":
			return 0, p, fmt.Errorf("a node with GPUs runs %s/%s, want linux/amd64 or linux/arm64", found.os, found.arch)
		case gpus > 0 && found != p:
			return 0, p, fmt.Errorf("its nodes with GPUs have the architectures %s and %s, and a replica can run on any of them; use a cluster with one architecture", p.arch, found.arch)
		}
		gpus, p = gpus+count, found
	}
	if gpus == 0 {
		return 0, p, errors.New("no node has nvidia.com/gpu; add a GPU node with NVIDIA's device plugin, or use the embedded cluster: make up")
	}
	return gpus, p, nil
}

// token returns the line about access to gated models, or nothing.
func (t target) token(simulated bool) string {
	switch {
	case simulated || t.hasToken:
		return ""
	case t.newToken:
		return "Token    HF_TOKEN; the stack stores it encrypted\n"
	default:
		return fmt.Sprintf("Token    none; if %s is gated: HF_TOKEN=hf_… TARGET_KUBECONFIG=… make up\n", strings.Join(t.models, " or "))
	}
}

// confirm shows what will be deployed and where, and asks.
func (o options) confirm(ctx context.Context, t target, input *os.File) error {
	fmt.Printf("Cluster  %s at %s (%d GPUs)\nEngine   %s\n%sStack    %s, configured by Pulumi.%[6]s.yaml (created from Pulumi.local.yaml if it is missing); its state is in .local\n",
		t.context, t.server, t.gpus, t.engine, t.token(o.simulatorImage != ""), ownStack)
	if o.yes {
		return nil
	}
	if !term.IsTerminal(int(input.Fd())) {
		return errors.New("YES: there is no terminal for the question whether to deploy; set YES=1")
	}
	fmt.Print("Deploy there? [y/N] ")
	answer, err := ask(ctx, input)
	if err != nil {
		return err
	}
	if answer != "y" && answer != "yes" {
		return errors.New("nothing was deployed")
	}
	return nil
}

// ask reads one line, or returns when the user interrupts.
func ask(ctx context.Context, input io.Reader) (string, error) {
	type line struct {
		text string
		err  error
	}
	lines := make(chan line, 1)
	go func() {
		text, err := bufio.NewReader(input).ReadString('\n')
		lines <- line{strings.ToLower(strings.TrimSpace(text)), err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case l := <-lines:
		return l.text, l.err
	}
}
