// Command kube runs the embedded Kubernetes: a control plane and one node with SIMULATED GPUs,
// in their own namespaces on this machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/node"
)

const usage = `kube runs the embedded Kubernetes of this checkout.

  kube check                             whether anything keeps it from starting here
  kube start [--gpus N] [--max-pods N] [--time-scale N]
                                         start it, or check that it runs; waits until it is ready
  kube image REFERENCE PROGRAM [/PATH=FILE…]
                                         give the node an image of a static program, and of others at PATH
  kube status                            what runs; exit status 1 if not everything does
  kube stop                              end every process and pod; state stays
  kube remove                            end everything and remove the state

Every command takes --root DIR, the checkout (default: the current folder).
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err == nil {
		return
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintln(os.Stderr, "kube:", err)
	}
	os.Exit(1)
}

// errReported means that the command has already printed its error.
var errReported = errors.New("reported")

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		_, err := fmt.Fprint(out, usage)
		return err
	}
	flags := flag.NewFlagSet("kube "+args[0], flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(flags.Output(), usage) }
	root := flags.String("root", ".", "the checkout")
	var o node.Options
	flags.IntVar(&o.GPUs, "gpus", node.Default.GPUs, "GPUs of the node")
	flags.IntVar(&o.MaxPods, "max-pods", node.Default.MaxPods, "maximum number of pods of the node")
	flags.IntVar(&o.TimeScale, "time-scale", 0, "divides the 15 s between two syncs of an autoscaler; 0 means 1")
	if err := flags.Parse(args[1:]); err != nil {
		return errReported
	}
	absolute, err := filepath.Abs(*root)
	if err != nil {
		return err
	}
	if absolute, err = filepath.EvalSymlinks(absolute); err != nil {
		return err
	}
	l := layout.Layout{Root: absolute}
	switch command := args[0]; command {
	case "start":
		if err := o.Validate(); err != nil {
			return err
		}
		return start(ctx, l, o, out)
	case "check":
		return check(l)
	case "supervise": // start runs it inside the namespaces
		return supervise(ctx, l, o)
	case "image":
		if flags.NArg() < 2 {
			return errors.New("image: want REFERENCE PROGRAM [/PATH=FILE…]")
		}
		contents, err := imageOf(flags.Args()[1:])
		if err != nil {
			return fmt.Errorf("image: %w", err)
		}
		return ensureImage(l, flags.Arg(0), contents)
	case "status":
		return printStatus(l, out)
	case "stop":
		return stopCluster(l)
	case "remove":
		return removeCluster(l)
	default:
		return fmt.Errorf("unknown command %q; see kube --help", command)
	}
}
