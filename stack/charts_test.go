package stack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// TestMalformedCharts checks that the whole program refuses each configuration with the
// key.
func TestMalformedCharts(t *testing.T) {
	const before = "  vllm-eks:models"
	tests := []struct {
		name, key, value string
		want             string
	}{
		{"KEDA value that keda.replicas sets", "keda", "{values: {operator: {replicaCount: 3}}}",
			"keda.values.operator.replicaCount: is set by keda.replicas; remove it, and set that key"},
		{"ingress controller value that tags set", "ingressController", "{values: {defaultTags: {a: b}}}", "ingressController.values.defaultTags: is set by tags"},
		{"Prometheus value that monitoring.storageGiB sets", "monitoring", "{values: {prometheus: {prometheusSpec: {storageSpec: {emptyDir: {}}}}}}",
			"monitoring.values.prometheus.prometheusSpec.storageSpec: is set by monitoring.storageGiB and monitoring.storageClass"},
		{"GPU exporter value that the program sets", "monitoring", "{gpuMetricsValues: {affinity: {nodeAffinity: null}}}", "monitoring.gpuMetricsValues.affinity.nodeAffinity: is set by this program"},
		{"GPU exporter values without the exporter", "monitoring", "{gpuMetrics: false, gpuMetricsValues: {a: b}}", "monitoring.gpuMetricsValues: is ignored without gpuMetrics"},
		{"device plugin values without install", "gpu", "{install: false, values: {a: b}}", "gpu.values: is ignored without install"},
		{"autoscaler values are a list", "autoscaler", "{values: [a]}", "autoscaler.values: is a list, want a mapping"},
		{"Grafana value with a password in clear text", "monitoring", "{values: {grafana: {smtp: {password: " + canary + "}}}}",
			"monitoring.values.grafana.smtp.password: looks like an unencrypted secret"},
		{"grafanaPassword in clear text", "grafanaPassword", canary, "grafanaPassword: is stored unencrypted"},
		{"grafanaPassword without Grafana", "grafanaPassword", "{secure: " + canary + "}", "grafanaPassword: is ignored without Grafana"},
		{"prometheusUrl of Amazon Managed Prometheus", "monitoring", `{install: false, prometheusUrl: "https://aps-workspaces.us-west-2.amazonaws.com/workspaces/ws-1"}`,
			"monitoring.prometheusUrl: is Amazon Managed Service for Prometheus, which answers signed requests only"},
		{"tag value with a colon and a space", "tags", `{cost: "Cost: shared"}`, "tags.cost: is \"Cost: shared\", which breaks the arguments of the load balancer controller"},
		{"tag value that ends in a colon", "tags", `{cost: "shared:"}`, "tags.cost: is \"shared:\", which breaks the arguments of the load balancer controller"},
		{"tag key with an equals sign", "tags", `{"a=b": c}`, `tags.a=b: is "c", which breaks the arguments of the load balancer controller`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			recording, err := record("test", mustParse(t, edited(t, before, "  vllm-eks:"+test.key+": "+test.value+"\n"+before)))
			got := messages(err)
			if len(got) != 1 || !strings.HasPrefix(strings.TrimSpace(got[0]), test.want) || strings.Contains(strings.Join(got, ""), canary) {
				t.Errorf("the problems are %q, want %q", got, test.want)
			}
			if n := len(recording.Resources()); n != 0 {
				t.Errorf("%d resources were registered", n)
			}
		})
	}
}

// TestGrafanaHasOnePassword checks that two passwords are refused.
func TestGrafanaHasOnePassword(t *testing.T) {
	_, err := record("test", mustParse(t, edited(t, "  vllm-eks:models", "  vllm-eks:grafanaPassword: {secure: x}\n"+
		"  vllm-eks:monitoring: {grafana: {install: true, existingSecret: mine}}\n  vllm-eks:models")))
	if got := messages(err); len(got) != 1 || !strings.HasPrefix(strings.TrimSpace(got[0]), "monitoring.grafana.existingSecret: cannot be combined with grafanaPassword") {
		t.Errorf("the problems are %q", got)
	}
}

