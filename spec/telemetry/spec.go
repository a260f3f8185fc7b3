// Package telemetry declares the key telemetry: types, defaults, validation and the values
// that follow from them. It imports neither Pulumi nor the AWS SDK.
package telemetry

import (
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/otlp"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// Stores of logs.
const (
	VictoriaLogs = "victorialogs"
	CloudWatch   = "cloudwatch"
	None         = "none"
)

const (
	// Namespace is the namespace of the collector, which reads files of its node.
	Namespace = "telemetry"
	// LogsKey is the key that installs VictoriaLogs.
	LogsKey = "logs"
	// LogsNamespace is the namespace of VictoriaLogs.
	LogsNamespace = "victorialogs"
	// ServiceAccount is the ServiceAccount of the collector.
	ServiceAccount = collector
)

// Spec holds where logs and traces go.
type Spec struct {
	// Install installs an OpenTelemetry collector on every node. It reads the logs of the
	// stack's pods, and receives traces of the models. Default: false.
	Install bool `key:"install"`
	// Logs is where logs are kept after their pod is gone: victorialogs, a server on the
	// cluster with a volume; cloudwatch, a log group of CloudWatch Logs; or none.
	Logs string `key:"logs" oneof:"victorialogs cloudwatch none" default:"victorialogs" if:"install"`
	// RetentionDays is the retention of logs in days. VictoriaLogs deletes logs earlier if
	// the volume is full.
	RetentionDays int `key:"retentionDays" oneof:"1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653" default:"14" if:"logs=victorialogs cloudwatch"` // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
	// StorageGiB is the size of the volume of VictoriaLogs in GiB. Logs use four fifths of
	// it. It can be raised.
	StorageGiB int `key:"storageGiB" range:"1..16384" default:"50" if:"logs=victorialogs"`
	// StorageClass is the StorageClass of the volume. An existing volume keeps its class.
	StorageClass string `key:"storageClass" default:"gp3" if:"logs=victorialogs"`
	// Traces is the URL to which the collector sends traces by OTLP over HTTP, without the
	// path /v1/traces. Models then send a trace of requests to the collector. Default: no
	// traces.
	Traces string `key:"traces"`
	// TracesHeader is the name of the header with tracesToken. In Authorization, the token
	// follows the word Bearer.
	TracesHeader string `key:"tracesHeader" default:"Authorization" if:"traces"`
	// CollectorURL is the URL of an existing collector to which models send traces by OTLP
	// over HTTP, such as http://collector.tracing.svc:4318. Default: the installed one, if
	// it sends traces.
	CollectorURL string `key:"collectorUrl"`
	// Values are further values of the chart of the collector.
	Values map[string]any `key:"values"`
	// LogsValues are further values of the chart of VictoriaLogs.
	LogsValues map[string]any `key:"logsValues"`
	// Namespaces are the namespaces whose logs are collected.
	Namespaces []string
	// Region is the AWS region of the log group.
	Region string
}

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	keys.Complete(&s)
	return s
}

// Complete sets every field that has a default.
func (s *Spec) Complete() {
	if s != nil {
		*s = s.WithDefaults()
	}
}

// ModelsURL returns the URL to which models send traces; "" if they send none.
func (s Spec) ModelsURL() string {
	switch {
	case s.CollectorURL != "":
		return s.CollectorURL
	case s.Install && s.Traces != "":
		return "http://" + collector + "." + Namespace + ".svc:4318"
	}
	return ""
}

// Options returns the fields that the stack sets.
func (s *Spec) Options() chart.Options {
	if s == nil {
		return chart.Options{}
	}
	return chart.Options{Install: &s.Install, Chosen: true, Role: s.Logs == CloudWatch}
}

