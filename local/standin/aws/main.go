// Command aws is a stand-in for the Pulumi AWS provider, built as
// pulumi-resource-aws for `make preview` and the engine tests, and for nothing
// else: without the folder of a simulated account it refuses to work. It is
// strict where AWS and its provider are, for the types that this repository's
// program creates; it never talks to AWS.
package main

import (
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/serve"
)

func main() {
	serve.Main("aws", func(host *sdk.HostClient) pulumirpc.ResourceProviderServer {
		if host == nil { // a nil interface, and not one that holds a nil pointer
			return newProvider(nil)
		}
		return newProvider(host)
	})
}
