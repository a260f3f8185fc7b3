// Command aws is a simulated AWS provider for Pulumi, built as pulumi-resource-aws for `make
// preview` and the engine tests. It refuses to work without the folder of a simulated account.
// For the types that this repository's program creates, it is as strict as AWS and its
// provider. It sends nothing to AWS.
package main

import (
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/serve"
)

func main() {
	serve.Main("aws", func(host *sdk.HostClient) pulumirpc.ResourceProviderServer {
		if host == nil { // a nil interface instead of an interface with a nil pointer
			return newProvider(nil)
		}
		return newProvider(host)
	})
}
