package stack

import (
	"errors"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/cluster"
	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Run runs the program. It ends with the status that tells the engine that every
// problem has been shown.
func Run() {
	source := &config.Source{Locate: cluster.Locate}
	reported := false
	program := func(ctx *pulumi.Context) error {
		var err error
		if source.Deployed, err = config.ReadDeployed(ctx); err != nil {
			return err
		}
		err = deploy(ctx, source)
		reported = err != nil
		return logged(ctx, err)
	}
	switch err := pulumi.RunErr(program, source.Capture); {
	case err == nil:
	case errors.Is(err, pulumi.ErrPlugins):
		pulumi.Run(program, source.Capture) // lists the plug-ins
	case reported:
		os.Exit(constant.ExitStatusLoggedError)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// logged shows every problem of an error as an error of its own, by its key.
func logged(ctx *pulumi.Context, err error) error {
	if err == nil {
		return nil
	}
	for _, p := range problems.Of(err, "") {
		text := p.Message
		if p.Key != "" {
			text = p.Error()
		}
		err = errors.Join(err, ctx.Log.Error(text, nil))
	}
	return err
}
