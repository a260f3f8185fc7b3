// Package monitoring declares the key monitoring: types, defaults, validation and the
// values that follow from them. It imports neither Pulumi nor the AWS SDK.
package monitoring

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// NodesSuffix is the suffix of the namespace for exporters on every node. They need more
// access to the node than the namespace of Prometheus permits.
const NodesSuffix = "-nodes"

// Spec holds which programs are installed, and their sizes.
type Spec struct {
	// Install installs Prometheus with its operator. Without it, KEDA queries the
	// Prometheus of prometheusUrl, if any, to scale the models. Default: true on a
	// created cluster without prometheusUrl.
	Install bool `key:"install"`
	// RetentionDays is the retention of metrics in days. Prometheus deletes metrics
	// earlier if the volume is full.
	RetentionDays int `key:"retentionDays" range:"1..730" default:"15" if:"install"`
	// StorageGiB is the size of the volume of one Prometheus in GiB. Metrics use four
	// fifths of it. It can be raised.
	StorageGiB int `key:"storageGiB" range:"10..16384" default:"50" if:"install"`
	// StorageClass is the StorageClass of the volume. An existing volume keeps its class.
	StorageClass string `key:"storageClass" default:"gp3" if:"install"`
	// Replicas is the number of Prometheus servers, each with all metrics. With one
	// server, models are not scaled while its node is down.
	Replicas int `key:"replicas" range:"1..2" default:"1" if:"install"`
	// Alertmanager sends alerts to the receivers of [Alerts], and to those that
	// AlertmanagerConfigs name. Without it, only Prometheus shows alerts.
	Alertmanager bool `key:"alertmanager"`
	// Alerts are the receivers to which Alertmanager sends alerts. Default: those of
	// AlertmanagerConfigs alone.
	Alerts Alerts `key:"alerts"`
	// Grafana shows dashboards. It has no volume, so dashboards come from ConfigMaps with
	// the label grafana_dashboard=1.
	Grafana Grafana `key:"grafana" short:"install"`
	// GPUMetrics installs NVIDIA's exporter of GPU metrics. It also works with an
	// existing Prometheus. Default: the value of [Install].
	GPUMetrics *bool `key:"gpuMetrics"`
	// Rules creates recording rules and alerts of the models, in the namespace of the
	// Prometheus that the stack installs, else in that of the first model. Default: true
	// with serviceMonitor.
	Rules *bool `key:"rules"`
	// Dashboards creates four dashboards for Grafana, in the namespace of the rules:
	// ConfigMaps with the label grafana_dashboard=1. Default: the value of [Rules], whose
	// series they show.
	Dashboards *bool `key:"dashboards"`
	// Values are further values of the chart of Prometheus.
	Values map[string]any `key:"values"`
	// GPUMetricsValues are further values of the chart of the exporter.
	GPUMetricsValues map[string]any `key:"gpuMetricsValues"`
	// Namespace is the namespace of Prometheus. Exporters on nodes run in the namespace
	// with this name and the suffix -nodes. Default: monitoring.
	Namespace string
	// ServiceMonitor reports that the cluster has the Prometheus operator. Default:
	// Install.
	ServiceMonitor bool
	// Labels are added to the ServiceMonitor of the exporter, for a Prometheus that
	// selects by labels. Default: none.
	Labels map[string]string
}