// Releases returns the Helm releases of the installed charts.
func (s *Spec) Releases() []chart.Release {
	if s == nil || !s.Install {
		return nil
	}
	var releases []chart.Release
	if s.WithDefaults().Logs == VictoriaLogs {
		releases = append(releases, chart.Release{
			Key: LogsKey, Doc: "keeps logs", Chart: versions.VictoriaLogsChart,
			Namespace: chart.Namespace{Name: LogsNamespace, Level: chart.Restricted},
		})
	}
	return append(releases, chart.Release{
		Doc: "a collector on every node, which reads logs and receives traces", Chart: versions.OpenTelemetryCollector,
		Namespace: chart.Namespace{Name: Namespace, Level: chart.Privileged},
	})
}

// Validate returns every problem of a spec that has its defaults, each beginning
// with its key under path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&s, path)
	otlp.Check(&found, path.Child("collectorUrl"), s.CollectorURL, "http://collector.tracing.svc:4318")
	if !s.Install {
		s.validateUnused(&found, path)
		return found
	}
	if s.TracesHeader != "" && s.Traces == "" {
		problems.Forbidden(&found, path.Child("tracesHeader"), "is ignored without %s; set that, or remove this", path.Child("traces"))
	}
	otlp.Check(&found, path.Child("traces"), s.Traces, "https://otlp.example.com")
	if s.CollectorURL != "" {
		problems.Forbidden(&found, path.Child("collectorUrl"), "cannot be combined with install, which installs a collector; remove one of the two")
	}
	if s.Logs == None && s.Traces == "" {
		problems.Invalid(&found, path.Child("logs"), "is none, and %s is not set, so the collector would do nothing; set one of the two, or install to false", path.Child("traces"))
	}
	if s.Logs == VictoriaLogs && len(validation.IsDNS1123Subdomain(s.StorageClass)) > 0 {
		problems.Invalid(&found, path.Child("storageClass"), "is %q, want the name of a StorageClass such as gp3", s.StorageClass)
	}
	s.validateStore(&found, path)
	if !headerName.MatchString(s.TracesHeader) {
		problems.Invalid(&found, path.Child("tracesHeader"), "is %q, want the name of a header such as X-Api-Key", s.TracesHeader)
	}
	chart.CheckValues(&found, path.Child("values"), CollectorValues(s, false), s.Values, setBy(path))
	return found
}

// headerName is the form of the name of a header: a token of RFC 9110, section 5.6.2.
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]*$")

// validateStore refuses settings of a store of logs that is not used.
func (s Spec) validateStore(found *field.ErrorList, path *field.Path) {
	unused := func(key string, given bool, stores ...string) {
		if given && !slices.Contains(stores, s.Logs) {
			problems.Forbidden(found, path.Child(key), "is ignored with %s %s; remove it", path.Child("logs"), s.Logs)
		}
	}
	unused("retentionDays", s.RetentionDays != 0, VictoriaLogs, CloudWatch)
	unused("storageGiB", s.StorageGiB != 0, VictoriaLogs)
	unused("storageClass", s.StorageClass != "", VictoriaLogs)
	unused("logsValues", len(s.LogsValues) > 0, VictoriaLogs)
	if s.Logs == VictoriaLogs {
		chart.CheckValues(found, path.Child("logsValues"), LogsValues(s), s.LogsValues, setLogsBy(path))
	}
}

// validateUnused refuses settings of a collector that is not installed.
func (s Spec) validateUnused(found *field.ErrorList, path *field.Path) {
	chart.CheckUnused(found, path, []chart.Field{
		{Key: "logs", Given: s.Logs != ""},
		// With logs, they have defaults.
		{Key: "retentionDays", Given: s.RetentionDays != 0 && s.Logs == ""},
		{Key: "storageGiB", Given: s.StorageGiB != 0 && s.Logs == ""},
		{Key: "storageClass", Given: s.StorageClass != "" && s.Logs == ""},
		{Key: "traces", Given: s.Traces != ""},
		{Key: "tracesHeader", Given: s.TracesHeader != "" && s.Traces == ""},
		{Key: "values", Given: len(s.Values) > 0},
		{Key: "logsValues", Given: len(s.LogsValues) > 0},
	}...)
}
