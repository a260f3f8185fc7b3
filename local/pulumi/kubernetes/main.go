// Command kubernetes is the Pulumi Kubernetes provider, built from its Go module.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"time"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
)

// schema describes the provider's resources. local/up builds this command with the file
// of the provider's module; it is not part of this folder.
//
//go:embed schema.json
var schema []byte

// engineCheck is how often the engine is asked whether it is still there. The provider
// itself asks every five minutes, which keeps it running for that long after the engine
// was killed.
const engineCheck = 15 * time.Second

func main() {
	if err := endWithEngine(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-kubernetes: watch the engine:", err)
		os.Exit(1)
	}
	provider.Serve("kubernetes", version.Version, schema, nil)
}

// endWithEngine ends this process soon after the engine, whose address is the last
// argument. Without an address the engine attaches later.
func endWithEngine(arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	ctx, gone := context.WithCancel(context.Background())
	context.AfterFunc(ctx, func() { os.Exit(1) })
	return rpcutil.Healthcheck(ctx, arguments[len(arguments)-1], engineCheck, gone)
}
