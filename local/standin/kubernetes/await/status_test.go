package await

import (
	"strings"
	"testing"

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
metadata: {generation: 2, annotations: {deployment.kubernetes.io/revision: "2"}}
spec: {replicas: 1}
status:
  observedGeneration: 2
  replicas: 2
  updatedReplicas: 1
  availableReplicas: 1
  conditions:
  - {type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: ReplicaSet "new" has timed out progressing.}
`

// complete is a Deployment whose pods are all there, of a revision and with conditions.
func complete(revision, conditions string) string {
	return `{metadata: {generation: 1, annotations: {deployment.kubernetes.io/revision: "` + revision + `"}},
	  status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1, conditions: [` + conditions + `]}}`
}

func TestDeploymentStatus(t *testing.T) {
	const (
		available = `{type: Available, status: "True"}`
		done      = available + `, {type: Progressing, status: "True", reason: NewReplicaSetAvailable}`
		rolling   = available + `, {type: Progressing, status: "True", reason: ReplicaSetUpdated}`
		paused    = available + `, {type: Progressing, status: Unknown, reason: DeploymentPaused}`
	)
	tests := []struct {
		name, deployment string
		state            State
		message          string
	}{
		{"not seen by the controller", `{metadata: {generation: 2}, status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1}}`,
			Pending, "to see the change"},
		{"no status at all", `{metadata: {generation: 1}}`, Pending, "to see the change"},
		{"starting", `{metadata: {generation: 1}, spec: {replicas: 2}, status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 1}}`,
			Pending, "2 of 2 pods updated, 1 available"},
		{"old pods left", `{metadata: {generation: 2}, spec: {replicas: 1}, status: {observedGeneration: 2, replicas: 2, updatedReplicas: 1, availableReplicas: 1}}`,
			Pending, "1 old ones left"},
		{"pods refused by admission", `{metadata: {generation: 1}, status: {observedGeneration: 1, conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate, message: exceeded quota}]}}`,
			Pending, "FailedCreate: exceeded quota"},
		{"past its deadline", exceeded, Pending, "1 old ones left"},
		{"the first revision is available", complete("1", available), Ready, ""},
		{"a later revision is only available", complete("2", available), Pending, "no condition Progressing"},
		{"a later revision is rolling out", complete("2", rolling), Pending, "ReplicaSetUpdated"},
		{"a later revision is done", complete("2", done), Ready, ""},
		{"not available", complete("1", ""), Pending, "not report it as available"},
		{"no revision", complete("", done), Pending, "not made a revision"},
		{"paused before its first pod", `{metadata: {generation: 1}, spec: {paused: true}, status: {observedGeneration: 1}}`, Pending, "0 of 1"},
		{"paused as it is", complete("1", paused), Ready, ""},
		{"paused in a later revision", complete("2", paused), Pending, "DeploymentPaused"},
		{"scaled to zero", `{metadata: {generation: 1, annotations: {deployment.kubernetes.io/revision: "1"}}, spec: {replicas: 0},
		  status: {observedGeneration: 1, conditions: [` + available + `]}}`, Ready, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			expect(t, deploymentStatus(object(t, test.deployment)), test.state, test.message)
		})
	}
}

// Without pods nobody else waits for the claims that they would mount.
func TestDeploymentWaitsForItsClaims(t *testing.T) {
	deployment := object(t, strings.Replace(complete("1", `{type: Available, status: "True"}`), "status:",
		"spec: {template: {spec: {volumes: [{name: a, emptyDir: {}}, {name: b, persistentVolumeClaim: {claimName: cache}}]}}}, status:", 1))
	for phase, want := range map[string]State{"Bound": Ready, "Pending": Pending, "Lost": Pending} {
		reader := recorded{object: object(t, `{status: {phase: `+phase+`}}`)}
		expect(t, checkDeployment(t.Context(), reader, deployment), want, map[State]string{Pending: "the claim cache is " + phase}[want])
	}
	expect(t, checkDeployment(t.Context(), recorded{}, deployment), Ready, "")
}

func TestOtherKinds(t *testing.T) {
	tests := []struct {
		name   string
		status func(*unstructured.Unstructured) Status
		object string
		state  State
		text   string
	}{
		{"StatefulSet starting", statefulSetStatus, `{spec: {replicas: 3}, status: {replicas: 2, readyReplicas: 1}}`, Pending, "1 of 3 pods ready"},
		{"StatefulSet rolling", statefulSetStatus, `{spec: {replicas: 3}, status: {replicas: 3, readyReplicas: 3, currentReplicas: 1, updatedReplicas: 2, currentRevision: a, updateRevision: b}}`,
			Pending, "3 of 3 pods ready, 2 updated"},
		{"StatefulSet done", statefulSetStatus, `{spec: {replicas: 3}, status: {replicas: 3, readyReplicas: 3, currentReplicas: 3, currentRevision: a, updateRevision: a}}`, Ready, ""},
		{"StatefulSet on delete", statefulSetStatus, `{metadata: {generation: 2}, spec: {replicas: 1, updateStrategy: {type: OnDelete}}, status: {replicas: 1, readyReplicas: 1}}`, Ready, ""},
		{"ReplicationController", replicationControllerStatus, `{spec: {replicas: 2}, status: {availableReplicas: 1}}`, Pending, "1 of 2 pods"},
		{"DaemonSet without nodes", daemonSetStatus, `{status: {desiredNumberScheduled: 0}}`, Ready, ""},
		{"DaemonSet starting", daemonSetStatus, `{status: {desiredNumberScheduled: 2, currentNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 2, numberAvailable: 1}}`, Pending, "1 of 2 nodes"},
		{"Job running", jobStatus, `{status: {active: 1}}`, Pending, "1 pods active"},
		{"Job complete", jobStatus, `{status: {conditions: [{type: Complete, status: "True"}]}}`, Ready, ""},
		{"Job failed", jobStatus, `{status: {conditions: [{type: Failed, status: "True", reason: BackoffLimitExceeded, message: too often}]}}`, Failed, "BackoffLimitExceeded: too often"},
		{"Job suspended", jobStatus, `{spec: {suspend: true}}`, Pending, "0 pods active"},
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
		`{spec: {clusterIP: 198.19.0.1}}`:                              true,
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

func TestSecretOfAServiceAccount(t *testing.T) {
	expect(t, checkSecret(t.Context(), nil, object(t, `{type: Opaque}`)), Ready, "")
	expect(t, checkSecret(t.Context(), nil, object(t, `{type: kubernetes.io/service-account-token}`)), Pending, "token")
	expect(t, checkSecret(t.Context(), nil, object(t, `{type: kubernetes.io/service-account-token, data: {token: eA==}}`)), Ready, "")
}

func TestQuotaComparesAmounts(t *testing.T) {
	expect(t, checkQuota(t.Context(), nil, object(t, `{spec: {hard: {cpu: "1"}}, status: {hard: {cpu: 1000m}}}`)), Ready, "")
	expect(t, checkQuota(t.Context(), nil, object(t, `{spec: {hard: {cpu: "1"}}}`)), Pending, "cpu")
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
