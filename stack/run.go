package stack

import (
	"errors"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
)

// Run deploys the stack for which the Pulumi CLI started the process, and shows each
// problem as a separate error. If the stack cannot be deployed, Run ends the process.
// The exit status is 32 if Run has shown every problem, so that the CLI does not show
// them again, and 1 otherwise.
func Run() {
	source, reported := &config.Source{}, false
	program := func(ctx *pulumi.Context) error {
		complete, err := completed(ctx, source)
		if err != nil {
			return err
		}
		err = deploy(ctx, complete)
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

// Deploy deploys the stack of ctx, inside a program that deploys more. The
// configuration is that of the stack: pass source.Capture to pulumi.Run, which fills
// source. Deploy works on a copy of source: it sets Locate if it is nil, and Deployed
// from the stack's last update. Its error joins every problem, each with its key.
func Deploy(ctx *pulumi.Context, source *config.Source) error {
	complete, err := completed(ctx, source)
	if err != nil {
		return err
	}
	return deploy(ctx, complete)
}

// Inline returns the inline program of the Automation API that deploys a stack.
// The Automation API does not pass the whole configuration to a program, but Inline
// checks it as a whole. So configuration must hold every key of Pulumi.<stack>.yaml,
// as "vllm-eks:models" or "aws:region". A list or a mapping is JSON. An auto.ConfigMap
// has the right type. The error is that of Deploy.
func Inline[Value ~struct {
	Value  string
	Secret bool
}](configuration map[string]Value) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		if ctx == nil {
			return errNoContext
		}
		return Deploy(ctx, captured(ctx, configuration))
	}
}

// captured returns the source with the configuration of an inline program.
func captured[Value ~struct {
	Value  string
	Secret bool
}](ctx *pulumi.Context, configuration map[string]Value) *config.Source {
	info := pulumi.RunInfo{Project: ctx.Project(), Stack: ctx.Stack(), Config: map[string]string{}}
	for key, value := range configuration {
		plain := struct {
			Value  string
			Secret bool
		}(value)
		info.Config[key] = plain.Value
		if plain.Secret {
			info.ConfigSecretKeys = append(info.ConfigSecretKeys, key)
		}
	}
	source := &config.Source{}
	source.Capture(&info)
	return source
}

// errNoContext is the error of a program without a stack.
var errNoContext = errors.New("there is no Pulumi context; deploy the stack within pulumi.Run")

// completed returns a copy of source with the values that a running stack adds.
func completed(ctx *pulumi.Context, source *config.Source) (*config.Source, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	if source == nil {
		return nil, errors.New("there is no configuration; pass a config.Source that pulumi.Run filled with Capture")
	}
	complete := *source
	if complete.Locate == nil {
		complete.Locate = cluster.Locate
	}
	var err error
	complete.Deployed, err = config.ReadDeployed(ctx)
	return &complete, err
}

// logged shows every problem of an error as a separate error, with its key.
func logged(ctx *pulumi.Context, err error) error {
	if err == nil {
		return nil
	}
	for _, p := range problems.Of(err, "") {
		err = errors.Join(err, ctx.Log.Error(problems.Error{Problem: p}.Error(), nil))
	}
	return err
}
