package stack

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/oneline"
	"github.com/vllm-eks/vllm-eks/internal/plans"
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
	records, costs, err := planned(cfg)
	ctx.Export(plans.ModelsOutput, records)
	ctx.Export(plans.CostsOutput, costs)
	errs = append(errs, err)
	if pin := cfg.ClusterPin(); pin != nil {
		line, err := oneline.Marshal(pin)
		ctx.Export("clusterPin", pulumi.String(line))
		errs = append(errs, err)
	}
	deployed, err := cfg.Deployed()
	ctx.Export(config.DeployedOutput, pulumi.String(deployed))
	return errors.Join(append(errs, err)...)
}

// planned returns the record of the models and the costs, as outputs.
func planned(cfg *config.Config) (models pulumi.StringMap, costs pulumi.String, err error) {
	models = pulumi.StringMap{}
	var errs []error
	for _, m := range cfg.Models {
		line, err := oneline.Marshal(plans.Of(m))
		models[m.Name], errs = pulumi.String(line), append(errs, err)
	}
	line, err := oneline.Marshal(cfg.Size().Costs())
	return models, pulumi.String(line), errors.Join(append(errs, err)...)
}
