// Command kubernetes is a stand-in for the Pulumi Kubernetes provider, built as
// pulumi-resource-kubernetes and used only where the real plugin is not
// installed. It drives a real cluster: server-side apply with strict field
// validation, readiness awaited with progress, deletions waited for. It knows
// no Helm, YAML or Kustomize resources and says so.
package main

import (
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/provider"
	"github.com/vllm-eks/vllm-eks/local/standin/serve"
)

func main() {
	serve.Main("kubernetes", func(host *sdk.HostClient) pulumirpc.ResourceProviderServer {
		if host == nil { // a nil interface, and not one that holds a nil pointer
			return provider.New(nil)
		}
		return provider.New(host)
	})
}
