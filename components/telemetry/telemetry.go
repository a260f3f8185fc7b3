// Package telemetry installs an OpenTelemetry collector on every node, and the store of
// logs: VictoriaLogs or a log group of CloudWatch Logs.
package telemetry

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/podidentity"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/release"
	telemetryspec "github.com/vllm-eks/vllm-eks/spec/telemetry"
)

const (
	typeToken = "vllm-eks:telemetry:Telemetry"
	// tracesSecret is the name of the resource of the Secret with the token of traces.
	tracesSecret = "traces-token"
	tokenKey     = "token"
)

// Args holds the inputs of New.
type Args struct {
	Spec telemetryspec.Spec
	// ClusterName is the name of the EKS cluster. Required for logs in CloudWatch.
	ClusterName pulumi.StringInput
	// TracesToken is the token of exported traces. Default: none.
	TracesToken pulumi.StringPtrInput
	// DependsOn lists the resources that are created before the collector and deleted
	// after it: the nodes, and the drivers of volumes and of roles. Default: none.
	DependsOn []pulumi.Resource
}

// New registers the collector and the store of logs, or nothing if the spec does not
// install them. Errors name the wrong key of the spec, under name. No model waits for the
// component.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*release.Component, error) {
	spec := args.Spec.WithDefaults()
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	hasToken := args.TracesToken != nil && spec.Traces != ""
	component := release.ComponentArgs{Type: typeToken, DependsOn: args.DependsOn}
	for _, r := range spec.Releases() {
		component.Namespaces = append(component.Namespaces, r.Namespaces()...)
		installed := release.Chart{Optional: true, Args: release.Args{Chart: r.Chart, Namespace: r.Namespace.Name}}
		if r.Key == telemetryspec.LogsKey {
			installed.Resource = name + "-" + r.Key
			installed.Values = chart.Merge(telemetryspec.LogsValues(spec), spec.LogsValues)
			component.Objects = append(component.Objects, release.Claim(release.Volume{
				Resource: name + "-disk", Name: telemetryspec.LogsClaim, Namespace: r.Namespace.Name, StorageClass: spec.StorageClass, GiB: spec.StorageGiB,
			}))
		} else {
			installed.Values = chart.Merge(telemetryspec.CollectorValues(spec, hasToken), spec.Values)
			installed.GivenNames = variables(spec, args, hasToken)
		}
		component.Charts = append(component.Charts, installed)
	}
	if hasToken {
		component.Objects = append(component.Objects, release.Secret(tracesSecret, telemetryspec.Namespace, pulumi.Map{tokenKey: args.TracesToken}))
	}
	if spec.Logs == telemetryspec.CloudWatch {
		component.Role = logGroup(name, spec, args.ClusterName)
	}
	return release.NewComponent(ctx, name, component, opts...)
}

// variables returns the environment variables of the collector: the log group, and the
// token of traces from its Secret.
func variables(spec telemetryspec.Spec, args Args, hasToken bool) func(release.Names) pulumi.Map {
	return func(names release.Names) pulumi.Map {
		variables := pulumi.Array{}
		if spec.Logs == telemetryspec.CloudWatch {
			variables = append(variables, pulumi.Map{"name": pulumi.String(telemetryspec.LogGroupVariable), "value": groupName(args.ClusterName)})
		}
		if hasToken {
			variables = append(variables, pulumi.Map{"name": pulumi.String(telemetryspec.TokenVariable), "valueFrom": pulumi.Map{
				"secretKeyRef": pulumi.Map{"name": names[tracesSecret], "key": pulumi.String(tokenKey)},
			}})
		}
		if len(variables) == 0 {
			return nil
		}
		return pulumi.Map{"extraEnvs": variables}
	}
}

// groupName returns the name of the log group of a cluster.
func groupName(cluster pulumi.StringInput) pulumi.StringOutput {
	return pulumi.Sprintf("/vllm-eks/%s/pods", cluster)
}

// logGroup returns a function that registers the log group with its stream, and the
// collector's role that may write to the stream.
func logGroup(name string, spec telemetryspec.Spec, cluster pulumi.StringInput) release.Role {
	return func(ctx *pulumi.Context, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
		group, err := cloudwatch.NewLogGroup(ctx, name, &cloudwatch.LogGroupArgs{Name: groupName(cluster), RetentionInDays: pulumi.Int(spec.RetentionDays)}, opts...)
		if err != nil {
			return nil, err
		}
		stream, err := cloudwatch.NewLogStream(ctx, name, &cloudwatch.LogStreamArgs{LogGroupName: group.Name, Name: pulumi.String(telemetryspec.LogStream)}, opts...)
		if err != nil {
			return nil, err
		}
		role, err := podidentity.Register(name, podidentity.Args{
			ClusterName: cluster, Namespace: telemetryspec.Namespace, ServiceAccount: telemetryspec.ServiceAccount,
			Policy: group.Arn.ApplyT(policy).(pulumi.StringOutput).ToStringPtrOutput(),
		})(ctx, opts...)
		return append(role, group, stream), err
	}
}
