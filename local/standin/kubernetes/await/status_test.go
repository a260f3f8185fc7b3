package await

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// object reads a fixture, with whole numbers as a client reads them.
func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	encoded, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(encoded, &fields); err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: fields}
}

// expect compares a verdict: the state, and a part of its message.
func expect(t *testing.T, got Status, state State, message string) {
	t.Helper()
	if got.State != state || !strings.Contains(got.Message, message) {
		t.Errorf("got state %d, %q; want state %d, %q", got.State, got.Message, state, message)
	}
}

const exceeded = `
metadata: {generation: 2}
spec: {replicas: 1, progressDeadlineSeconds: 60}
status:
  observedGeneration: 2
  replicas: 2
  updatedReplicas: 1
  availableReplicas: 1
  conditions:
  - {type: Progressing, status: "False", reason: ProgressDeadlineExceeded, lastUpdateTime: "2026-01-01T00:00:10Z"}
`

func TestDeploymentStatus(t *testing.T) {
	tests := []struct {
		name, deployment string
		attempt          Attempt
		state            State
		message          string
	}{
		{"not seen by the controller", `{metadata: {generation: 2}, status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1}}`,
			Attempt{}, Pending, "to see the change"},
		{"no status at all", `{metadata: {generation: 1}}`, Attempt{}, Pending, "to see the change"},
		{"starting", `{metadata: {generation: 1}, spec: {replicas: 2}, status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 1}}`,
			Attempt{}, Pending, "2 of 2 pods updated, 1 available"},
		{"replicas left to the default", `{metadata: {generation: 1}, status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1}}`,
			Attempt{}, Ready, ""},
		{"old pods left", `{metadata: {generation: 2}, spec: {replicas: 1}, status: {observedGeneration: 2, replicas: 2, updatedReplicas: 1, availableReplicas: 1}}`,
			Attempt{}, Pending, "1 old ones left"},
		{"scaled to zero", `{metadata: {generation: 1}, spec: {replicas: 0}, status: {observedGeneration: 1}}`, Attempt{}, Ready, ""},
		{"paused", `{metadata: {generation: 1}, spec: {paused: true}, status: {observedGeneration: 1}}`, Attempt{}, Ready, "paused"},
		{"pods refused by admission", `{metadata: {generation: 1}, status: {observedGeneration: 1, conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate, message: exceeded quota}]}}`,
			Attempt{}, Pending, "FailedCreate: exceeded quota"},
		{"deadline passed on a new Deployment", exceeded, Attempt{}, Failed, "no progress within 1m0s"},
		{"deadline passed on an update", exceeded, Attempt{Elapsed: time.Minute}, Failed, "no progress"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			expect(t, deploymentStatus(object(t, test.deployment), test.attempt), test.state, test.message)
		})
	}
}

// After a failed rollout the controller leaves its verdict standing while it
// returns to the earlier template. That must not fail the return, but a return
// that never ends must not be waited for without limit either.
func TestDeploymentVerdictOfTheRolloutBefore(t *testing.T) {
	before := object(t, exceeded)
	status := func(elapsed time.Duration) Status {
		return deploymentStatus(object(t, exceeded), Attempt{Previous: before, Elapsed: elapsed})
	}
	expect(t, status(time.Second), Pending, "1 old ones left")
	expect(t, status(61*time.Second), Failed, "no progress")

	renewed := object(t, strings.Replace(exceeded, "00:00:10Z", "00:01:10Z", 1))
	expect(t, deploymentStatus(renewed, Attempt{Previous: before, Elapsed: time.Second}), Failed, "no progress")
}

func TestOtherKinds(t *testing.T) {
	tests := []struct {
		name   string
		status func(*unstructured.Unstructured) Status
		object string
		state  State
		text   string
	}{
		{"StatefulSet rolling", statefulSetStatus, `{spec: {replicas: 3}, status: {readyReplicas: 3, updatedReplicas: 2}}`, Pending, "3 of 3 pods ready, 2 updated"},
		{"StatefulSet with a partition", statefulSetStatus, `{spec: {replicas: 3, updateStrategy: {rollingUpdate: {partition: 2}}}, status: {readyReplicas: 3, updatedReplicas: 1}}`, Ready, ""},
		{"StatefulSet on delete", statefulSetStatus, `{spec: {replicas: 1, updateStrategy: {type: OnDelete}}, status: {readyReplicas: 1}}`, Ready, ""},
		{"DaemonSet without nodes", daemonSetStatus, `{status: {desiredNumberScheduled: 0}}`, Ready, ""},
		{"DaemonSet starting", daemonSetStatus, `{status: {desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1}}`, Pending, "1 of 2 nodes"},
		{"Job running", jobStatus, `{status: {active: 1}}`, Pending, "1 pods active"},
		{"Job complete", jobStatus, `{status: {conditions: [{type: Complete, status: "True"}]}}`, Ready, ""},
		{"Job failed", jobStatus, `{status: {conditions: [{type: Failed, status: "True", reason: BackoffLimitExceeded, message: too often}]}}`, Failed, "BackoffLimitExceeded: too often"},
		{"Job suspended", jobStatus, `{spec: {suspend: true}}`, Ready, "suspended"},
		{"Pod pending", podStatus, `{status: {phase: Pending}}`, Pending, "Pending"},
		{"Pod ready", podStatus, `{status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}`, Ready, ""},
		{"Pod done", podStatus, `{status: {phase: Succeeded}}`, Ready, ""},
		{"Pod failed", podStatus, `{status: {phase: Failed}}`, Failed, "failed"},
		{"Service with a pending load balancer", loadBalancerStatus, `{spec: {type: LoadBalancer}}`, Pending, "no load balancer"},
		{"Service with a load balancer", loadBalancerStatus, `{spec: {type: LoadBalancer}, status: {loadBalancer: {ingress: [{ip: 198.18.0.9}]}}}`, Ready, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			expect(t, test.status(object(t, test.object)), test.state, test.text)
		})
	}
}

