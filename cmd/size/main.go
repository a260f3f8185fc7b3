// Command size estimates whether a model fits a GPU instance type of EC2, how much load it
// serves there, how long it takes to start and what it costs. It needs no Pulumi, no
// account and no network:
//
//	go run ./cmd/size mistralai/Mistral-7B-Instruct-v0.2 --instance g5.2xlarge
//	go run ./cmd/size meta-llama/Llama-3.3-70B-Instruct --fit-on g5,p4d
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	if err := command(os.Stdout).ExecuteContext(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}

func command(out io.Writer) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "size MODEL",
		Short: "Estimate whether a model fits, how much load it serves and what it costs",
		Long: `Size estimates whether a model fits a GPU instance type of EC2, how much load it serves
there, how long it takes to start, and what it costs.

MODEL is a Hugging Face id. Without --instance or --gpu, every instance type on
which the model fits is listed, the cheapest first. The exit status is 0 if it fits
or may fit, 1 if not.`,
		Example: `  size mistralai/Mistral-7B-Instruct-v0.2 --instance g5.2xlarge
  size meta-llama/Llama-3.3-70B-Instruct --fit-on g5,p4d --max-model-len 32768
  size my-org/my-model --config ./config.json --instance g6e.xlarge --json
  size my-org/my-model --fetch --instance g6e.xlarge`,
		Args: func(c *cobra.Command, args []string) error {
			if o.shapes != "" {
				return cobra.NoArgs(c, args)
			}
			return cobra.ExactArgs(1)(c, args)
		},
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(c *cobra.Command, args []string) error {
			if o.shapes != "" {
				return shapes(out, o.shapes)
			}
			o.model = args[0]
			return o.run(c.Context(), out)
		},
	}
	o.define(c.Flags())
	return c
}
