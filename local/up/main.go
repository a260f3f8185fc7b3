// Command up starts a model on a Linux machine: it builds and starts an embedded Kubernetes,
// and deploys the stack `local` to it with the real Pulumi engine. The Makefile's targets are
// its commands.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// usage is a file because local/bootstrap prints it without a build.
//
//go:embed usage.txt
var usage string

func main() {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	err := run(ctx, os.Args[1:])
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil:
	case errors.Is(err, errReported):
		os.Exit(1)
	case interrupted:
		fmt.Fprintf(os.Stderr, "\n%s\n", farewell(os.Args[1]))
		os.Exit(130)
	default:
		fmt.Fprintf(os.Stderr, "\n%v\n", err)
		os.Exit(1)
	}
}

// errReported is the error of a command that printed its error itself.
var errReported = errors.New("a program failed")

func farewell(command string) string {
	if command == "up" || command == "cluster" {
		return "Interrupted. The next `make up` continues from here; `make down` removes everything."
	}
	return "Interrupted."
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		fmt.Print(usage)
		return nil
	}
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(flags.Output(), usage) }
	root := flags.String("root", ".", "the checkout")
	var o options
	flags.StringVar(&o.gpus, "gpus", "", "simulated GPUs; empty: as before")
	flags.StringVar(&o.maxPods, "max-pods", "", "pods of the node; empty: as before")
	flags.StringVar(&o.timeScale, "time-scale", "", "divides the 15 s between two syncs of an autoscaler; empty: 1")
	flags.StringVar(&o.targetKubeconfig, "target-kubeconfig", "", "a cluster of your own")
	flags.StringVar(&o.simulatorImage, "simulator-image", "", "where the simulator's image is pushed to")
	flags.StringVar(&o.autoscaling, "autoscaling", "", "0: without KEDA, Prometheus, kube-state-metrics and the metrics server")
	flags.StringVar(&o.telemetry, "telemetry", "", "1: with a collector of logs and traces, and VictoriaLogs")
	flags.BoolVar(&o.yes, "yes", false, "answer every question with yes")
	flags.StringVar(&o.stack, "stack", "", "the stack to preview")
	flags.BoolVar(&o.diff, "diff", false, "preview the difference from the last simulated state")
	flags.StringVar(&o.prometheusAddress, "prometheus", "", "NAMESPACE/SERVICE:PORT or URL of the Prometheus to watch")
	flags.StringVar(&o.page, "page", "", "1: serve the dashboards as a page; FILE.html: write them to a file")
	flags.StringVar(&o.model, "model", "", "the model to watch")
	if err := flags.Parse(args[1:]); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	absolute, err := filepath.Abs(*root)
	if err != nil {
		return err
	}
	// The resolved path identifies the cluster's mounts and processes, also if the user
	// followed a link to the checkout.
	if absolute, err = filepath.EvalSymlinks(absolute); err != nil {
		return err
	}
	o.layout = layout.Layout{Root: absolute}
	return o.run(ctx, args[0], flags.Arg(0))
}

func (o options) run(ctx context.Context, command, part string) error {
	switch command {
	case "up":
		if o.targetKubeconfig != "" {
			return upOwnCluster(ctx, o)
		}
		return up(ctx, o)
	case "cluster": // up without the deployment, for tests
		return upCluster(ctx, o)
	case "preview":
		return preview(ctx, o)
	case "simulation": // preview without the preview, for tests
		return prepareSimulation(ctx, o)
	case "down":
		return down(ctx, o)
	case "stop":
		return stop(ctx, o)
	case "status":
		return showStatus(ctx, o)
	case "logs":
		return showLogs(ctx, o, part)
	case "watch":
		return watch(ctx, o)
	case "env":
		return printEnv(o)
	default:
		return fmt.Errorf("unknown command %q\n\n%s", command, usage)
	}
}