// TestMalformedReceivers checks that receivers of alerts without a secret, and secrets without a
// receiver, are refused, and that no message repeats a secret.
func TestMalformedReceivers(t *testing.T) {
	const slack, webhook, key = "https://hooks.slack.com/services/" + canary, "http://alerts.example.com/" + canary, "pagerduty00canary000000000000000"
	alerts := func(text string) string { return "monitoring: {alertmanager: true, alerts: " + text + "}" }
	for _, test := range []struct {
		name string
		keys []string
		want string
	}{
		{"Slack", []string{alerts("{page: slack}"), "alertSlackUrl: {secure: '" + slack + "'}"}, ""},
		{"webhook", []string{alerts("{ticket: webhook}"), "alertWebhookUrl: {secure: '" + webhook + "'}"}, ""},
		{"PagerDuty", []string{alerts("{page: pagerduty}"), "alertPagerDutyKey: {secure: " + key + "}"}, ""},
		{"no URL of Slack", []string{alerts("{page: slack}")}, "alertSlackUrl: is missing"},
		{"no key of PagerDuty", []string{alerts("{page: pagerduty, ticket: slack}"), "alertSlackUrl: {secure: '" + slack + "'}"}, "alertPagerDutyKey: is missing"},
		{"no URL of the webhook", []string{alerts("{page: webhook}")}, "alertWebhookUrl: is missing"},
		{"URL without a receiver", []string{"alertSlackUrl: {secure: '" + slack + "'}"}, "alertSlackUrl: is ignored without a receiver"},
		{"key of another receiver", []string{alerts("{page: slack}"), "alertSlackUrl: {secure: '" + slack + "'}", "alertPagerDutyKey: {secure: " + key + "}"}, "alertPagerDutyKey: is ignored"},
		{"URL in clear", []string{alerts("{page: slack}"), "alertSlackUrl: '" + slack + "'"}, "alertSlackUrl: is stored unencrypted"},
		{"no URL", []string{alerts("{page: slack}"), "alertSlackUrl: {secure: " + canary + "}"}, "alertSlackUrl: is not the secret"},
		{"URL of Slack without encryption on the wire", []string{alerts("{page: slack}"), "alertSlackUrl: {secure: '" + webhook + "'}"}, "alertSlackUrl: is not the secret"},
		{"short key", []string{alerts("{page: pagerduty}"), "alertPagerDutyKey: {secure: " + canary + "}"}, "alertPagerDutyKey: is not the secret"},
		{"unknown receiver", []string{alerts("{page: email}")}, "monitoring.alerts.page: is \"email\""},
		{"unknown key", []string{alerts("{receiver: slack}")}, "monitoring.alerts.receiver: "},
		{"no Alertmanager", []string{"monitoring: {alerts: {page: slack}}", "alertSlackUrl: {secure: '" + slack + "'}"}, "monitoring.alerts: is ignored without alertmanager"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := record("test", mustParse(t, edited(t, "  vllm-eks:models", "  vllm-eks:"+strings.Join(test.keys, "\n  vllm-eks:")+"\n  vllm-eks:models")))
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			got := messages(err)
			switch {
			case len(got) != 1 || !strings.HasPrefix(strings.TrimSpace(got[0]), test.want):
				t.Errorf("the problems are %q, want %q", got, test.want)
			case strings.Contains(strings.Join(got, ""), canary) || strings.Contains(strings.Join(got, ""), key):
				t.Errorf("the problems repeat a secret: %q", got)
			}
		})
	}
}

// TestPrometheusElsewhereLeavesNoServiceMonitors checks that a stack with an existing
// Prometheus has no ServiceMonitors: no chart installs their kind, and pulumi up would stop
// at the first.
func TestPrometheusElsewhereLeavesNoServiceMonitors(t *testing.T) {
	const elsewhere = `{prometheusUrl: "http://mine:9090"%s}`
	watch := func(keys string) string {
		return edited(t, "  vllm-eks:models", "  vllm-eks:monitoring: "+strings.Replace(elsewhere, "%s", keys, 1)+"\n  vllm-eks:models")
	}
	if n := kinds(mustRecord(t, "test", mustParse(t, watch(""))))["kubernetes:monitoring.coreos.com/v1:ServiceMonitor"]; n != 0 {
		t.Errorf("%d ServiceMonitors are made", n)
	}
	requested := watch(", serviceMonitor: true")
	if n := kinds(mustRecord(t, "test", mustParse(t, requested)))["kubernetes:monitoring.coreos.com/v1:ServiceMonitor"]; n != 1 {
		t.Errorf("%d ServiceMonitors are made, want the one that is asked for", n)
	}
	warned := strings.Join(warningsIn(t, nil, mustParse(t, requested)), "\n")
	if !strings.Contains(warned, "monitoring.serviceMonitor: is true, but this stack does not install the kind") {
		t.Errorf("the warnings are %q", warned)
	}
}

