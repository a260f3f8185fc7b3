package monitoring

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// everything returns a spec that sets every field.
func everything() monitoringspec.Spec {
	return monitoringspec.Spec{
		Install: true, Namespace: "watch", RetentionDays: 30, StorageGiB: 200, StorageClass: "fast", Replicas: 2, Alertmanager: true,
		Grafana: monitoringspec.Grafana{Install: true, ExistingSecret: "grafana-admin"}, GPUMetrics: new(true),
		Alerts: monitoringspec.Alerts{Page: monitoringspec.PagerDuty, Ticket: monitoringspec.Slack, Channel: "#vllm"},
	}
}

// receiverSecrets returns a secret for each kind of receiver.
func receiverSecrets() map[string]pulumi.StringPtrInput {
	secrets := map[string]pulumi.StringPtrInput{}
	for _, kind := range []string{monitoringspec.Slack, monitoringspec.PagerDuty, monitoringspec.Webhook} {
		secrets[kind] = pulumi.StringPtr("hunter2-" + kind)
	}
	return secrets
}

func record(t *testing.T, spec monitoringspec.Spec) (*stacktest.Recording, *release.Component) {
	t.Helper()
	var component *release.Component
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) (err error) {
		component, err = New(ctx, "monitoring", Args{Spec: spec, Receivers: receiverSecrets()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return recording, component
}

func TestInstalled(t *testing.T) {
	for name, spec := range map[string]monitoringspec.Spec{
		"default":    {Install: true},
		"everything": everything(),
		// The exporter with an existing Prometheus.
		"exporter": {GPUMetrics: new(true), ServiceMonitor: true},
	} {
		t.Run(name, func(t *testing.T) {
			recording, component := record(t, spec)
			stacktest.Compare(t, "testdata/"+name+".json", recording)
			if got, want := len(component.Ready()), map[bool]int{true: 2}[spec.Install]; got != want {
				t.Errorf("ServiceMonitors wait for %d resources, want %d", got, want)
			}
			var namespaces []string
			for _, r := range recording.Resources() {
				if strings.HasSuffix(r.Type, ":Namespace") {
					namespaces = append(namespaces, r.Name)
				}
			}
			if !slices.Equal(namespaces, chart.Namespaces(&spec)) {
				t.Errorf("the namespaces are %q, and the spec says %q", namespaces, chart.Namespaces(&spec))
			}
		})
	}
}

func TestNotInstalled(t *testing.T) {
	recording, component := record(t, monitoringspec.Spec{})
	if n := len(recording.Resources()); n != 0 || component.Ready() != nil || chart.Namespaces(&monitoringspec.Spec{}) != nil {
		t.Errorf("%d resources are registered, and others wait for %v", n, component.Ready())
	}
}

// TestExporterWaitsForTheOperator checks that the kind of the exporter's
// ServiceMonitor exists before the exporter.
func TestExporterWaitsForTheOperator(t *testing.T) {
	recording, _ := record(t, monitoringspec.Spec{Install: true})
	for _, r := range recording.Resources() {
		if r.Name == "monitoring-dcgm" && slices.Contains(r.DependsOn, "kubernetes:helm.sh/v3:Release::monitoring") {
			return
		}
	}
	t.Error("the exporter of GPUs does not wait for Prometheus' operator, which brings ServiceMonitors")
}

func TestPrometheusURL(t *testing.T) {
	for want, spec := range map[string]monitoringspec.Spec{
		"": {},
		"http://kps-prometheus.monitoring.svc:9090": {Install: true},
		"http://kps-prometheus.watch.svc:9090":      everything(),
	} {
		if got := spec.PrometheusURL(); got != want {
			t.Errorf("the address is %q, want %q", got, want)
		}
	}
	if monitoringspec.StackValues(monitoringspec.Spec{Install: true}.WithDefaults())["fullnameOverride"] != "kps" {
		t.Error("the chart's Service is not called as the address says")
	}
}

// alerting returns a spec with receivers of alerts.
func alerting(alerts monitoringspec.Alerts) monitoringspec.Spec {
	return monitoringspec.Spec{Install: true, Alertmanager: true, Alerts: alerts}
}

// overriding returns a spec with a receiver, and a value of the chart's Alertmanager.
func overriding(key string, value any) monitoringspec.Spec {
	s := alerting(monitoringspec.Alerts{Page: monitoringspec.Slack})
	s.Values = map[string]any{"alertmanager": map[string]any{key: value}}
	return s
}

func TestValidate(t *testing.T) {
	installed := func(change func(*monitoringspec.Spec)) monitoringspec.Spec {
		s := monitoringspec.Spec{Install: true}
		change(&s)
		return s
	}
	tests := []struct {
		name string
		spec monitoringspec.Spec
		want string
	}{
		{"default", monitoringspec.Spec{}, ""},
		{"installed", installed(func(*monitoringspec.Spec) {}), ""},
		{"everything", everything(), ""},
		{"existing", monitoringspec.Spec{Namespace: "prometheus"}, ""},
		{"namespace", installed(func(s *monitoringspec.Spec) { s.Namespace = "Watch" }), "monitoring.namespace: invalid"},
		{"long namespace", installed(func(s *monitoringspec.Spec) { s.Namespace = strings.Repeat("n", 58) }), "monitoring.namespace: too long"},
		{"default namespace", installed(func(s *monitoringspec.Spec) { s.Namespace = "default" }), "monitoring.namespace: invalid"},
		{"retention", installed(func(s *monitoringspec.Spec) { s.RetentionDays = 731 }), "monitoring.retentionDays: invalid"},
		{"storage", installed(func(s *monitoringspec.Spec) { s.StorageGiB = 5 }), "monitoring.storageGiB: invalid"},
		{"class", installed(func(s *monitoringspec.Spec) { s.StorageClass = "GP3" }), "monitoring.storageClass: invalid"},
		{"replicas", installed(func(s *monitoringspec.Spec) { s.Replicas = 3 }), "monitoring.replicas: invalid"},
		{"grafana", installed(func(s *monitoringspec.Spec) { s.Grafana.ExistingSecret = "a" }), "monitoring.grafana.existingSecret: forbidden"},
		{"password", installed(func(s *monitoringspec.Spec) {
			s.Grafana = monitoringspec.Grafana{Install: true, ExistingSecret: "hunter2!"}
		}),
			"monitoring.grafana.existingSecret: invalid"},
		{"another name", installed(func(s *monitoringspec.Spec) { s.Values = map[string]any{"cleanPrometheusOperatorObjectNames": true} }),
			"monitoring.values.cleanPrometheusOperatorObjectNames: forbidden"},
		{"no operator", installed(func(s *monitoringspec.Spec) {
			s.Values = map[string]any{"prometheusOperator": map[string]any{"enabled": false}}
		}),
			"monitoring.values.prometheusOperator.enabled: forbidden"},
		{"no values", monitoringspec.Spec{Values: map[string]any{"a": 1}}, "monitoring.values: forbidden"},
		{"no retention", monitoringspec.Spec{RetentionDays: 1}, "monitoring.retentionDays: forbidden"},
		{"no storage", monitoringspec.Spec{StorageGiB: 50}, "monitoring.storageGiB: forbidden"},
		{"no class", monitoringspec.Spec{StorageClass: "gp3"}, "monitoring.storageClass: forbidden"},
		{"no replicas", monitoringspec.Spec{Replicas: 1}, "monitoring.replicas: forbidden"},
		{"no alertmanager", monitoringspec.Spec{Alertmanager: true}, "monitoring.alertmanager: forbidden"},
		{"no alerts", monitoringspec.Spec{Alerts: monitoringspec.Alerts{Page: "slack"}}, "monitoring.alerts: forbidden"},
		{"alerts without Alertmanager", installed(func(s *monitoringspec.Spec) { s.Alerts.Page = "slack" }), "monitoring.alerts: forbidden"},
		{"receiver", alerting(monitoringspec.Alerts{Page: "email"}), "monitoring.alerts.page: not supported"},
		{"receiver of tickets", alerting(monitoringspec.Alerts{Page: "slack", Ticket: "email"}), "monitoring.alerts.ticket: not supported"},
		{"channel", alerting(monitoringspec.Alerts{Page: "slack", Channel: "#a b"}), "monitoring.alerts.channel: invalid"},
		{"channel of another receiver", alerting(monitoringspec.Alerts{Ticket: "webhook", Channel: "#a"}), "monitoring.alerts.channel: forbidden"},
		{"channel without a receiver", alerting(monitoringspec.Alerts{Channel: "#a"}), "monitoring.alerts.channel: forbidden"},
		{"two configurations", overriding("config", map[string]any{"receivers": []any{}}), "monitoring.values.alertmanager.config: forbidden"},
		{"configuration as a string", overriding("stringConfig", "a"), "monitoring.values.alertmanager.stringConfig: forbidden"},
		{"volumes", overriding("alertmanagerSpec", map[string]any{"volumes": []any{}}), "monitoring.values.alertmanager.alertmanagerSpec.volumes: forbidden"},
		{"no grafana", monitoringspec.Spec{Grafana: monitoringspec.Grafana{Install: true}}, "monitoring.grafana.install: forbidden"},
		{"dashboards without rules", monitoringspec.Spec{ServiceMonitor: true, Rules: new(false), Dashboards: new(true)}, "monitoring.dashboards: forbidden"},
		{"dashboards without a ServiceMonitor", monitoringspec.Spec{Dashboards: new(true)}, "monitoring.dashboards: forbidden"},
		{"no dashboards", monitoringspec.Spec{ServiceMonitor: true, Dashboards: new(false)}, ""},
		{"no rules", installed(func(s *monitoringspec.Spec) { s.Rules = new(false) }), ""},
		{"no secret", monitoringspec.Spec{Grafana: monitoringspec.Grafana{ExistingSecret: "a"}}, "monitoring.grafana.existingSecret: forbidden"},
	}
	for _, test := range tests {
		err := problems.Err(test.spec.WithDefaults().Validate(field.NewPath("monitoring")))
		if got := strings.Join(problemstest.Kinds(err), ", "); got != test.want {
			t.Errorf("%s: the error is %v, want %q", test.name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error repeats what may be a password", test.name)
		}
	}
}

// TestSpecsAreNotShared checks that WithDefaults does not change the caller's spec.
func TestSpecsAreNotShared(t *testing.T) {
	original := everything()
	*original.WithDefaults().GPUMetrics = false
	if !*original.GPUMetrics {
		t.Error("WithDefaults returns a spec that shares memory with the one it was called on")
	}
}

func TestChartsKnowTheirKeys(t *testing.T) {
	generated := everything()
	generated.Grafana.ExistingSecret = ""
	labelled := monitoringspec.Spec{Install: true, Labels: map[string]string{"release": "x"}}
	for _, spec := range []monitoringspec.Spec{{Install: true}, everything(), generated, labelled} {
		spec = spec.WithDefaults()
		stacktest.ChartKeys(t, "testdata/kube-prometheus-stack.keys", versions.KubePrometheusStack, monitoringspec.StackValues(spec))
		stacktest.ChartKeys(t, "testdata/dcgm-exporter.keys", versions.DCGMExporter, monitoringspec.ExporterValues(spec))
	}
}

// TestPrometheusLooksAtEverything checks that Prometheus selects objects without the
// label of the release: the ServiceMonitors of models have none.
func TestPrometheusLooksAtEverything(t *testing.T) {
	p, _ := monitoringspec.StackValues(monitoringspec.Spec{Install: true}.WithDefaults())["prometheus"].(map[string]any)
	spec, _ := p["prometheusSpec"].(map[string]any)
	for _, kind := range []string{"serviceMonitor", "podMonitor", "rule", "probe", "scrapeConfig"} {
		if spec[kind+"SelectorNilUsesHelmValues"] != false {
			t.Errorf("Prometheus takes only those objects of the kind %s that have the release's label", kind)
		}
	}
}

// TestNoPasswordInValues checks the values of Grafana, because Pulumi's state holds
// values in clear.
func TestNoPasswordInValues(t *testing.T) {
	generated := monitoringspec.Spec{Install: true, Grafana: monitoringspec.Grafana{Install: true}}.WithDefaults()
	for _, spec := range []monitoringspec.Spec{generated, everything()} {
		g := monitoringspec.GrafanaValues(spec)
		if _, found := g["adminPassword"]; found {
			t.Error("Grafana's password is in its values")
		}
		if _, found := g["admin"]; found != (spec.Grafana.ExistingSecret != "") {
			t.Errorf("Grafana's administrator is %v", g["admin"])
		}
	}
}
