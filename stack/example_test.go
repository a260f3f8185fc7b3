package stack_test

import (
	"context"
	"log"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/stack"
)

// A program that deploys the stack, and passes the addresses of its models to other
// resources.
func ExampleDeploy() {
	var source config.Source
	pulumi.Run(func(ctx *pulumi.Context) error {
		if err := stack.Deploy(ctx, &source); err != nil {
			return err
		}
		models := pulumi.ToOutput(ctx.GetCurrentExportMap()["models"])
		ctx.Export("chat", models.ApplyT(func(models any) any {
			return models.(map[string]any)["mistral-7b"].(map[string]any)["url"]
		}))
		return nil
	}, source.Capture)
}

// A program of the Automation API that deploys one model on an existing cluster.
func ExampleInline() {
	ctx := context.Background()
	configuration := auto.ConfigMap{
		"vllm-eks:cluster":          {Value: `{"existing": {"context": "my-cluster"}}`},
		"vllm-eks:nodeGroups":       {Value: `[{"name": "g5", "instanceTypes": ["g5.2xlarge"]}]`},
		"vllm-eks:models":           {Value: `[{"name": "qwen3-8b", "model": "Qwen/Qwen3-8B", "maxModelLen": 8192}]`},
		"vllm-eks:huggingFaceToken": {Value: "hf_…", Secret: true},
	}
	s, err := auto.UpsertStackInlineSource(ctx, "dev", "chat", stack.Inline(configuration))
	if err != nil {
		log.Fatal(err)
	}
	if err := s.SetAllConfig(ctx, configuration); err != nil {
		log.Fatal(err)
	}
	if _, err := s.Up(ctx); err != nil {
		log.Fatal(err)
	}
}
