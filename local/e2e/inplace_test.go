//go:build cluster

package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

const inPlaceSpace = "e2e-in-place"

// inPlace returns a stack of one replica in a node group of one GPU.
func inPlace(model string, loadSeconds int) string {
	return fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:nodeGroups: [{name: one, instanceTypes: [g5.2xlarge], labels: {kubernetes.io/os: linux}, max: 1}]
  vllm-eks:models:
    - name: chat
      model: %s
      servedModelName: chat
      maxModelLen: 4096
      image: localhost/vllmsim:v0.33.0
      resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
      lifecycle: {loadSeconds: %d, provisionSeconds: 30, drainSeconds: 3, shutdownSeconds: 5}
      env: {VLLMSIM_LOAD_SECONDS: "%d", VLLMSIM_GPU: A10G}
`, inPlaceSpace, model, loadSeconds, loadSeconds-4)
}

// TestUpdateWithoutASpareGPU changes the model while other pods hold every other GPU of the
// node. The preview says how long the model is unavailable. The update succeeds, and the model
// is unavailable for that time: from the end of the old replica until the new one has loaded.
func TestUpdateWithoutASpareGPU(t *testing.T) {
	const loadSeconds = 12
	s := newStack(t, inPlace("mistralai/Mistral-7B-Instruct-v0.2", loadSeconds))
	s.up()
	takeGPUs(t)
	url := serviceURLIn(t, inPlaceSpace, "chat")

	s.configure(inPlace("Qwen/Qwen2.5-7B", loadSeconds))
	out := s.pulumi("preview", "--stack="+stackName)
	if want := fmt.Sprintf(`the model is away for about %d s in a rollout; nodeGroups\[\]\.max: \d+ in the node group one`, loadSeconds); !regexp.MustCompile(want).MatchString(out) {
		t.Errorf("the preview does not say %q:\n%s", want, out)
	}
	report := s.explain()
	expectTold(t, report, "outage chat: restarts 1 replica in place .*: OUTAGE of about 12 s, no GPU is free for a replica beside the old one")
	w := watchService(t, url)
	s.up()
	w.cancel()
	<-w.done
	t.Logf("away for about %s; the load is %d s", w.away.Round(100*time.Millisecond), loadSeconds-4)
	if said := report.Consequences[0].OutageSeconds; said != loadSeconds {
		t.Errorf("the explanation says %d s", said)
	}
	if minimum, maximum := time.Duration(loadSeconds-5)*time.Second, time.Duration(loadSeconds+15)*time.Second; w.away < minimum || w.away > maximum {
		t.Errorf("away for %s, want about %d s:\n%s", w.away, loadSeconds, strings.Join(w.failed, "\n"))
	}
}

// takeGPUs creates a pod that holds every free GPU.
func takeGPUs(t *testing.T) {
	t.Helper()
	held := 0
	for _, n := range strings.Fields(kubectl(t, "get", "pods", "--all-namespaces", "--field-selector=status.phase!=Succeeded,status.phase!=Failed",
		`--output=jsonpath={.items[*].spec.containers[*].resources.limits.nvidia\.com/gpu}`)) {
		held += integer(t, n)
	}
	free := integer(t, kubectl(t, "get", "nodes", `--output=jsonpath={.items[0].status.allocatable.nvidia\.com/gpu}`)) - held
	if free < 1 {
		t.Fatalf("no GPU is free besides the replica's; held: %d", held)
	}
	createOnce(t, map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "holder", "namespace": "default"},
		"spec": map[string]any{"terminationGracePeriodSeconds": 0, "containers": []any{map[string]any{
			"name": "holder", "image": kubectl(t, "--namespace="+inPlaceSpace, "get", "pods", "--output=jsonpath={.items[0].spec.containers[0].image}"),
			"imagePullPolicy": "Never", "args": []any{"org/holder-7b"}, "env": []any{map[string]any{"name": "VLLMSIM_FAULT", "value": "load-hang"}},
			"resources": map[string]any{"limits": map[string]any{"nvidia.com/gpu": fmt.Sprint(free)}},
		}}},
	})
	kubectl(t, "wait", "--for=condition=PodScheduled", "--timeout=30s", "pod/holder")
}
