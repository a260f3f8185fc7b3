package account

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// readLogGroup reads the log group of a control plane that does not run; nil if
// there is none, or none may be read.
func readLogGroup(ctx *pulumi.Context, cluster string) *LogGroup {
	name := LogGroupName(cluster)
	read, err := cloudwatch.LookupLogGroup(ctx, &cloudwatch.LookupLogGroupArgs{Name: name})
	if err != nil {
		return nil
	}
	return &LogGroup{Name: name, Tags: read.Tags}
}
