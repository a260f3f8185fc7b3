//go:build faults

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/commands"
)

const (
	telemetrySpace = "e2e-telemetry"
	// promptCanary and keyCanary may be in no log, trace or metric.
	promptCanary = "canary-of-a-prompt-3f9a61"
	keyCanary    = "sk-canary-of-a-key-77c2d0"
	// telemetryPatience bounds each wait. The slowest is for the simulator's export of spans,
	// every five seconds, and the collector's further batches.
	telemetryPatience = 2 * time.Minute
)

// traced is a stack of one model that sends a trace of every request to the collector.
const traced = `config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: ` + telemetrySpace + `}]
  vllm-eks:monitoring: {prometheusUrl: "http://kps-prometheus.monitoring.svc:9090", intervalSeconds: 5}
  vllm-eks:telemetry: {collectorUrl: "http://otel-collector.telemetry.svc:4318"}
  vllm-eks:models:
    - name: traced
      model: Qwen/Qwen2.5-7B
      servedModelName: traced
      maxModelLen: 4096
      image: localhost/vllmsim:v0.33.0
      gpu: {type: A10G, count: 1}
      resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
      lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 5, shutdownSeconds: 20}
      env: {VLLMSIM_LOAD_SECONDS: "1"}
      traces: {percent: 100}
`

// TestTelemetry sends a prompt and an API key to a model whose logs and traces are kept. The
// trace of the request arrives, through the NetworkPolicy of the model. The logs survive the pod
// and an outage of their store. Neither holds the prompt or the key.
func TestTelemetry(t *testing.T) {
	s := initStack(t, traced)
	t.Cleanup(func() { s.pulumi("destroy", "--yes", "--skip-preview", "--stack="+stackName) })
	s.setSecret("apiKey", keyCanary)
	s.up()
	logs := clusterURL(t, "victorialogs", "victorialogs", 9428)
	model := serviceURLIn(t, telemetrySpace, "traced")
	pod := tracedPod(t)
	if status := post(t, model+"/v1/chat/completions", keyCanary, "e2e-request", `{"model":"traced","messages":[{"role":"user","content":"`+promptCanary+`"}],"max_tokens":4}`); status != http.StatusOK {
		t.Fatalf("the model answers with the status %d", status)
	}
	for _, body := range []string{
		`{"model":"unknown","messages":[{"role":"user","content":"` + promptCanary + `"}]}`,
		`{"model":"traced","messages":"` + promptCanary,
		`{"model":"traced","messages":[{"role":"user","content":"` + promptCanary + `"}],"temperature":-1}`,
	} {
		for _, key := range []string{keyCanary, keyCanary + "-wrong"} {
			post(t, model+"/v1/chat/completions", key, "e2e-refused", body)
		}
	}
	t.Run("the trace arrives", func(t *testing.T) {
		awaitLog(t, logs, `{"k8s.namespace.name"="traces"} "chatcmpl-e2e-request"`)
		spans := askLogs(t, logs, `{"k8s.namespace.name"="traces"}`)
		for _, part := range []string{"llm_request", "gen_ai.usage.prompt_tokens", "gen_ai.latency.time_to_first_token", "service.name: Str(traced)", "k8s.pod.name: Str(" + pod + ")", "k8s.namespace.name: Str(" + telemetrySpace + ")"} {
			if !strings.Contains(spans, part) {
				t.Errorf("the trace has no %q:\n%.2000s", part, spans)
			}
		}
	})
	ofPod := fmt.Sprintf(`{"k8s.namespace.name"=%q,"k8s.pod.name"=%q,"k8s.container.name"="vllm"}`, telemetrySpace, pod)
	t.Run("logs survive their pod", func(t *testing.T) {
		awaitLog(t, logs, ofPod+` "Application startup complete"`)
		kubectl(t, "--namespace="+telemetrySpace, "delete", "pod", pod)
		if out, err := tryKubectl("--namespace="+telemetrySpace, "logs", pod); err == nil {
			t.Fatalf("the pod still has logs: %.200s", out)
		}
		awaitLog(t, logs, ofPod+` "shutdown triggered"`) // its last lines, too
		awaitLog(t, logs, ofPod+` "Application startup complete"`)
	})
	t.Run("the documented query finds them", func(t *testing.T) { testDocumentedQuery(t, logs) })
	t.Run("nothing is lost while the store is away", func(t *testing.T) { testStoreAway(t, logs) })
	t.Run("no prompt and no key", func(t *testing.T) { testNoCanary(t, logs) })
}

