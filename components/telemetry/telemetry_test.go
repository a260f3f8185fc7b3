package telemetry

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/iampolicy/policytest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	telemetryspec "github.com/vllm-eks/vllm-eks/spec/telemetry"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

const canary = "canary"

func record(t *testing.T, spec telemetryspec.Spec, token pulumi.StringPtrInput) *stacktest.Recording {
	t.Helper()
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		installed, err := New(ctx, "telemetry", Args{Spec: spec, ClusterName: pulumi.String("vllm-eks-test"), TracesToken: token})
		if err == nil && len(installed.Ready()) > 0 {
			t.Errorf("models wait for %d resources", len(installed.Ready()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

var (
	onCluster = telemetryspec.Spec{Install: true, Traces: "https://otlp.example.com", Namespaces: []string{"inference", "keda"}}
	onAWS     = telemetryspec.Spec{Install: true, Logs: telemetryspec.CloudWatch, Region: "us-west-2", Namespaces: []string{"inference"}}
)

func TestInstalled(t *testing.T) {
	secret := pulumi.ToSecret(pulumi.String(canary)).(pulumi.StringOutput).ToStringPtrOutput()
	recording := record(t, onCluster, secret)
	stacktest.Compare(t, "testdata/victorialogs.json", recording)
	for _, r := range recording.Resources() {
		if text := fmt.Sprint(r.Inputs); r.Type != "kubernetes:core/v1:Secret" && strings.Contains(text, canary) {
			t.Errorf("%s %s has the token of traces", r.Type, r.Name)
		}
	}
	stacktest.Compare(t, "testdata/cloudwatch.json", record(t, onAWS, nil))
	if n := len(record(t, telemetryspec.Spec{}, nil).Resources()); n != 0 {
		t.Errorf("without install, %d resources are registered", n)
	}
}

// TestVolumeAndGroupExistFirst holds the order of a deletion, which is the reverse.
func TestVolumeAndGroupExistFirst(t *testing.T) {
	for release, spec := range map[string]telemetryspec.Spec{"telemetry-logs": onCluster, "telemetry": onAWS} {
		want := []string{"kubernetes:core/v1:PersistentVolumeClaim::telemetry-disk"}
		if spec.Logs == telemetryspec.CloudWatch {
			want = []string{"aws:cloudwatch/logStream:LogStream::telemetry", "aws:eks/podIdentityAssociation:PodIdentityAssociation::telemetry"}
		}
		found := false
		for _, r := range record(t, spec, nil).Resources() {
			if r.Type != "kubernetes:helm.sh/v3:Release" || r.Name != release {
				continue
			}
			found = true
			for _, before := range want {
				if !slices.Contains(r.DependsOn, before) {
					t.Errorf("%s waits for %q, want also %s", release, r.DependsOn, before)
				}
			}
		}
		if !found {
			t.Errorf("there is no release %s", release)
		}
	}
}

func TestChartKeys(t *testing.T) {
	for _, spec := range []telemetryspec.Spec{onCluster, onAWS} {
		stacktest.ChartKeys(t, "testdata/opentelemetry-collector.keys", versions.OpenTelemetryCollector, telemetryspec.CollectorValues(spec.WithDefaults(), true))
	}
	stacktest.ChartKeys(t, "testdata/victoria-logs-single.keys", versions.VictoriaLogsChart, telemetryspec.LogsValues(onCluster.WithDefaults()))
}

func TestPolicy(t *testing.T) {
	const group = "arn:aws:logs:us-west-2:123456789012:log-group:/vllm-eks/test/pods"
	text, err := policy(group)
	if err != nil {
		t.Fatal(err)
	}
	statements := policytest.Check(t, text)
	if len(statements) != 1 || !slices.Equal(statements[0].Action, []string{"logs:PutLogEvents"}) || !slices.Equal(statements[0].Resource, []string{group + ":log-stream:pods"}) {
		t.Errorf("the collector may do %+v, want to write to one stream alone", statements)
	}
}

func TestValidate(t *testing.T) {
	for name, test := range map[string]struct {
		spec telemetryspec.Spec
		want string
	}{
		"nothing":              {telemetryspec.Spec{}, ""},
		"existing collector":   {telemetryspec.Spec{CollectorURL: "http://collector.tracing.svc:4318"}, ""},
		"no URL":               {telemetryspec.Spec{CollectorURL: "collector"}, "telemetry.collectorUrl: invalid"},
		"two collectors":       {telemetryspec.Spec{Install: true, CollectorURL: "http://collector:4318"}, "telemetry.collectorUrl: forbidden"},
		"installed":            {telemetryspec.Spec{Install: true}, ""},
		"only traces":          {telemetryspec.Spec{Install: true, Logs: "none", Traces: "https://otlp.example.com"}, ""},
		"neither":              {telemetryspec.Spec{Install: true, Logs: "none"}, "telemetry.logs: invalid"},
		"unknown store":        {telemetryspec.Spec{Install: true, Logs: "loki"}, "telemetry.logs: not supported"},
		"retention":            {telemetryspec.Spec{Install: true, RetentionDays: 15}, "telemetry.retentionDays: not supported"},
		"volume in CloudWatch": {telemetryspec.Spec{Install: true, Logs: "cloudwatch", StorageGiB: 5}, "telemetry.storageGiB: forbidden"},
		"days of traces":       {telemetryspec.Spec{Install: true, Logs: "none", Traces: "http://a", RetentionDays: 5}, "telemetry.retentionDays: forbidden"},
		"class":                {telemetryspec.Spec{Install: true, StorageClass: "GP3"}, "telemetry.storageClass: invalid"},
		"our value":            {telemetryspec.Spec{Install: true, Values: map[string]any{"config": map[string]any{}}}, "telemetry.values.config: forbidden"},
		"our volume":           {telemetryspec.Spec{Install: true, LogsValues: map[string]any{"server": map[string]any{"retentionPeriod": 1}}}, "telemetry.logsValues.server.retentionPeriod: forbidden"},
		"other header":         {telemetryspec.Spec{Install: true, Traces: "http://a", TracesHeader: "x-honeycomb-team"}, ""},
		"no header":            {telemetryspec.Spec{Install: true, Traces: "http://a", TracesHeader: "x team"}, "telemetry.tracesHeader: invalid"},
		"header of nothing":    {telemetryspec.Spec{Install: true, TracesHeader: "x-team"}, "telemetry.tracesHeader: forbidden"},
		"unused":               {telemetryspec.Spec{Logs: "cloudwatch", Traces: "http://a"}, "telemetry.logs: forbidden, telemetry.traces: forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			err := problems.Err(test.spec.WithDefaults().Validate(field.NewPath("telemetry")))
			if got := strings.Join(problemstest.Kinds(err), ", "); got != test.want {
				t.Errorf("the problems are %q (%v), want %q", got, err, test.want)
			}
		})
	}
}
