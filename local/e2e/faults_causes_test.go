//go:build faults

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	healthyModel = "healthy"
	slowModel    = "slow"
)

// alertFault is a fault of one model, its alert, and the remedy of the alert's runbook.
type alertFault struct {
	alert, model string
	// labels are those of the alert beside alertname, namespace, service and pod.
	labels map[string]string
	// keys are the model's keys before the fault; broken are those with the fault, and
	// remedied those with the remedy. Default: unchanged, and keys.
	keys, broken, remedied string
	// cause causes a fault that is not one of the configuration, and remedy remedies it
	// when the alert fires. Default: none.
	cause, remedy func(*testing.T, *alertFault)
	// quiet ends the growth of the load. Default: none.
	quiet func()
	// consequences are names of further alerts that the fault may cause. Default: none.
	consequences []string

	fired time.Time
	ended bool
}

func (f *alertFault) during() string {
	if f.broken != "" {
		return f.broken
	}
	return f.keys
}

func (f *alertFault) after() string {
	if f.remedied != "" {
		return f.remedied
	}
	return f.keys
}

func (f *alertFault) stop() {
	if f.quiet != nil {
		f.quiet()
	}
}

// found reports whether the fault's alert is one of some alerts.
func (f *alertFault) found(alerts []map[string]string) bool {
	return slices.ContainsFunc(alerts, f.matches)
}

func (f *alertFault) matches(alert map[string]string) bool {
	for label, value := range f.labels {
		if alert[label] != value {
			return false
		}
	}
	return alert["alertname"] == f.alert && alert["namespace"] == alertsSpace && alert["service"] == f.model
}

// expected reports whether an alert is one of its model's fault. The fault of the node affects
// every model.
func expected(faults []alertFault, alert map[string]string) bool {
	name := alert["alertname"]
	return name == "VLLMSpotInterruption" || slices.ContainsFunc(faults, func(f alertFault) bool {
		return f.model == alert["service"] && (f.alert == name || slices.Contains(f.consequences, name))
	})
}

// alertFaults returns the faults. The first one is of the node, and has no model of its own.
func alertFaults() []alertFault {
	const scaledToOne = "replicas: {min: 1, max: 1}, scaling: {policy: load, targetLoad: %d}, maxNumSeqs: %d"
	slow := "extraArgs: [--enforce-eager], lifecycle: {loadSeconds: 60, provisionSeconds: 10, drainSeconds: 2, shutdownSeconds: 3}"
	queued, late, full := fmt.Sprintf(scaledToOne, 12, 16), fmt.Sprintf(scaledToOne, 2, 2), fmt.Sprintf(scaledToOne, 40, 256)
	raised := func(keys string, replicas int) string {
		return strings.Replace(keys, "max: 1", fmt.Sprintf("max: %d", replicas), 1)
	}
	return []alertFault{
		// The only node is cordoned as if AWS took it back, so every replica has the alert.
		{alert: "VLLMSpotInterruption", model: healthyModel, remedy: endSpot},
		{alert: "VLLMReplicaCrashes", model: "crashing", keys: "env: {}", broken: "env: {VLLMSIM_FAULT: load-crash}"},
		{
			alert: "VLLMStartSlow", model: slowModel, keys: slow, broken: slow + ", env: {VLLMSIM_FAULT: load-hang}",
			consequences: []string{"VLLMReplicaCrashes"}, // it restarts after twice the expected load time
		},
		{
			alert: "VLLMPodPending", model: "unpulled", labels: map[string]string{"reason": "ImagePullBackOff"},
			keys: "env: {}", broken: "image: localhost/missing:v0.33.0",
		},
		{
			alert: "VLLMPodPending", model: "unscheduled", labels: map[string]string{"reason": "Unschedulable"},
			keys: "env: {}", broken: "resources: {memory: 4000Gi}",
		},
		{
			alert: "VLLMNoReplicaReady", model: "unready",
			keys: "lifecycle: {rollout: inPlace}", broken: "lifecycle: {rollout: inPlace}, env: {VLLMSIM_FAULT: load-crash}",
			consequences: []string{"VLLMReplicaCrashes"},
		},
		{alert: "VLLMKVCacheOffPrediction", model: "unpredicted", keys: "env: {}", broken: "env: {VLLMSIM_GPU: L40S}"},
		{
			alert: "VLLMMetricsMissing", model: "unscraped", labels: map[string]string{"exporter": "vllm"}, keys: "env: {}",
			cause: func(t *testing.T, f *alertFault) {
				kubectl(t, "--namespace="+alertsSpace, "delete", "servicemonitor", f.model)
			},
		},
		{
			alert: "VLLMScalingFallback", model: "unreached", keys: "replicas: {min: 1, max: 2}, scaling: {policy: load, targetLoad: 8}",
			cause:  func(t *testing.T, f *alertFault) { scaleBy(t, f.model, "http://nowhere.monitoring.svc:9090") },
			remedy: func(t *testing.T, f *alertFault) { scaleBy(t, f.model, "http://kps-prometheus.monitoring.svc:9090") },
		},
		{alert: "VLLMReplicaHung", model: "stuck", labels: map[string]string{"engine": "0"}, keys: `env: {VLLMSIM_FAULT: "hang:requests=3"}`, cause: hang, remedy: deletePod},
		{alert: "VLLMQueueGrows", model: "queued", keys: queued, remedied: raised(queued, 10), cause: queue, consequences: []string{"VLLMObjectivesMissed"}},
		{
			alert: "VLLMObjectivesMissed", model: "late", labels: map[string]string{"window": "1h", "severity": "page"}, keys: late, remedied: raised(late, 6),
			cause:        func(t *testing.T, f *alertFault) { talk(t, f.model, 12, chatter{prompt: 4, output: 20}) },
			consequences: []string{"VLLMQueueGrows"}, // in the first ten minutes, until the queue has been constant
		},
		{
			// About 85 requests fill the cache, and the others wait. A request is at most a
			// fiftieth of the cache, so that it stays full when one ends.
			alert: "VLLMKVCacheFull", model: "full", keys: full, remedied: raised(full, 3),
			cause: func(t *testing.T, f *alertFault) {
				talk(t, f.model, 110, chatter{prompt: 300, output: 600, varied: 300})
			},
			consequences: []string{"VLLMObjectivesMissed", "VLLMQueueGrows"},
		},
	}
}

