// Command golang is a replacement of Pulumi's Go language host, built as pulumi-language-go
// where the real one is not installed; that one comes with the Pulumi CLI's installer. It
// builds and runs Go programs and plug-ins. It does not generate or package code.
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

// engineCheck is the interval at which the host checks that the engine still runs.
const engineCheck = 15 * time.Second

func main() {
	// The engine may pass these flags to any plugin. They have no effect here.
	flag.String("tracing", "", "accepted and ignored")
	flag.Parse()
	if err := serve(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-go (simulated):", err)
		os.Exit(1)
	}
}

// serve speaks the plugin protocol: the argument is the engine's address, and the first line of
// the output is the port.
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
