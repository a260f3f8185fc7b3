// Command up takes a fresh Linux machine to a model's first token: it builds
// and starts an embedded Kubernetes and deploys the `local` stack to it with
// the real Pulumi engine. The Makefile's targets are its commands.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

const usage = `One command from a fresh Linux machine to a model's first token.

  make up        check, install, build, start, deploy; again = no changes
  make status    what runs, and the engines
  make logs      the engines' logs; PART=kubelet (or another part) for the cluster's own
  make stop      end every process; the next make up takes seconds
  make down      remove everything but the Debian packages, which are listed
  eval "$(make env)"   then plain pulumi and kubectl work on the local stack

  GPUS=8         simulated GPUs that the embedded node offers
  MAX_PODS=110   pods that it accepts
  TARGET_KUBECONFIG=FILE   deploy to a cluster of your own instead (asks first; YES=1 answers)
  VLLMSIM_IMAGE=REF        there, deploy the engine simulator instead of vLLM; REF is a registry
                           reference that the cluster can pull and that the image is pushed to
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil:
	case interrupted:
		fmt.Fprintln(os.Stderr, "\nInterrupted. Nothing is lost: the next `make up` goes on from here, `make down` removes it.")
		os.Exit(130)
	default:
		fmt.Fprintf(os.Stderr, "\n%v\n", err)
		os.Exit(1)
	}
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
	flags.StringVar(&o.gpus, "gpus", "8", "simulated GPUs")
	flags.StringVar(&o.maxPods, "max-pods", "110", "pods of the node")
	flags.StringVar(&o.targetKubeconfig, "target-kubeconfig", "", "a cluster of your own")
	flags.StringVar(&o.simulatorImage, "simulator-image", "", "where the simulator's image is pushed to")
	flags.BoolVar(&o.yes, "yes", false, "answer every question with yes")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	absolute, err := filepath.Abs(*root)
	if err != nil {
		return err
	}
	o.layout = layout.Layout{Root: absolute}
	switch args[0] {
	case "up":
		if o.targetKubeconfig != "" {
			return upOwnCluster(ctx, o)
		}
		return up(ctx, o)
	case "cluster": // all of up but the deployment; the tests deploy for themselves
		return upCluster(ctx, o)
	case "down":
		return down(ctx, o)
	case "stop":
		return stop(ctx, o)
	case "status":
		return showStatus(ctx, o)
	case "logs":
		return showLogs(ctx, o, flags.Arg(0))
	case "env":
		return printEnv(o)
	default:
		return fmt.Errorf("unknown command %q\n\n%s", args[0], usage)
	}
}

// options are what the user chose.
type options struct {
	layout           layout.Layout
	gpus, maxPods    string // checked by the cluster's own program
	targetKubeconfig string
	simulatorImage   string
	yes              bool
}