// interruptSpot labels the only node as a spot node, and cordons it as EKS does before it drains
// the node.
func interruptSpot(t *testing.T, f *alertFault) {
	t.Helper()
	node := onlyNode(t)
	f.labels = map[string]string{"node": node}
	t.Cleanup(func() { kubectl(t, "uncordon", node); kubectl(t, "label", "node", node, spotLabel+"-") })
	kubectl(t, "label", "node", node, spotLabel+"=SPOT")
	kubectl(t, "cordon", node)
}

const spotLabel = "eks.amazonaws.com/capacityType"

func onlyNode(t *testing.T) string {
	t.Helper()
	return kubectl(t, "get", "nodes", "--output=jsonpath={.items[*].metadata.name}")
}

func endSpot(t *testing.T, _ *alertFault) {
	t.Helper()
	kubectl(t, "uncordon", onlyNode(t))
}

// scaleBy changes the address at which KEDA queries Prometheus for the first trigger of a model.
func scaleBy(t *testing.T, model, address string) {
	t.Helper()
	kubectl(t, "--namespace="+alertsSpace, "patch", "scaledobject", model, "--type=json",
		fmt.Sprintf(`--patch=[{"op":"replace","path":"/spec/triggers/0/metadata/serverAddress","value":%q}]`, address))
}

// hang makes the replica of a model hang with two running requests.
func hang(t *testing.T, f *alertFault) {
	t.Helper()
	url := serviceURLIn(t, alertsSpace, f.model)
	send := func(output int) {
		go func() { _ = complete(t.Context(), url, chatter{prompt: 4, output: output}) }() // it fails when the replica is deleted
	}
	send(3000)
	send(3000)
	await(t, "two running requests", time.Minute, func() bool {
		found, err := askPrometheus(t, fmt.Sprintf("vllm:num_requests_running{namespace=%q,service=%q} == 2", alertsSpace, f.model))
		return err == nil && found == 1
	})
	send(8)
}

func deletePod(t *testing.T, f *alertFault) {
	t.Helper()
	kubectl(t, "--namespace="+alertsSpace, "delete", "pod", "--wait=false", "--selector=app.kubernetes.io/instance="+f.model)
}

// queue sends requests for all places of a replica, and one more client every 15 s.
func queue(t *testing.T, f *alertFault) {
	t.Helper()
	const initial, most, pause = 20, 110, 15 * time.Second
	url, began := serviceURLIn(t, alertsSpace, f.model), time.Now()
	growing, end := context.WithCancel(t.Context())
	f.quiet = end
	keepOpen(t, url, most, func(client int) error {
		if begin := began.Add(time.Duration(client-initial) * pause); time.Now().Before(begin) {
			select {
			case <-time.After(time.Until(begin)):
			case <-growing.Done():
				<-t.Context().Done()
				return t.Context().Err()
			}
		}
		return completeOrWait(t.Context(), url, chatter{prompt: 4, output: 400})
	})
}

// talk keeps a number of requests to a model open.
func talk(t *testing.T, model string, clients int, c chatter) {
	t.Helper()
	url := serviceURLIn(t, alertsSpace, model)
	keepOpen(t, url, clients, func(int) error { return completeOrWait(t.Context(), url, c) })
}

// expectPod fails if an alert about a pod names none of the model's pods.
func expectPod(t *testing.T, f *alertFault, firing []map[string]string) {
	t.Helper()
	for _, a := range firing {
		if pod := a["pod"]; f.matches(a) && pod != "" && !slices.Contains(replicaPodsOf(t, f.model), pod) {
			t.Errorf("%s of %s names the pod %s; pods: %v", f.alert, f.model, pod, replicaPodsOf(t, f.model))
		}
	}
}

func replicaPodsOf(t *testing.T, model string) []string {
	t.Helper()
	return strings.Fields(kubectl(t, "--namespace="+alertsSpace, "get", "pods", "--selector=app.kubernetes.io/instance="+model, "--output=jsonpath={.items[*].metadata.name}"))
}

// alertsOf returns the labels of Prometheus' alerts of this test that have a state: pending, or
// firing, or "" for both.
func alertsOf(t *testing.T, state string) []map[string]string {
	t.Helper()
	var answer struct {
		Data struct {
			Alerts []struct {
				Labels map[string]string
				State  string
			}
		}
	}
	await(t, "Prometheus lists its alerts", time.Minute, func() bool { return getPrometheus(t, "alerts", &answer) == nil })
	var labels []map[string]string
	for _, a := range answer.Data.Alerts {
		if a.Labels["namespace"] == alertsSpace && (state == "" || a.State == state) {
			labels = append(labels, a.Labels)
		}
	}
	return labels
}
