// Command kubernetes simulates the Pulumi Kubernetes provider on clusters that do not
// exist, built as pulumi-resource-kubernetes for `make preview` and the engine tests, and
// for nothing else. It decodes what the real one would send as strictly as an API server
// does, tells the simulated AWS account of what controllers would create there, and sends
// nothing anywhere.
package main

import (
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/serve"
)

func main() {
	serve.Main("kubernetes", func(host *sdk.HostClient) pulumirpc.ResourceProviderServer {
		if host == nil { // a nil interface, and not one that holds a nil pointer
			return &provider{}
		}
		return &provider{host: host}
	})
}
