// Command bench compares policies of scaling vLLM: `bench real` on the embedded
// Kubernetes, `bench model` in a model of the same loop.
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
		fmt.Fprintln(os.Stderr, "Interrupted. What was complete is kept; the same command goes on from there.")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("bench: which one? real (on the embedded Kubernetes) or model")
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
		_, err := o.asks()
		return err
	case "real":
		return real(ctx, o)
	case "model":
		return model(ctx, o)
	default:
		return fmt.Errorf("bench: got %q, want real or model", args[0])
	}
}
