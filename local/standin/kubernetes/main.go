// Command kubernetes is a stand-in for the Pulumi Kubernetes provider, built as
// pulumi-resource-kubernetes and used only where the real plugin is not
// installed. It drives a real cluster: server-side apply with strict field
// validation, readiness awaited with progress, deletions waited for. It knows
// no Helm, YAML or Kustomize resources and says so.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/provider"
)

// engineCheck is how often the engine is asked whether it is still there. The
// SDK asks every five minutes, which keeps the plugin of a killed engine around
// for that long.
const engineCheck = 15 * time.Second

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-kubernetes (stand-in):", err)
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
	return sdk.MainContext(ctx, "kubernetes", func(host *sdk.HostClient) (pulumirpc.ResourceProviderServer, error) {
		// Without an engine address the engine will attach later and bring it.
		if host == nil {
			return provider.New(nil), nil
		}
		return provider.New(host), nil
	})
}
