// Command render writes the Kubernetes objects of a stack file, for kubectl, Argo CD and
// Flux, or the values of the Helm chart. It needs no Pulumi, no account and no cluster:
//
//	go run ./cmd/render --out my-repository/inference Pulumi.prod.yaml
//	go run ./cmd/render --out my-repository/inference --check Pulumi.prod.yaml
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	if err := command(os.Stdout, os.Stderr).ExecuteContext(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

func command(out, messages io.Writer) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "render STACK-FILE",
		Short: "Write the Kubernetes objects of a stack file",
		Long: `Render writes the Kubernetes objects of the models of a stack file as YAML: to the
standard output, or with --out one file for each object into a folder. It checks the
file as a preview does, but reads no account, no cluster and no encrypted value.

STACK-FILE is a file named Pulumi.<stack>.yaml. Run the command in the folder of the
project, because a model's shape can be the path of a file.

Models refer to Secrets for the encrypted values huggingFaceToken and apiKey: MODEL-huggingface
with the key token, and MODEL-api-key with the key api-key. Create them in the namespace of
the model, name your own with existingSecret, or let External Secrets create them with
--secrets external.`,
		Example: `  render Pulumi.prod.yaml
  render --out gitops/inference Pulumi.prod.yaml
  render --out gitops/inference --check Pulumi.prod.yaml
  render --helm-values --model mistral-7b Pulumi.prod.yaml
  render --secrets external --secret-store aws --secret-store-kind ClusterSecretStore Pulumi.prod.yaml`,
		Args:          cobra.ExactArgs(1),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(_ *cobra.Command, args []string) error {
			o.file = args[0]
			return o.run(out, messages)
		},
	}
	o.define(c.Flags())
	return c
}
