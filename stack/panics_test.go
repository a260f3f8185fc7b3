package stack_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/stack"
)

// inline runs an inline program.
func inline(ctx *pulumi.Context, configuration auto.ConfigMap) error {
	return stack.Inline(configuration)(ctx)
}

// TestNothingPanics calls every exported function of the package with nil, zero and unusual
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Functions: map[string]any{"Check": stack.Check, "Deploy": stack.Deploy, "Inline": inline},
		Skipped:   map[string]string{"Run": "it ends the process"},
	}.Check(t, ".")
}
