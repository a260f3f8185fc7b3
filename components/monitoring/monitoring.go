// Package monitoring installs the monitoring of the cluster: Prometheus with its
// operator, rules and exporters, and the exporter of NVIDIA GPUs.
package monitoring

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

const (
	typeToken = "vllm-eks:monitoring:Monitoring"
	// stackTimeoutSeconds is the timeout of the release. The nodes pull a dozen images
	// and attach a volume in this time.
	stackTimeoutSeconds = 900
)

// Args holds the inputs of New.
type Args struct {
	Spec monitoringspec.Spec
	// GrafanaPassword is the password of Grafana's administrator, whose name is admin.
	// Default: the password in Grafana.ExistingSecret, or one that the chart generates.
	GrafanaPassword pulumi.StringPtrInput
	// Receivers holds the secret of each kind of receiver in Spec.Alerts: the webhook URL of
	// Slack, the integration key of PagerDuty (Events API v2), or the URL of the webhook.
	// Required for each of Spec.Receivers.
	Receivers map[string]pulumi.StringPtrInput
	// DependsOn lists the resources that are created before Prometheus and deleted
	// after it: the nodes, and the driver that creates its volumes. Default: none.
	DependsOn []pulumi.Resource
}

// New registers Prometheus and the exporter of GPU metrics, or nothing if the spec
// installs neither. Errors name the wrong key of the spec, under name.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*release.Component, error) {
	spec := args.Spec.WithDefaults()
	found := spec.Validate(field.NewPath(name))
	for _, kind := range spec.Receivers() {
		if args.Receivers[kind] == nil {
			problems.Required(&found, field.NewPath(name, "alerts"), "has a receiver of the kind %s without its secret; want it in Receivers", kind)
		}
	}
	if err := problems.Err(found); err != nil {
		return nil, err
	}
	component := release.ComponentArgs{Type: typeToken, DependsOn: args.DependsOn, Outputs: pulumi.Map{"prometheusUrl": pulumi.String(spec.PrometheusURL())}}
	if spec.OnNodes() {
		component.Namespaces = append(component.Namespaces, chart.Namespace{Name: spec.Namespace + monitoringspec.NodesSuffix, Level: chart.Privileged})
	}
	if spec.Install {
		if err := addPrometheus(&component, spec, args); err != nil {
			return nil, err
		}
	}
	if *spec.GPUMetrics {
		// The chart of Prometheus' operator comes first: it defines the kind ServiceMonitor.
		component.Charts = append(component.Charts, release.Chart{Resource: name + "-dcgm", Optional: true, Args: release.Args{
			Chart: versions.DCGMExporter, Namespace: spec.Namespace + monitoringspec.NodesSuffix, Values: chart.Merge(monitoringspec.ExporterValues(spec), spec.GPUMetricsValues),
		}})
	}
	return release.NewComponent(ctx, name, component, opts...)
}

// addPrometheus adds the chart of Prometheus, and the objects that it needs, to a
// component.
func addPrometheus(component *release.ComponentArgs, spec monitoringspec.Spec, args Args) error {
	values := chart.Merge(monitoringspec.StackValues(spec), spec.Values)
	ready, err := available(spec, values)
	if err != nil {
		return err
	}
	component.Namespaces = append(component.Namespaces, chart.Namespace{Name: spec.Namespace, Level: chart.Restricted})
	component.Objects = append(component.Objects, volumeClaims(spec)...)
	chart := release.Chart{
		Args: release.Args{
			Chart: versions.KubePrometheusStack, Name: monitoringspec.FullName, Namespace: spec.Namespace, Values: values, TimeoutSeconds: stackTimeoutSeconds,
		},
		Confirm: []release.Object{ready},
	}
	hasPassword, hasReceivers := args.GrafanaPassword != nil && spec.Grafana.Install, len(spec.Receivers()) > 0
	if hasPassword {
		component.Objects = append(component.Objects, administrator(spec, args.GrafanaPassword))
	}
	if hasReceivers {
		component.Objects = append(component.Objects, receivers(spec, args.Receivers))
	}
	chart.GivenNames = func(names release.Names) pulumi.Map {
		given := pulumi.Map{}
		if hasPassword {
			given["grafana"] = pulumi.Map{"admin": pulumi.Map{
				"existingSecret": names[grafanaSecret], "userKey": pulumi.String(monitoringspec.UserKey), "passwordKey": pulumi.String(monitoringspec.PasswordKey),
			}}
		}
		if hasReceivers {
			given["alertmanager"] = pulumi.Map{"alertmanagerSpec": pulumi.Map{"volumes": pulumi.Array{pulumi.Map{
				"name": pulumi.String(monitoringspec.ReceiversVolume), "secret": pulumi.Map{"secretName": names[receiversSecret]},
			}}}}
		}
		return given
	}
	component.Charts = append(component.Charts, chart)
	return nil
}
