// Package account registers the provider of the AWS account that the stack deploys
// to, and reads the capabilities of the account.
package account

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	accountspec "github.com/vllm-eks/vllm-eks/spec/account"
)

const typeToken = "vllm-eks:account:Account"

// Args holds the inputs of New.
type Args struct {
	Spec accountspec.Spec
}

// Account holds the provider of the AWS account that the stack deploys to.
type Account struct {
	pulumi.ResourceState

	// Tags holds the tags of every resource, for components that set tags themselves.
	Tags map[string]string

	provider *aws.Provider
}

// New registers the provider of AWS. Without a region, nothing is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Account, error) {
	spec := args.Spec.WithDefaults()
	if spec.Region == "" {
		return &Account{}, nil
	}
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	a := &Account{Tags: spec.AllTags(ctx.Project(), ctx.Stack())}
	if err := ctx.RegisterComponentResource(typeToken, name, a, opts...); err != nil {
		return nil, err
	}
	tags := pulumi.StringMap{}
	for _, key := range slices.Sorted(maps.Keys(a.Tags)) {
		tags[key] = pulumi.String(a.Tags[key])
	}
	provider := &aws.ProviderArgs{Region: pulumi.String(spec.Region), DefaultTags: aws.ProviderDefaultTagsArgs{Tags: tags}}
	if spec.Profile != "" {
		provider.Profile = pulumi.String(spec.Profile)
	}
	var err error
	if a.provider, err = aws.NewProvider(ctx, "aws", provider, pulumi.Parent(a)); err != nil {
		return nil, err
	}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{})
}

// Ready returns the resources that users of the account wait for: its provider. The
// list is empty if nothing is registered.
func (a *Account) Ready() []pulumi.Resource {
	if a.provider == nil {
		return nil
	}
	return []pulumi.Resource{a.provider}
}

// Provided returns the option that creates a component and its children in this
// account.
func (a *Account) Provided() pulumi.ResourceOption {
	if a.provider == nil {
		return pulumi.Composite()
	}
	return pulumi.Providers(a.provider)
}