// testDocumentedQuery executes the command of docs/telemetry.md with this test's names, and for
// another word than error.
func testDocumentedQuery(t *testing.T, logs string) {
	page, err := os.ReadFile(filepath.Join(checkout(t).Root, "docs", "telemetry.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := commands.Blocks(string(page))
	if len(blocks) == 0 {
		t.Fatal("the page has no commands")
	}
	list, err := blocks[0].Commands()
	if err != nil || len(list) != 2 || !strings.HasPrefix(list[0], "kubectl --namespace=victorialogs port-forward service/victorialogs 9428 ") {
		t.Fatalf("the page has the commands %q (%v), want a port-forward and a query", list, err)
	}
	query := strings.NewReplacer("http://localhost:9428", logs, "inference", telemetrySpace, "mistral-7b", "traced", "i(error)", "i(STARTUP)").Replace(list[1])
	out, err := exec.Command("bash", "-c", query).Output()
	if err != nil || !strings.Contains(string(out), "Application startup complete") {
		t.Errorf("%s: %v\n%s", query, err, out)
	}
}

// testStoreAway stops VictoriaLogs, starts a pod meanwhile, and expects the lines of that pod.
func testStoreAway(t *testing.T, logs string) {
	scale := func(replicas int) {
		kubectl(t, "--namespace=victorialogs", "scale", "statefulset/victorialogs", fmt.Sprintf("--replicas=%d", replicas))
	}
	scale(0)
	t.Cleanup(func() { scale(1) })
	kubectl(t, "--namespace=victorialogs", "wait", "--for=delete", "pod/victorialogs-0", "--timeout=90s")
	before := tracedPod(t)
	kubectl(t, "--namespace="+telemetrySpace, "delete", "pod", before)
	kubectl(t, "--namespace="+telemetrySpace, "rollout", "status", "deployment/traced", "--timeout=2m")
	pod := tracedPod(t)
	scale(1)
	kubectl(t, "--namespace=victorialogs", "rollout", "status", "statefulset/victorialogs", "--timeout=2m")
	awaitLog(t, logs, fmt.Sprintf(`{"k8s.pod.name"=%q} "shutdown triggered"`, before))
	awaitLog(t, logs, fmt.Sprintf(`{"k8s.pod.name"=%q} "Application startup complete"`, pod))
}

// testNoCanary searches the canaries in every log, which includes the traces, and in every
// series and label of Prometheus. Searches for known words prove that they can find something.
func testNoCanary(t *testing.T, logs string) {
	everything := askLogs(t, logs, `*`)
	response, err := fresh.Get(clusterURL(t, "monitoring", "kps-prometheus", 9090) + "/api/v1/series?" + url.Values{"match[]": {`{namespace="` + telemetrySpace + `"}`}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	series, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	pods := kubectl(t, "--namespace="+telemetrySpace, "logs", "--selector=app.kubernetes.io/name=vllm", "--tail=-1")
	for place, text := range map[string]struct{ content, known string }{
		"logs": {everything, "Application startup complete"}, "metrics": {string(series), "vllm:num_requests_running"}, "the pod's log": {pods, "Application startup complete"},
	} {
		if !strings.Contains(text.content, text.known) {
			t.Errorf("%s have no %q: the search proves nothing", place, text.known)
		}
		for _, canary := range []string{promptCanary, keyCanary} {
			if i := strings.Index(text.content, canary); i >= 0 {
				t.Errorf("%s have %s: …%.300s", place, canary, text.content[max(0, i-200):])
			}
		}
	}
}

// tracedPod returns the name of the model's ready pod.
func tracedPod(t *testing.T) string {
	t.Helper()
	return kubectl(t, "--namespace="+telemetrySpace, "get", "pods", "--selector=app.kubernetes.io/instance=traced", "--field-selector=status.phase=Running",
		`--output=jsonpath={.items[?(@.status.containerStatuses[0].ready==true)].metadata.name}`)
}

// post sends a request with an API key and an identifier, and returns the status of the answer.
func post(t *testing.T, address, key, id, body string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer " + key}, "X-Request-Id": {id}, "Content-Type": {"application/json"}}
	response, err := fresh.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

// askLogs returns the messages that a LogsQL query finds, one a line.
func askLogs(t *testing.T, logs, query string) string {
	t.Helper()
	response, err := fresh.PostForm(logs+"/select/logsql/query", url.Values{"query": {query}})
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(response.Body)
		t.Fatalf("VictoriaLogs answers %s to %s: %s", response.Status, query, body)
	}
	var lines strings.Builder
	for decoder := json.NewDecoder(response.Body); ; {
		var entry map[string]string
		if err := decoder.Decode(&entry); err != nil {
			return lines.String()
		}
		for name, value := range entry {
			if name != "_msg" {
				fmt.Fprintf(&lines, "%s=%s ", name, value)
			}
		}
		lines.WriteString(entry["_msg"] + "\n")
	}
}

// awaitLog waits until a LogsQL query finds something.
func awaitLog(t *testing.T, logs, query string) {
	t.Helper()
	await(t, "VictoriaLogs finds "+query, telemetryPatience, func() bool { return askLogs(t, logs, query) != "" })
}