// setBy returns the values of the chart that the keys of this component set.
func (s Spec) setBy(path *field.Path) chart.SetBy {
	const prometheus = "prometheus.prometheusSpec."
	owners := chart.SetBy{
		// Other objects refer to Prometheus by its kind and its name.
		"cleanPrometheusOperatorObjectNames":                "",
		"prometheus.agentMode":                              "",
		"prometheusOperator.enabled":                        path.Child("install").String(),
		"namespaceOverride":                                 path.Child("namespace").String(),
		"alertmanager.enabled":                              path.Child("alertmanager").String(),
		"grafana.enabled":                                   path.Child("grafana", "install").String(),
		"grafana.admin":                                     "grafanaPassword",
		"grafana.adminUser":                                 "grafanaPassword",
		"grafana.adminPassword":                             "grafanaPassword",
		"prometheus.enabled":                                path.Child("install").String(),
		prometheus + "replicas":                             path.Child("replicas").String(),
		prometheus + "retention":                            path.Child("retentionDays").String(),
		prometheus + "retentionSize":                        path.Child("storageGiB").String(),
		prometheus + "storageSpec":                          path.Child("storageGiB").String() + " and " + path.Child("storageClass").String(),
		prometheus + "shards":                               "",
		prometheus + "persistentVolumeClaimRetentionPolicy": "",
	}
	if len(s.Receivers()) > 0 {
		for _, value := range []string{"config", "stringConfig", "alertmanagerSpec.volumes", "alertmanagerSpec.volumeMounts", "alertmanagerSpec.useExistingSecret"} {
			owners["alertmanager."+value] = path.Child("alerts").String()
		}
	}
	return owners
}

// Grafana holds whether Grafana is installed, and its password.
type Grafana struct {
	// Install installs Grafana.
	Install bool `key:"install"`
	// ExistingSecret is a Secret in the namespace of Prometheus. It has the
	// administrator's name and password under the keys admin-user and admin-password, and
	// exists before Grafana is installed. Default: a Secret with grafanaPassword; without
	// that, the chart generates a password in the Secret kps-grafana.
	ExistingSecret string `key:"existingSecret" sensitive:"true"`
}

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	s.Namespace = cmp.Or(s.Namespace, "monitoring")
	if s.GPUMetrics == nil {
		s.GPUMetrics = &s.Install
	} else {
		s.GPUMetrics = new(*s.GPUMetrics)
	}
	if s.Install {
		s.ServiceMonitor = true
	}
	if s.Rules == nil {
		s.Rules = &s.ServiceMonitor
	} else {
		s.Rules = new(*s.Rules)
	}
	if s.Dashboards == nil {
		s.Dashboards = new(*s.Rules)
	} else {
		s.Dashboards = new(*s.Dashboards)
	}
	keys.Complete(&s)
	return s
}

// Complete sets every field that has a default.
func (s *Spec) Complete() {
	if s != nil {
		*s = s.WithDefaults()
	}
}

// PrometheusURL returns the address of Prometheus within the cluster; "" if it is not
// installed.
func (s Spec) PrometheusURL() string {
	if !s.Install {
		return ""
	}
	return fmt.Sprintf("http://%s-prometheus.%s.svc:9090", FullName, s.WithDefaults().Namespace)
}

// Options returns the fields that the stack sets.
func (s *Spec) Options() chart.Options {
	if s == nil {
		return chart.Options{}
	}
	return chart.Options{Install: &s.Install, ServiceMonitor: &s.ServiceMonitor, Labels: &s.Labels}
}

// Releases returns the Helm releases of the installed charts.
func (s *Spec) Releases() []chart.Release {
	if s == nil {
		return nil
	}
	name := s.WithDefaults().Namespace
	nodes := chart.Namespace{Name: name + NodesSuffix, Level: chart.Privileged}
	var releases []chart.Release
	if s.Install {
		releases = append(releases, chart.Release{
			Doc: "Prometheus, which the scalers query; exporters run on every node", Chart: versions.KubePrometheusStack,
			Namespace: chart.Namespace{Name: name, Level: chart.Restricted}, Beside: []chart.Namespace{nodes},
		})
	}
	if s.exports() {
		releases = append(releases, chart.Release{
			Key: "gpuMetrics", Doc: "use, memory, temperature and errors of GPUs", Chart: versions.DCGMExporter, Namespace: nodes,
		})
	}
	return releases
}

// OnNodes reports whether an exporter runs on every node.
func (s Spec) OnNodes() bool { return s.Install || s.exports() }

