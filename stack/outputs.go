package stack

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/oneline"
)

// exportOutputs exports the outputs that the documentation of the package lists. Sizes
// and pins have one line for each model, so that they do not fill the screen after an
// update, and a diff shows the changed model.
func exportOutputs(ctx *pulumi.Context, cfg *config.Config, models pulumi.Map) error {
	ctx.Export("models", models)
	ctx.Export("sizing", pulumi.ToStringMap(cfg.Size().Summaries()))
	pins, errs := pulumi.StringMap{}, []error{}
	for name, pin := range cfg.Pins() {
		line, err := oneline.Marshal(pin)
		pins[name], errs = pulumi.String(line), append(errs, err)
	}
	ctx.Export("pins", pins)
	if pin := cfg.ClusterPin(); pin != nil {
		line, err := oneline.Marshal(pin)
		ctx.Export("clusterPin", pulumi.String(line))
		errs = append(errs, err)
	}
	deployed, err := cfg.Deployed()
	ctx.Export(config.DeployedOutput, pulumi.String(deployed))
	return errors.Join(append(errs, err)...)
}
