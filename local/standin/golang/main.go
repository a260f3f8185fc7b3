// Command golang is a stand-in for Pulumi's Go language host, built as
// pulumi-language-go and used only where the real one, which comes with the
// Pulumi CLI's installer, is missing. It builds a Go program or plug-in and runs
// it with what the engine has to tell it; generating or packaging code is left to
// the real one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// engineCheck is how often the engine is asked whether it is still there.
const engineCheck = 15 * time.Second

func main() {
	// The engine may pass these to any plugin; they change nothing here.
	flag.String("tracing", "", "accepted and ignored")
	flag.Parse()
	if err := serve(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-go (stand-in):", err)
		os.Exit(1)
	}
}

// serve speaks the plugin protocol: the engine's address is the argument, and
// the port served on is the first line of the output.
func serve(args []string) error {
	if len(args) != 1 {
		return errors.New("expected one argument, the address of the Pulumi engine; this program is started by pulumi")
	}
	engine, err := sdk.NewHostClient(args[0])
	if err != nil {
		return fmt.Errorf("connect to the engine at %s: %w", args[0], err)
	}
	defer func() { _ = engine.Close() }()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := rpcutil.Healthcheck(ctx, args[0], engineCheck, cancel); err != nil {
		return fmt.Errorf("watch the engine: %w", err)
	}
	host := newHost(args[0], engine)
	ended := make(chan bool)
	context.AfterFunc(ctx, func() {
		host.stop()
		close(ended)
	})
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: ended,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, host)
			return nil
		},
		Options: []grpc.ServerOption{
			grpc.ChainUnaryInterceptor(nameTheGap),
			grpc.ChainStreamInterceptor(nameTheStreamGap),
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}
