package network

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// flowLogsTrust is the trust policy that lets the flow-log service assume the role.
const flowLogsTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// flowLogsPolicy returns the policy that allows writing to one log group.
func flowLogsPolicy(group string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Action":["logs:CreateLogStream","logs:PutLogEvents","logs:DescribeLogStreams"],"Resource":"` + group + `:*"}]}`
}

// flowLogs registers the flow logs of the VPC, unless their retention is 0 days.
func (b builder) flowLogs(vpc pulumi.StringOutput) error {
	if *b.spec.FlowLogDays == 0 {
		return nil
	}
	name := b.name + "-flow-logs"
	group, err := cloudwatch.NewLogGroup(b.ctx, name, &cloudwatch.LogGroupArgs{RetentionInDays: pulumi.Int(*b.spec.FlowLogDays)}, b.opts...)
	if err != nil {
		return err
	}
	role, err := iam.NewRole(b.ctx, name, &iam.RoleArgs{AssumeRolePolicy: pulumi.String(flowLogsTrust)}, b.opts...)
	if err != nil {
		return err
	}
	policy, err := iam.NewRolePolicy(b.ctx, name, &iam.RolePolicyArgs{
		Role: role.Name, Policy: group.Arn.ApplyT(flowLogsPolicy).(pulumi.StringOutput),
	}, b.opts...)
	if err != nil {
		return err
	}
	_, err = ec2.NewFlowLog(b.ctx, name, &ec2.FlowLogArgs{
		VpcId:              vpc,
		TrafficType:        pulumi.String("ALL"),
		LogDestinationType: pulumi.String("cloud-watch-logs"),
		LogDestination:     group.Arn,
		IamRoleArn:         role.Arn,
		Tags:               b.tags("flow-logs", nil),
	}, b.after(policy)...)
	return err
}
