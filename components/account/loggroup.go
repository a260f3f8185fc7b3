package account

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// LogGroup is a log group that exists before its cluster.
type LogGroup struct {
	Name string
	// Tags tell whose it is: EKS tags none of those that it creates.
	Tags map[string]string
}

// LogGroupName is the name that EKS gives to the log group of a control plane.
// https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
func LogGroupName(cluster string) string { return "/aws/eks/" + cluster + "/cluster" }

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
