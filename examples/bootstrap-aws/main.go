// The prerequisites of pipelines that deploy stacks to an AWS account: a bucket for the state
// of Pulumi, a key for its secrets, and two roles that jobs assume with OpenID Connect, without
// stored credentials. An administrator runs it once for an account and a region; see
// docs/pull-requests.md. The bucket and the key are protected: pulumi destroy refuses them.
package main

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	awsconfig "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/config"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/deploypolicy"
	"github.com/vllm-eks/vllm-eks/internal/partition"
)

func main() { pulumi.Run(program) }

func program(ctx *pulumi.Context) error {
	settings, err := read(ctx)
	if err != nil {
		return err
	}
	caller, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{})
	if err != nil {
		return err
	}
	region := awsconfig.GetRegion(ctx)
	values := deploypolicy.Values{Partition: partition.Of(region), Account: caller.AccountId, Region: region, Project: settings.project}
	s, err := newState(ctx, values, settings.bucket)
	if err != nil {
		return err
	}
	preview, up, err := newRoles(ctx, settings, values, s)
	if err != nil {
		return err
	}
	// Variables of the repository. The workflows read them; none of them is a secret.
	ctx.Export("variables", pulumi.StringMap{
		"AWS_REGION":         pulumi.String(values.Region),
		"AWS_PREVIEW_ROLE":   preview.Arn,
		"AWS_UP_ROLE":        up.Arn,
		"PULUMI_BACKEND_URL": pulumi.Sprintf("s3://%s?region=%s", s.bucket.Bucket, values.Region),
	})
	ctx.Export("secretsProvider", pulumi.String(fmt.Sprintf("awskms://%s?region=%s", s.alias, values.Region)))
	return nil
}
