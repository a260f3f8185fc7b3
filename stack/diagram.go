package stack

import (
	"errors"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/config"
)

// diagram is a program that stops at its first error: the boxes after it are
// empty, and register nothing.
type diagram struct {
	ctx *pulumi.Context
	err error
}

// box adds one box to the diagram.
func box[Args, Box any](d *diagram, add func(*pulumi.Context, string, Args, ...pulumi.ResourceOption) (*Box, error), name string, args Args, opts ...pulumi.ResourceOption) *Box {
	if d.err != nil {
		return new(Box)
	}
	added, err := add(d.ctx, name, args, opts...)
	if err != nil {
		d.err = err
		return new(Box)
	}
	return added
}

// all is everything that something waits for.
func all(lists ...[]pulumi.Resource) []pulumi.Resource { return slices.Concat(lists...) }

// report shows in the preview what every model comes to, and exports the
// numbers, an output for each model, so that a diff shows them change.
func report(ctx *pulumi.Context, cfg *config.Config) error {
	size := cfg.Size()
	var errs []error
	if table := size.Table(); table != "" {
		errs = append(errs, ctx.Log.Info("\n"+table, nil))
	}
	for _, warning := range size.Warnings() {
		errs = append(errs, ctx.Log.Warn(warning, nil))
	}
	for name, numbers := range size.Numbers() {
		ctx.Export("sizing-"+name, pulumi.Any(numbers))
	}
	return errors.Join(errs...)
}