// TestAutoscalerOnAnExistingCluster checks that an existing cluster can have the
// autoscaler.
func TestAutoscalerOnAnExistingCluster(t *testing.T) {
	live := stacktest.SimulatedAccount()
	live.Clusters = map[string]stacktest.Cluster{"mine": {Version: "1.35"}}
	tests := []struct {
		name, version string
		account       *stacktest.Account
		tag, want     string
	}{
		{"version by the key", `, kubernetesVersion: "1.34"`, nil, "v1.34.", ""},
		{"version by the account", "", live, "v1.35.", ""},
		{"version by the key and the account", `, kubernetesVersion: "1.35"`, live, "v1.35.", ""},
		{"version by neither", "", nil, "", "cluster.kubernetesVersion: is missing, and the version of mine could not be read"},
		{"version of the key differs from the account", `, kubernetesVersion: "1.34"`, live, "", "cluster.kubernetesVersion: is 1.34, and the cluster runs 1.35"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			recording, err := recordIn(test.account, "test", mustParse(t, `config:
  aws:region: us-west-2
  vllm-eks:cluster: {existing: {context: mine, name: mine}`+test.version+`}
  vllm-eks:autoscaler: {install: true}
`))
			if test.want != "" {
				if got := messages(err); len(got) != 1 || !strings.HasPrefix(strings.TrimSpace(got[0]), test.want) {
					t.Errorf("the problems are %q, want %q", got, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			tag := ""
			for _, r := range recording.Resources() {
				if r.Inputs["chart"] == "cluster-autoscaler" {
					tag, _ = valueAt(r.Inputs, "values", "image", "tag").(string)
				}
			}
			if !strings.HasPrefix(tag, test.tag) {
				t.Errorf("the autoscaler is %q, want one of %s", tag, test.tag)
			}
		})
	}
}

// TestRaisingStorageChangesTheDiskToo checks that more storage changes the disk and
// Prometheus only.
func TestRaisingStorageChangesTheDiskToo(t *testing.T) {
	sized := func(gib string) string {
		return edited(t, "  vllm-eks:models", "  vllm-eks:monitoring: {storageGiB: "+gib+"}\n  vllm-eks:models")
	}
	want := []string{
		"~ kubernetes:core/v1:PersistentVolumeClaim::prometheus-disk-0", "~ kubernetes:helm.sh/v3:Release::monitoring",
		"~ kubernetes:monitoring.coreos.com/v1:PrometheusPatch::prometheus-available",
	}
	got := changed(t, sized("20"), sized("50"))
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("changed %q, want %q", got, want)
	}
}

// TestLabelsOfMonitoringReachEveryServiceMonitor checks that every ServiceMonitor has the
// labels by which an existing Prometheus selects.
func TestLabelsOfMonitoringReachEveryServiceMonitor(t *testing.T) {
	recording := mustRecord(t, "test", mustParse(t, edited(t, "  vllm-eks:models",
		`  vllm-eks:monitoring: {prometheusUrl: "http://mine:9090", serviceMonitor: true, gpuMetrics: true, labels: {release: kps-of-ours}}`+"\n  vllm-eks:models")))
	watched := 0
	for _, r := range recording.Resources() {
		text, err := json.Marshal(r.Inputs["values"])
		if err != nil {
			t.Fatal(err)
		}
		if !isRelease(r) || !strings.Contains(string(text), `"serviceMonitor"`) {
			continue // it has nothing to scrape
		}
		watched++
		if !strings.Contains(string(text), `{"release":"kps-of-ours"}`) {
			t.Errorf("the ServiceMonitor of %s has no label", r.Inputs["chart"])
		}
	}
	if watched < 4 {
		t.Errorf("only %d charts have ServiceMonitors", watched)
	}
}
