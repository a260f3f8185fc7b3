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
	// openStreams are open at any time. Each can finish within streamShutdown.
	openStreams, streamShutdown = 50, 20
)

// tinyEngine are the lines of a model that make its engine small.
const tinyEngine = `      image: localhost/vllmsim:v0.33.0
      gpu: {type: A10G, count: 1}
      resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
`

// streamed is a stack of one model that clients call chat, whatever it is.
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
`, streamSpace, model, tinyEngine, replicas, replicas, streamShutdown)
}

// TestStreamsOutliveTheirEngines keeps fifty streams open, and requests of
// OpenAI's client, while the engines behind them become more, are replaced by
// another model, become fewer, and are evicted one after the other. All clients
// have connection pools. A request may begin anywhere at any time, and has to be
// answered in full. New engines have to get their share of the requests.
func TestStreamsOutliveTheirEngines(t *testing.T) {
	s := newStack(t, streamed("mistralai/Mistral-7B-Instruct-v0.2", 1))
	s.up()
	url := serviceURLIn(t, streamSpace, "chat")
	steps := []struct {
		name string
		do   func(t *testing.T)
	}{
		{"more engines", func(t *testing.T) {
			s.configure(streamed("mistralai/Mistral-7B-Instruct-v0.2", 3))
			s.up()
			expectShares(t, streamSpace, 40)
		}},
		{"another model", func(*testing.T) {
			s.configure(streamed("Qwen/Qwen2.5-7B", 3))
			s.up()
		}},
		{"fewer engines", func(*testing.T) {
			s.configure(streamed("Qwen/Qwen2.5-7B", 2))
			s.up()
		}},
		{"eviction of every pod", func(t *testing.T) { evictAll(t, streamSpace) }},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			before := enginePods(t, streamSpace)
			l := openLoad(t, url, openStreams)
			p := openPool(t, url, "chat")
			l.awaitWhole(t, openStreams) // every stream is open, and each engine has some
			step.do(t)
			if len(before) > 1 {
				awaitGone(t, streamSpace, before)
			}
			l.end(t)
			p.end(t)
		})
	}
}

// enginePods are the pods that run and do not go.
func enginePods(t *testing.T, namespace string) []string {
	t.Helper()
	return strings.Fields(kubectl(t, "--namespace="+namespace, "get", "pods",
		`--output=go-template={{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}}{{"\n"}}{{end}}{{end}}`))
}

// evictAll evicts every pod through the API that a drain uses, again and again
// where the budget does not let it go yet.
func evictAll(t *testing.T, namespace string) {
	t.Helper()
	for _, pod := range enginePods(t, namespace) {
		eviction := fmt.Sprintf(`{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":%q,"namespace":%q}}`, pod, namespace)
		await(t, "the eviction of "+pod, 2*time.Minute, func() bool {
			out, err := kubectlWithInput(eviction, "create", "--raw=/api/v1/namespaces/"+namespace+"/pods/"+pod+"/eviction", "--filename=-")
			if err != nil && !strings.Contains(out, "disruption budget") {
				t.Fatalf("evicting %s: %v\n%s", pod, err, out)
			}
			return err == nil
		})
	}
	for _, pod := range enginePods(t, namespace) {
		kubectl(t, "--namespace="+namespace, "wait", "--for=condition=Ready", "--timeout=90s", "pod/"+pod)
	}
}

// awaitGone waits until pods that were told to leave have left, and some of
// those before have.
func awaitGone(t *testing.T, namespace string, before []string) {
	t.Helper()
	await(t, "old pods are gone", 2*time.Minute, func() bool {
		names := strings.Fields(kubectl(t, "--namespace="+namespace, "get", "pods", "--output=jsonpath={.items[*].metadata.name}"))
		staying := enginePods(t, namespace)
		return len(names) == len(staying) && len(without(before, staying)) > 0
	})
}
