// Command bench compares scaling policies of vLLM: `bench real` on the embedded Kubernetes,
// `bench model` in a model of the same loop. `bench check` only checks the flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil:
	case interrupted:
		if text := err.Error(); text != context.Canceled.Error() {
			fmt.Fprintln(os.Stderr, text)
		}
		fmt.Fprintln(os.Stderr, "Interrupted. Complete loads are kept; the same command continues after them.")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("bench: got no command, want real (on the embedded Kubernetes) or model")
	}
	o, err := readOptions(args[0], args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	switch args[0] {
	case "check":
		_, err := o.traffic()
		return err
	case "real":
		return compareOnCluster(ctx, o)
	case "model":
		return compareInModel(ctx, o)
	default:
		return fmt.Errorf("bench: got %q, want real or model", args[0])
	}
}
