// Command metrics-server is Kubernetes' metrics server of its own packages, on
// the libraries that this project's other programs are compiled with. Those ask
// for API models by another name than the one that its release generated them
// under; that alone differs here.
package main

import (
	"errors"
	"maps"
	"os"

	"github.com/spf13/cobra"
	apiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/util"
	"sigs.k8s.io/metrics-server/cmd/metrics-server/app/options"
	"sigs.k8s.io/metrics-server/pkg/api/generated/openapi"
)

func main() {
	o := options.NewOptions()
	command := &cobra.Command{
		Use: "metrics-server", Short: "Collects what containers use, for HorizontalPodAutoscalers and kubectl top", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return run(o) },
	}
	for _, flags := range o.Flags().FlagSets {
		command.Flags().AddFlagSet(flags)
	}
	os.Exit(cli.Run(command))
}

func run(o *options.Options) error {
	if err := errors.Join(o.Validate()...); err != nil {
		return err
	}
	config, err := o.ServerConfig()
	if err != nil {
		return err
	}
	config.Apiserver.OpenAPIConfig.GetDefinitions = definitions
	v3 := config.Apiserver.OpenAPIV3Config
	v3.GetDefinitions, v3.Definitions = definitions, byBothNames(v3.Definitions)
	server, err := config.Complete()
	if err != nil {
		return err
	}
	return server.RunUntil(apiserver.SetupSignalHandler())
}

func definitions(reference common.ReferenceCallback) map[string]common.OpenAPIDefinition {
	return byBothNames(openapi.GetOpenAPIDefinitions(reference))
}

// byBothNames has each model by the package path of its Go type, and by the name
// with dots by which Kubernetes 1.35 looks it up.
func byBothNames(models map[string]common.OpenAPIDefinition) map[string]common.OpenAPIDefinition {
	both := maps.Clone(models)
	for name, model := range models {
		both[util.ToRESTFriendlyName(name)] = model
	}
	return both
}