func TestClaimStatus(t *testing.T) {
	waiting := object(t, `{status: {phase: Pending}}`)
	expect(t, claimStatus(waiting, false), Pending, "Pending")
	expect(t, claimStatus(waiting, true), Ready, "")
	expect(t, claimStatus(object(t, `{status: {phase: Bound}}`), false), Ready, "")
	expect(t, claimStatus(object(t, `{status: {phase: Lost}}`), false), Failed, "lost")
}

func TestServiceEndpoints(t *testing.T) {
	for text, want := range map[string]bool{
		`{spec: {selector: {a: b}, clusterIP: 198.19.0.1}}`:            true,
		`{spec: {selector: {a: b}, clusterIP: None}}`:                  false,
		`{spec: {clusterIP: 198.19.0.1}}`:                              false,
		`{spec: {selector: {a: b}, type: ExternalName}}`:               false,
		`{spec: {selector: {a: b}, type: LoadBalancer, clusterIP: x}}`: true,
	} {
		service := object(t, text)
		service.SetKind("Service")
		if got := needsEndpoints(service); got != want {
			t.Errorf("%s: needs endpoints = %v, want %v", text, got, want)
		}
	}
	slice := func(text string) Status {
		return endpointStatus([]unstructured.Unstructured{*object(t, text)})
	}
	expect(t, endpointStatus(nil), Pending, "no pod behind it")
	expect(t, slice(`{endpoints: [{conditions: {ready: false}}]}`), Pending, "none of the 1 pods")
	expect(t, slice(`{endpoints: [{conditions: {ready: false}}, {conditions: {ready: true}}]}`), Ready, "")
	expect(t, slice(`{endpoints: [{addresses: [198.18.0.2]}]}`), Ready, "")
}

func TestQuotaComparesAmounts(t *testing.T) {
	expect(t, checkQuota(t.Context(), nil, object(t, `{spec: {hard: {cpu: "1"}}, status: {hard: {cpu: 1000m}}}`), Attempt{}), Ready, "")
	expect(t, checkQuota(t.Context(), nil, object(t, `{spec: {hard: {cpu: "1"}}}`), Attempt{}), Pending, "cpu")
}

func TestPodProblems(t *testing.T) {
	tests := []struct {
		name, pod, want string
	}{
		{"image", `{metadata: {name: p}, status: {containerStatuses: [{name: c, state: {waiting: {reason: ImagePullBackOff, message: no such image}}}]}}`,
			"pod p: container c: ImagePullBackOff: no such image"},
		{"crash loop", `{metadata: {name: p}, status: {containerStatuses: [{name: c, restartCount: 2, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]}}`,
			"pod p: container c: CrashLoopBackOff: last run ended with OOMKilled exit code 137"},
		{"just crashed", `{metadata: {name: p}, status: {containerStatuses: [{name: c, state: {terminated: {exitCode: 1, reason: Error, message: bye}}}]}}`,
			"pod p: container c: ended with exit code 1 (bye)"},
		{"restarted", `{metadata: {name: p}, status: {containerStatuses: [{name: c, restartCount: 3, state: {running: {startedAt: x}}, lastState: {terminated: {exitCode: 2}}}]}}`,
			"pod p: container c: restarted 3 times, last run ended with exit code 2"},
		{"unschedulable", `{metadata: {name: p}, status: {conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: 0/1 nodes}]}}`,
			"pod p: Unschedulable: 0/1 nodes"},
		{"init container", `{metadata: {name: p}, status: {initContainerStatuses: [{name: i, state: {waiting: {reason: CreateContainerConfigError, message: no key}}}]}}`,
			"pod p: container i: CreateContainerConfigError: no key"},
		{"evicted", `{metadata: {name: p}, status: {phase: Failed, reason: Evicted, message: no memory}}`, "pod p: failed Evicted no memory"},
		{"starting", `{metadata: {name: p}, status: {containerStatuses: [{name: c, state: {waiting: {reason: ContainerCreating}}}]}}`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(podProblems(object(t, test.pod)), "|"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
