package stack

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// podRules lists the rules for the pods of every replica, independent of the configuration.
var podRules = []struct {
	name string
	path []any
	want any
}{
	{"not root", []any{"securityContext", "runAsNonRoot"}, true},
	{"the image's user", []any{"securityContext", "runAsUser"}, 2000.0},
	{"the group that owns the image's files", []any{"securityContext", "runAsGroup"}, 0.0},
	{"and the volumes", []any{"securityContext", "fsGroup"}, 0.0},
	{"seccomp", []any{"securityContext", "seccompProfile", "type"}, "RuntimeDefault"},
	{"no token", []any{"automountServiceAccountToken"}, false},
	{"no injected VLLM_PORT", []any{"enableServiceLinks"}, false},
	{"no escalation", []any{"containers", 0, "securityContext", "allowPrivilegeEscalation"}, false},
	{"no capabilities", []any{"containers", 0, "securityContext", "capabilities", "drop", 0}, "ALL"},
	{"none added", []any{"containers", 0, "securityContext", "capabilities", "add"}, nil},
	{"not privileged", []any{"containers", 0, "securityContext", "privileged"}, nil},
	{"no host network", []any{"hostNetwork"}, nil},
	{"no host processes", []any{"hostPID"}, nil},
	{"no host memory", []any{"hostIPC"}, nil},
	{"one container", []any{"containers", 1}, nil},
	{"loaded before it counts", []any{"containers", 0, "startupProbe", "httpGet", "path"}, "/health"},
	{"ready", []any{"containers", 0, "readinessProbe", "httpGet", "path"}, "/health"},
	{"no program in the drain hook", []any{"containers", 0, "lifecycle", "preStop", "exec"}, nil},
	{"no grace for one that is not ready, which Kubernetes refuses", []any{"containers", 0, "readinessProbe", "terminationGracePeriodSeconds"}, nil},
	{"shared memory", []any{"volumes", 2, "emptyDir", "medium"}, "Memory"},
	{"GPU nodes", []any{"tolerations", 0, "key"}, "nvidia.com/gpu"},
}

func TestEveryPodIsHardenedProbedAndDrained(t *testing.T) {
	eachResource(t, func(t *testing.T, r stacktest.Resource) {
		if !strings.HasSuffix(r.Type, ":Deployment") {
			return
		}
		pod := valueAt(r.Inputs, "spec", "template", "spec")
		for _, rule := range podRules {
			if got := valueAt(pod, rule.path...); got != rule.want {
				t.Errorf("%s: %v is %v, want %v", rule.name, rule.path, got, rule.want)
			}
		}
		container := valueAt(pod, "containers", 0)
		script := fmt.Sprint(valueAt(container, "livenessProbe", "exec", "command", 2))
		if valueAt(container, "livenessProbe", "httpGet", "path") != "/health" && !strings.Contains(script, "get /health") {
			t.Error("no probe checks whether vLLM is alive")
		}
		args := fmt.Sprint(valueAt(container, "args"))
		var shutdown float64
		_, after, _ := strings.Cut(args, "--shutdown-timeout ")
		if _, err := fmt.Sscanf(after, "%f", &shutdown); err != nil || shutdown < 1 {
			t.Errorf("no shutdown timeout in %s: %v", args, err)
		}
		sleep := number(t, container, "lifecycle", "preStop", "sleep", "seconds")
		grace := number(t, pod, "terminationGracePeriodSeconds")
		if grace < sleep+shutdown+5 {
			t.Errorf("the grace period is %v s, shorter than the drain of %v s and the shutdown of %v s", grace, sleep, shutdown)
		}
		for _, probe := range []string{"startupProbe", "readinessProbe", "livenessProbe"} {
			if timeout := number(t, container, probe, "timeoutSeconds"); timeout < 5 {
				t.Errorf("%s times out after %v s, want at least 5", probe, timeout)
			}
		}
		for _, probe := range []string{"startupProbe", "livenessProbe"} {
			if restart := number(t, container, probe, "terminationGracePeriodSeconds"); restart != sleep+15 {
				t.Errorf("%s restarts a replica within %v s, want the drain of %v s and 15", probe, restart, sleep)
			}
		}
		budget := number(t, container, "startupProbe", "periodSeconds") * number(t, container, "startupProbe", "failureThreshold")
		if deadline := number(t, r.Inputs, "spec", "progressDeadlineSeconds"); deadline <= budget+grace {
			t.Errorf("the rollout's deadline of %v s is not longer than the load of %v s and the drain of %v s", deadline, budget, grace)
		}
	})
}

// TestDisksHoldWhatIsAskedFor checks that pods request the disk space of their weights.
func TestDisksHoldWhatIsAskedFor(t *testing.T) {
	want := map[string]string{
		"local/mistral-7b": "64Mi", "dev/mistral-7b": "34Gi", "prod/mistral-7b": "34Gi", "prod/llama-70b": "152Gi",
		"everything-aws/small": "36Gi", "everything-aws/middle": "36Gi", "everything-aws/large": "34Gi", "everything-aws/stored": "20Gi", "preferring/a": "36Gi",
		"everything/llama": "90Gi", "everything/coder": "20Gi", "everything/ranker": "20Gi",
	}
	got := map[string]string{}
	for stack, recording := range recordings(t) {
		for _, r := range recording.Resources() {
			if !strings.HasSuffix(r.Type, ":Deployment") {
				continue
			}
			pod := valueAt(r.Inputs, "spec", "template", "spec")
			requested := valueAt(pod, "containers", 0, "resources", "requests", "ephemeral-storage")
			limit := valueAt(pod, "volumes", 0, "emptyDir", "sizeLimit")
			if volume := valueAt(pod, "volumes", 0, "ephemeral", "volumeClaimTemplate", "spec", "resources", "requests", "storage"); volume != nil {
				requested, limit = volume, volume // on a volume of the pod's own
			}
			if limit != requested {
				t.Errorf("%s/%s: the home directory may hold %v, and %v is requested", stack, r.Name, limit, requested)
			}
			got[stack+"/"+r.Name] = fmt.Sprint(requested)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("disks are %v, want %v", got, want)
	}
}
