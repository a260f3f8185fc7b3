//go:build cluster

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	streamSpace = "e2e-streams"
	// openStreams is the number of concurrent streams. Each finishes within
	// streamShutdown.
	openStreams, streamShutdown = 50, 20
)

// tinyReplica holds the lines of a model that make its replica small.
const tinyReplica = `      image: localhost/vllmsim:v0.33.0
      gpu: {type: A10G, count: 1}
      resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
`

// streamed returns a stack of one model with the name chat.
func streamed(model string, replicas int) string {
	return fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:models:
    - name: chat
      model: %s
      servedModelName: chat
      maxModelLen: 4096
%s      replicas: {min: %d, max: %d}
      lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 5, shutdownSeconds: %d}
      env: {VLLMSIM_LOAD_SECONDS: "2"}
`, streamSpace, model, tinyReplica, replicas, replicas, streamShutdown)
}

// TestStreamsFinish keeps fifty streams and requests of OpenAI's client open while replicas are
// added, replaced by another model, removed, and evicted one after the other. All clients have
// connection pools. Every request must be answered in full, and new replicas must get their
// share of the requests.
func TestStreamsFinish(t *testing.T) {
	t.Parallel()
	s := newStack(t, streamed("mistralai/Mistral-7B-Instruct-v0.2", 1))
	s.up()
	url := serviceURLIn(t, streamSpace, "chat")
	steps := []struct {
		name string
		do   func(t *testing.T)
	}{
		{"more replicas", func(t *testing.T) {
			s.configure(streamed("mistralai/Mistral-7B-Instruct-v0.2", 3))
			s.up()
			expectShares(t, streamSpace, 40)
		}},
		{"another model", func(*testing.T) {
			s.configure(streamed("Qwen/Qwen2.5-7B", 3))
			s.up()
		}},
		{"fewer replicas", func(*testing.T) {
			s.configure(streamed("Qwen/Qwen2.5-7B", 2))
			s.up()
		}},
		{"eviction of every pod", func(t *testing.T) { evictAll(t, streamSpace) }},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			before := replicaPods(t, streamSpace)
			l := openLoad(t, url, openStreams)
			p := openPool(t, url, "chat")
			l.awaitWhole(t, openStreams) // every stream is open, and each replica has some
			step.do(t)
			if len(before) > 1 {
				awaitGone(t, streamSpace, before)
			}
			l.end(t)
			p.end(t)
		})
	}
}

// replicaPods returns the running pods that do not terminate.
func replicaPods(t *testing.T, namespace string) []string {
	t.Helper()
	return strings.Fields(kubectl(t, "--namespace="+namespace, "get", "pods",
		`--output=go-template={{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}}{{"\n"}}{{end}}{{end}}`))
}

// evictAll evicts every pod through the API that a drain uses, and repeats it while the budget
// refuses.
func evictAll(t *testing.T, namespace string) {
	t.Helper()
	for _, pod := range replicaPods(t, namespace) {
		eviction := fmt.Sprintf(`{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":%q,"namespace":%q}}`, pod, namespace)
		await(t, "the eviction of "+pod, 2*time.Minute, func() bool {
			out, err := kubectlWithInput(eviction, "create", "--raw=/api/v1/namespaces/"+namespace+"/pods/"+pod+"/eviction", "--filename=-")
			if err != nil && !strings.Contains(out, "disruption budget") {
				t.Fatalf("evicting %s: %v\n%s", pod, err, out)
			}
			return err == nil
		})
	}
	for _, pod := range replicaPods(t, namespace) {
		kubectl(t, "--namespace="+namespace, "wait", "--for=condition=Ready", "--timeout=90s", "pod/"+pod)
	}
}

// awaitGone waits until the terminating pods and some of the given ones have ended.
func awaitGone(t *testing.T, namespace string, before []string) {
	t.Helper()
	await(t, "old pods are gone", 2*time.Minute, func() bool {
		names := strings.Fields(kubectl(t, "--namespace="+namespace, "get", "pods", "--output=jsonpath={.items[*].metadata.name}"))
		staying := replicaPods(t, namespace)
		return len(names) == len(staying) && len(without(before, staying)) > 0
	})
}