// exports reports whether the exporter of GPU metrics is installed. It also works for a
// spec without defaults.
func (s Spec) exports() bool {
	if s.GPUMetrics == nil {
		return s.Install
	}
	return *s.GPUMetrics
}

// Validate returns every problem of a spec that has its defaults, each beginning
// with its key under path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&s, path)
	s.validateNamespace(&found, path.Child("namespace"))
	if s.Dashboards != nil && *s.Dashboards && (s.Rules == nil || !*s.Rules) {
		problems.Forbidden(&found, path.Child("dashboards"), "is true without %[1]s, whose series the dashboards show; set %[1]s to true, or this to false", path.Child("rules"))
	}
	if s.exports() {
		chart.CheckValues(&found, path.Child("gpuMetricsValues"), ExporterValues(s), s.GPUMetricsValues, chart.SetBy{
			"serviceMonitor.enabled": chart.ServiceMonitorKey, "serviceMonitor.additionalLabels": chart.LabelsKey,
		})
	} else if len(s.GPUMetricsValues) > 0 {
		problems.Forbidden(&found, path.Child("gpuMetricsValues"), "is ignored without gpuMetrics; remove it, or set %s to true", path.Child("gpuMetrics"))
	}
	if !s.Install {
		s.validateUnused(&found, path)
		return found
	}
	if !isObjectName(s.StorageClass) {
		problems.Invalid(&found, path.Child("storageClass"), "is %q, want the name of a StorageClass such as gp3", s.StorageClass)
	}
	switch name := s.Grafana.ExistingSecret; {
	case name != "" && !s.Grafana.Install:
		problems.Forbidden(&found, path.Child("grafana", "existingSecret"), "is ignored without grafana.install; remove it, or set grafana.install to true")
	case name != "" && !isObjectName(name):
		// The message does not repeat the value, which may be the password.
		problems.Invalid(&found, path.Child("grafana", "existingSecret"), "is not the name of a Secret; want one with admin-user and admin-password")
	}
	s.validateAlerts(&found, path.Child("alerts"))
	chart.CheckValues(&found, path.Child("values"), StackValues(s), s.Values, s.setBy(path))
	return found
}

func (s Spec) validateNamespace(found *field.ErrorList, key *field.Path) {
	longest := validation.DNS1123LabelMaxLength
	if s.OnNodes() {
		longest -= len(NodesSuffix)
	}
	switch {
	case len(validation.IsDNS1123Label(s.Namespace)) > 0:
		problems.Invalid(found, key, "is %q, want the name of the namespace of Prometheus", s.Namespace)
	case len(s.Namespace) > longest:
		problems.TooLong(found, key, "has %d characters, want at most %d, because exporters on nodes run in %s%s", len(s.Namespace), longest, s.Namespace, NodesSuffix)
	case s.Install && (s.Namespace == "default" || s.Namespace == "kube-system" || s.Namespace == "kube-public" || s.Namespace == "kube-node-lease"):
		problems.Invalid(found, key, "is %q, which every cluster has; choose another namespace, which the program creates", s.Namespace)
	}
}

// validateUnused refuses settings of a Prometheus that is not installed.
func (s Spec) validateUnused(found *field.ErrorList, path *field.Path) {
	chart.CheckUnused(found, path, []chart.Field{
		{Key: "retentionDays", Given: s.RetentionDays != 0},
		{Key: "storageGiB", Given: s.StorageGiB != 0},
		{Key: "storageClass", Given: s.StorageClass != ""},
		{Key: "replicas", Given: s.Replicas != 0},
		{Key: "alertmanager", Given: s.Alertmanager},
		{Key: "alerts", Given: s.Alerts.configured()},
		{Key: "grafana.install", Given: s.Grafana.Install},
		{Key: "grafana.existingSecret", Given: s.Grafana.ExistingSecret != ""},
		{Key: "values", Given: len(s.Values) > 0},
	}...)
}

func isObjectName(name string) bool { return len(validation.IsDNS1123Subdomain(name)) == 0 }
