// Command aws is a stand-in for the Pulumi AWS provider, built as
// pulumi-resource-aws for `make preview` and the engine tests, and for nothing
// else: without the folder of a simulated account it refuses to work. It is
// strict where AWS and its provider are, for the types that this repository's
// program creates; it never talks to AWS.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// engineCheck is how often the engine is asked whether it is still there.
const engineCheck = 15 * time.Second

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws (stand-in):", err)
		os.Exit(1)
	}
}

func serve() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if len(os.Args) > 1 {
		if err := rpcutil.Healthcheck(ctx, os.Args[len(os.Args)-1], engineCheck, cancel); err != nil {
			return fmt.Errorf("watch the engine: %w", err)
		}
	}
	return sdk.MainContext(ctx, "aws", func(host *sdk.HostClient) (pulumirpc.ResourceProviderServer, error) {
		if host == nil {
			return newProvider(nil), nil
		}
		return newProvider(host), nil
	})
}
