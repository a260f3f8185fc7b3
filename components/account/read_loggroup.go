package account

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	accountspec "github.com/vllm-eks/vllm-eks/spec/account"
)

// readLogGroup reads the log group of a control plane that does not run. It returns
// nil if the log group does not exist or cannot be read.
func readLogGroup(ctx *pulumi.Context, cluster string) *accountspec.LogGroup {
	name := accountspec.LogGroupName(cluster)
	read, err := cloudwatch.LookupLogGroup(ctx, &cloudwatch.LookupLogGroupArgs{Name: name})
	if err != nil {
		return nil
	}
	return &accountspec.LogGroup{Name: name, Tags: read.Tags}
}
