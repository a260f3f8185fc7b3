// Package v4 has the types of the options of a Helm chart.
package v4

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// RepositoryOpts holds how the chart's repository is reached.
type RepositoryOpts struct {
	CaFile   pulumi.AssetOrArchive `pulumi:"caFile"`
	CertFile pulumi.AssetOrArchive `pulumi:"certFile"`
	KeyFile  pulumi.AssetOrArchive `pulumi:"keyFile"`
	Password *string               `pulumi:"password"`
	Repo     *string               `pulumi:"repo"`
	Username *string               `pulumi:"username"`
}

// RepositoryOptsInput is an input of RepositoryOpts.
type RepositoryOptsInput interface {
	pulumi.Input
	ToRepositoryOptsOutput() RepositoryOptsOutput
}

// RepositoryOptsOutput is an output of RepositoryOpts.
type RepositoryOptsOutput struct{ *pulumi.OutputState }

// ElementType returns the type of RepositoryOpts.
func (RepositoryOptsOutput) ElementType() reflect.Type { return reflect.TypeFor[RepositoryOpts]() }

// ToRepositoryOptsOutput returns the output itself.
func (o RepositoryOptsOutput) ToRepositoryOptsOutput() RepositoryOptsOutput { return o }

// PostRenderer holds the command that changes what Helm rendered.
type PostRenderer struct {
	Args    []string `pulumi:"args"`
	Command string   `pulumi:"command"`
}

// PostRendererInput is an input of PostRenderer.
type PostRendererInput interface {
	pulumi.Input
	ToPostRendererOutput() PostRendererOutput
}

// PostRendererOutput is an output of PostRenderer.
type PostRendererOutput struct{ *pulumi.OutputState }

// ElementType returns the type of PostRenderer.
func (PostRendererOutput) ElementType() reflect.Type { return reflect.TypeFor[PostRenderer]() }

// ToPostRendererOutput returns the output itself.
func (o PostRendererOutput) ToPostRendererOutput() PostRendererOutput { return o }

func init() {
	pulumi.RegisterOutputType(RepositoryOptsOutput{})
	pulumi.RegisterOutputType(PostRendererOutput{})
}
