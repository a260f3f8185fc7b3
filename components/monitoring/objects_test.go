package monitoring

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// lookUp returns the value at a path of nested mappings.
func lookUp(value any, path ...string) any {
	for _, key := range path {
		inner, _ := value.(map[string]any)
		value = inner[key]
	}
	return value
}

// ofType returns the resources whose type has an ending.
func ofType(recording *stacktest.Recording, ending string) []stacktest.Resource {
	var found []stacktest.Resource
	for _, r := range recording.Resources() {
		if strings.HasSuffix(r.Type, ending) {
			found = append(found, r)
		}
	}
	return found
}

// releaseOf returns the Release of a chart.
func releaseOf(t *testing.T, recording *stacktest.Recording, chart string) stacktest.Resource {
	t.Helper()
	for _, r := range ofType(recording, ":Release") {
		if r.Inputs["chart"] == chart {
			return r
		}
	}
	t.Fatalf("%s is not installed", chart)
	return stacktest.Resource{}
}

// TestRaisingStorageRaisesTheDisk checks that the size of the disk and the limit of
// stored metrics follow from one number, and that the disk changes first.
func TestRaisingStorageRaisesTheDisk(t *testing.T) {
	for gib, limit := range map[int]string{20: "16GiB", 50: "40GiB"} {
		recording, _ := record(t, monitoringspec.Spec{Install: true, StorageGiB: gib, Replicas: 2})
		claims := ofType(recording, ":PersistentVolumeClaim")
		if len(claims) != 2 {
			t.Fatalf("there are %d claims, want one for each Prometheus", len(claims))
		}
		release := releaseOf(t, recording, "kube-prometheus-stack")
		for i, claim := range claims {
			want := []string{"prometheus-kps-prometheus-db-prometheus-kps-prometheus-0", "prometheus-kps-prometheus-db-prometheus-kps-prometheus-1"}[i]
			if name := lookUp(claim.Inputs, "metadata", "name"); name != want {
				t.Errorf("the claim is %v, and the StatefulSet looks for %s", name, want)
			}
			size := lookUp(claim.Inputs, "spec", "resources", "requests", "storage")
			template := lookUp(release.Inputs, "values", "prometheus", "prometheusSpec", "storageSpec", "volumeClaimTemplate", "spec", "resources", "requests", "storage")
			if size != template {
				t.Errorf("the claim has %v, and the template %v", size, template)
			}
			if !slices.Contains(release.DependsOn, claim.Type+"::"+claim.Name) {
				t.Errorf("the release waits for %q: Prometheus would have the new limit before the disk", release.DependsOn)
			}
			if !slices.Contains(claim.IgnoreChanges, "spec.storageClassName") {
				t.Error("another class replaces the claim, which waits for Prometheus to stop")
			}
		}
		if got := lookUp(release.Inputs, "values", "prometheus", "prometheusSpec", "retentionSize"); got != limit {
			t.Errorf("of %d GiB, Prometheus fills %v, want %s", gib, got, limit)
		}
	}
}

// TestRecreatedStatefulSetDoesNotDeleteTheMetrics checks the retention policy of the
// claims: the operator recreates the StatefulSet for a larger disk.
func TestRecreatedStatefulSetDoesNotDeleteTheMetrics(t *testing.T) {
	recording, _ := record(t, monitoringspec.Spec{Install: true})
	policy := lookUp(releaseOf(t, recording, "kube-prometheus-stack").Inputs, "values", "prometheus", "prometheusSpec", "persistentVolumeClaimRetentionPolicy")
	if policy != nil {
		t.Errorf("the claims go with the StatefulSet: %v", policy)
	}
	spec := monitoringspec.Spec{Install: true, Values: map[string]any{"prometheus": map[string]any{"prometheusSpec": map[string]any{
		"persistentVolumeClaimRetentionPolicy": map[string]any{"whenDeleted": "Delete"},
	}}}}
	const policyKey = "monitoring.values.prometheus.prometheusSpec.persistentVolumeClaimRetentionPolicy"
	problemstest.Check(t, problems.Err(spec.WithDefaults().Validate(field.NewPath("monitoring"))), []string{policyKey + ": forbidden"}, nil)
}

// TestPrometheusThatNeverStartsIsNotInstalled checks that the component waits for
// Prometheus: Helm treats the object Prometheus as ready at once.
func TestPrometheusThatNeverStartsIsNotInstalled(t *testing.T) {
	recording, _ := record(t, monitoringspec.Spec{Install: true})
	waits := ofType(recording, ":PrometheusPatch")
	if len(waits) != 1 {
		t.Fatalf("%d resources wait for Prometheus, want 1", len(waits))
	}
	w := waits[0]
	if got := lookUp(w.Inputs, "metadata", "annotations", "pulumi.com/waitFor"); got != "condition=Available" || lookUp(w.Inputs, "metadata", "name") != "kps-prometheus" {
		t.Errorf("it waits for %v of %v", got, lookUp(w.Inputs, "metadata", "name"))
	}
	if !slices.Contains(w.DependsOn, "kubernetes:helm.sh/v3:Release::monitoring") || !w.RetainOnDelete {
		t.Errorf("it is made after %q, and deleted with the object: %t", w.DependsOn, !w.RetainOnDelete)
	}
	if !slices.Contains(releaseOf(t, recording, "dcgm-exporter").DependsOn, w.Type+"::"+w.Name) {
		t.Error("nothing waits for it")
	}
	changed, _ := record(t, monitoringspec.Spec{Install: true, RetentionDays: 3})
	if lookUp(ofType(changed, ":PrometheusPatch")[0].Inputs, "metadata", "annotations", valuesAnnotation) == lookUp(w.Inputs, "metadata", "annotations", valuesAnnotation) {
		t.Error("a change of the values does not wait for Prometheus")
	}
}

