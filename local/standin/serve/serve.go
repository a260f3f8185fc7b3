// Package serve runs a stand-in for a Pulumi provider as the engine's plugin.
package serve

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// engineCheck is how often the engine is asked whether it is still there. The
// SDK asks every five minutes, which keeps the plugin of a killed engine around
// for that long.
const engineCheck = 15 * time.Second

// Main serves the provider of that name until the engine has gone, and ends the
// process if that fails. The host is nil without an engine's address: the engine
// will attach later and bring it.
func Main(name string, provider func(*sdk.HostClient) pulumirpc.ResourceProviderServer) {
	if err := serve(name, provider); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-%s (stand-in): %v\n", name, err)
		os.Exit(1)
	}
}

func serve(name string, provider func(*sdk.HostClient) pulumirpc.ResourceProviderServer) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if len(os.Args) > 1 {
		if err := rpcutil.Healthcheck(ctx, os.Args[len(os.Args)-1], engineCheck, cancel); err != nil {
			return fmt.Errorf("watch the engine: %w", err)
		}
	}
	return sdk.MainContext(ctx, name, func(host *sdk.HostClient) (pulumirpc.ResourceProviderServer, error) { return provider(host), nil })
}
