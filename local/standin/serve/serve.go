// Package serve runs a simulated Pulumi provider as the engine's plugin.
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

// engineCheck is the interval at which the plugin checks that the engine still runs. The SDK's
// interval is five minutes, for which the plugin of a killed engine would remain.
const engineCheck = 15 * time.Second

// Main serves the provider of a name until the engine has ended. If that fails, it ends the
// process with status 1. The host is nil without an engine's address: the engine attaches later
// and passes it.
func Main(name string, provider func(*sdk.HostClient) pulumirpc.ResourceProviderServer) {
	if err := serve(name, provider); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-%s (simulated): %v\n", name, err)
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