// TestGrafanasPasswordWorksInTheFirstRun checks the Secret of the component: an
// existing Secret cannot be in a namespace that the same run creates.
func TestGrafanasPasswordWorksInTheFirstRun(t *testing.T) {
	recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		_, err := New(ctx, "monitoring", Args{Spec: monitoringspec.Spec{Install: true, Grafana: monitoringspec.Grafana{Install: true}}, GrafanaPassword: pulumi.StringPtr("hunter2")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	secrets := ofType(recording, ":Secret")
	if len(secrets) != 1 || lookUp(secrets[0].Inputs, "metadata", "namespace") != "monitoring" {
		t.Fatalf("the Secrets are %v, want one in the namespace monitoring", secrets)
	}
	if got := lookUp(secrets[0].Inputs, "stringData", "admin-password"); got != stacktest.Redacted {
		t.Errorf("the password is in Pulumi's state in clear: %v", got)
	}
	release := releaseOf(t, recording, "kube-prometheus-stack")
	if got := lookUp(release.Inputs, "values", "grafana", "admin", "existingSecret"); got != "grafana-admin-a1b2c3d" {
		t.Errorf("Grafana reads the Secret %v, want the one that is made", got)
	}
	if got := lookUp(release.Inputs, "values", "grafana", "enabled"); got != true {
		t.Errorf("the other values of Grafana are gone: %v", lookUp(release.Inputs, "values", "grafana"))
	}
	text, err := recording.JSON()
	if err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("the password is in what is recorded: %v", err)
	}
}

// TestAlertsThatAlwaysFireAreOff checks the alerts that docs/addons.md lists.
func TestAlertsThatAlwaysFireAreOff(t *testing.T) {
	for _, alertmanager := range []bool{false, true} {
		rules := monitoringspec.StackValues(monitoringspec.Spec{Install: true, Alertmanager: alertmanager}.WithDefaults())["defaultRules"]
		for alert, want := range map[string]bool{"PrometheusNotConnectedToAlertmanagers": !alertmanager, "KubeCPUOvercommit": true, "KubeMemoryOvercommit": true, "Watchdog": true, "InfoInhibitor": true} {
			if got := lookUp(rules, "disabled", alert); got != want {
				t.Errorf("with Alertmanager %t, %s is off: %v, want %t", alertmanager, alert, got, want)
			}
		}
		if got := lookUp(rules, "rules", "alertmanager"); got != alertmanager {
			t.Errorf("rules of Alertmanager are there: %v, want %t", got, alertmanager)
		}
	}
}

func TestGrafanaAndKubeStateMetricsDoNotReadEverySecret(t *testing.T) {
	values := monitoringspec.StackValues(everything())
	if got := lookUp(values, "grafana", "rbac", "namespaced"); got != true {
		t.Errorf("Grafana has a ClusterRole: namespaced is %v", got)
	}
	for _, sidecar := range []string{"dashboards", "datasources"} {
		if got := lookUp(values, "grafana", "sidecar", sidecar, "resource"); got != "configmap" {
			t.Errorf("the sidecar for %s reads %v", sidecar, got)
		}
	}
	excluded, _ := lookUp(values, "kube-state-metrics", "collectorsExclude").([]any)
	if !slices.Contains(excluded, any("secrets")) || !slices.Contains(excluded, any("configmaps")) {
		t.Errorf("kube-state-metrics leaves out %v", excluded)
	}
}

// TestPrometheusIsNotTheFirstToGo checks that Prometheus has a high priority, because
// the scaling of replicas needs it.
func TestPrometheusIsNotTheFirstToGo(t *testing.T) {
	values := monitoringspec.StackValues(monitoringspec.Spec{Install: true}.WithDefaults())
	for _, path := range [][]string{{"prometheus", "prometheusSpec"}, {"prometheusOperator"}, {"kube-state-metrics"}} {
		if got := lookUp(lookUp(values, path...), "priorityClassName"); got != monitoringspec.ClusterCritical {
			t.Errorf("%v has the priority %v", path, got)
		}
	}
}

// TestExporterIsNeitherThrottledNorEvictsReplicas checks the limits of the exporter:
// the default of the chart is 0.2 cores.
func TestExporterIsNeitherThrottledNorEvictsReplicas(t *testing.T) {
	values := monitoringspec.ExporterValues(monitoringspec.Spec{Install: true}.WithDefaults())
	if cpu, memory := lookUp(values, "resources", "limits", "cpu"), lookUp(values, "resources", "requests", "memory"); cpu != "2" || memory != "512Mi" {
		t.Errorf("the exporter may use %v cores and requests %v", cpu, memory)
	}
}

func TestGPUMetricsNameTheReplica(t *testing.T) {
	if got := lookUp(monitoringspec.ExporterValues(monitoringspec.Spec{Install: true}.WithDefaults()), "serviceMonitor", "honorLabels"); got != true {
		t.Errorf("honorLabels is %v: pod and namespace are the exporter's", got)
	}
}

// TestLabelsReachTheExporter checks the labels of the ServiceMonitor: without them, a
// Prometheus that selects by labels has no GPU metrics.
func TestLabelsReachTheExporter(t *testing.T) {
	spec := monitoringspec.Spec{GPUMetrics: new(true), ServiceMonitor: true, Labels: map[string]string{"release": "kps"}}
	if got := lookUp(monitoringspec.ExporterValues(spec), "serviceMonitor", "additionalLabels", "release"); got != "kps" {
		t.Errorf("the ServiceMonitor has the label release=%v", got)
	}
}
