//go:build cluster

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	streamSpace = "e2e-streams"
	// openStreams are open at any time. An answer of streamTokens takes about 3 s,
	// 6 on two busy cores, so that it can finish within streamShutdown.
	openStreams, streamTokens = 50, 60
	streamShutdown            = 20
)

// tinyEngine are the lines of a model that make its engine small.
const tinyEngine = `      image: localhost/vllmsim:v0.32.0
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

// TestStreamsOutliveTheirEngines keeps fifty streams open while the engines
// behind them are replaced by another model, become fewer, and are evicted one
// after the other. Each request has a connection of its own: it may begin
// anywhere at any time, and has to be answered in full.
func TestStreamsOutliveTheirEngines(t *testing.T) {
	s := newStack(t, streamed("mistralai/Mistral-7B-Instruct-v0.2", 3))
	s.up()
	url := serviceURLIn(t, streamSpace, "chat")
	steps := []struct {
		name string
		do   func(t *testing.T)
	}{
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
			l.awaitWhole(t, openStreams) // every stream is open, and each engine has some
			step.do(t)
			awaitGone(t, streamSpace, before)
			l.end(t)
		})
	}
}

// load keeps streams open until it is ended.
type load struct {
	url    string
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu     sync.Mutex
	whole  int
	failed []string
}

func openLoad(t *testing.T, url string, streams int) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{url: url, cancel: cancel}
	for range streams {
		l.ended.Go(func() {
			for ctx.Err() == nil {
				err := stream(t.Context(), url, "chat")
				l.mu.Lock()
				if err == nil {
					l.whole++
				} else {
					l.failed = append(l.failed, err.Error())
				}
				l.mu.Unlock()
			}
		})
	}
	t.Cleanup(cancel)
	return l
}

func (l *load) counts() (whole int, failed []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.whole, l.failed
}

// awaitWhole waits until so many streams have been answered in full.
func (l *load) awaitWhole(t *testing.T, streams int) {
	t.Helper()
	await(t, fmt.Sprintf("%d streams are answered", streams), 2*time.Minute, func() bool {
		whole, failed := l.counts()
		return whole >= streams || len(failed) > 0
	})
}

// end lets the open streams finish, and reports those that were cut or refused.
func (l *load) end(t *testing.T) {
	t.Helper()
	l.cancel()
	l.ended.Wait()
	whole, failed := l.counts()
	t.Logf("%d streams answered in full, %d not", whole, len(failed))
	for i, failure := range failed {
		if i == 5 {
			break
		}
		t.Errorf("%d of %d streams failed: %s", len(failed), whole+len(failed), failure)
	}
}

// patient opens a connection for each stream, and gives it the time it takes.
var patient = &http.Client{Timeout: 10 * time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}

// stream reads one answer, which has to be whole: every token, a reason to
// finish, and the end.
func stream(ctx context.Context, url, model string) error {
	body := fmt.Sprintf(`{"model":%q,"prompt":"a b c d","max_tokens":%d,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true}}`, model, streamTokens)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/completions", strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := patient.Do(request)
	if err != nil {
		return fmt.Errorf("refused: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("refused: %s", response.Status)
	}
	tokens, finish := 0, ""
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok:
		case data == "[DONE]":
			if tokens != streamTokens || finish != "length" {
				return fmt.Errorf("truncated: %d of %d tokens, finished by %q", tokens, streamTokens, finish)
			}
			return nil
		default:
			var chunk struct {
				Choices []struct {
					FinishReason string `json:"finish_reason"`
				}
				Usage struct {
					CompletionTokens int `json:"completion_tokens"`
				}
			}
			if err := json.Unmarshal([]byte(data), &chunk); err != nil {
				return fmt.Errorf("truncated: %s: %w", data, err)
			}
			for _, choice := range chunk.Choices {
				finish = choice.FinishReason
			}
			tokens = max(tokens, chunk.Usage.CompletionTokens)
		}
	}
	return fmt.Errorf("truncated before the end: %w", lines.Err())
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
		all := strings.Fields(kubectl(t, "--namespace="+namespace, "get", "pods", "--output=jsonpath={.items[*].metadata.name}"))
		staying := enginePods(t, namespace)
		return len(all) == len(staying) && len(without(before, staying)) > 0
	})
}
