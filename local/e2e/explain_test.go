//go:build cluster

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/explain"
)

const explainedSpace = "e2e-explained"

// explainedStack is a stack of three models: one replica that restarts in place, two replicas
// with a spare GPU, and a model without clients.
const explainedStack = `config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: e2e-explained}, {name: e2e-explained-spare}]
  vllm-eks:nodeGroups:
    - {name: one, instanceTypes: [g5.2xlarge], labels: {kubernetes.io/os: linux}, max: 1}
    - {name: many, instanceTypes: [g5.2xlarge], labels: {kubernetes.io/os: linux}, max: 9}
  vllm-eks:defaults:
    image: localhost/vllmsim:v0.33.0
    resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
    lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 2, shutdownSeconds: 3}
    env: {VLLMSIM_LOAD_SECONDS: "4", VLLMSIM_GPU: A10G}
  vllm-eks:models:
    - {name: single, model: mistralai/Mistral-7B-Instruct-v0.2, maxModelLen: 4096, nodeGroup: one, namespace: e2e-explained}
    - {name: double, model: Qwen/Qwen2.5-7B, maxModelLen: 4096, nodeGroup: many, replicas: {min: 2, max: 2}, namespace: e2e-explained}
    - {name: third, model: Qwen/Qwen2.5-7B, maxModelLen: 4096, nodeGroup: many, namespace: e2e-explained}
`

// edit is a typical change of a stack, with what its explanation must say and what must happen.
type edit struct {
	name string
	// replace has texts of the stack's file and their replacements.
	replace []string
	// told are patterns of the consequences: "kind subject: text".
	told []string
	// restarted is the number of replicas of each model that the update replaces.
	restarted map[string]int
	// unknown is a model name that double no longer answers to.
	unknown string
}

// explainedEdits are made one after the other.
var explainedEdits = []edit{
	{name: "nothing"},
	{name: "a namespace more", replace: []string{"{name: e2e-explained-spare}", "{name: e2e-explained-spare}, {name: e2e-explained-more}"},
		told: []string{`creation namespaces: creates Namespace and NetworkPolicy`}},
	{name: "a namespace less", replace: []string{", {name: e2e-explained-more}", ""},
		told: []string{`deletion namespace e2e-explained-more: would be DELETED: the namespace with everything in it`, `change namespaces: deletes NetworkPolicy`}},
	{name: "the length of the only replica", replace: []string{"Instruct-v0.2, maxModelLen: 4096", "Instruct-v0.2, maxModelLen: 2048"},
		told:      []string{"outage single: restarts 1 replica in place \\(`--max-model-len 4096 → 2048`.*\\): OUTAGE of about 6 s, no GPU is free for a replica beside the old one"},
		restarted: map[string]int{"single": 1}},
	{name: "the model of two replicas", replace: []string{"double, model: Qwen/Qwen2.5-7B", "double, model: Qwen/Qwen2.5-7B-Instruct"},
		told: []string{
			"deletion double: no longer answers to the model name `Qwen/Qwen2.5-7B`: requests with it get 404; the new name is `Qwen/Qwen2.5-7B-Instruct`",
			"restart double: restarts 2 replicas one after the other \\(`model Qwen/Qwen2.5-7B → Qwen/Qwen2.5-7B-Instruct`, .*\\): no outage, about 12 s, and 10 s more if a node must start",
		},
		restarted: map[string]int{"double": 2}, unknown: "Qwen/Qwen2.5-7B"},
	{name: "a variable", replace: []string{"maxModelLen: 4096, nodeGroup: many, replicas", `env: {VLLMSIM_LOAD_SECONDS: "4", VLLMSIM_GPU: A10G, LOG: "1"}, maxModelLen: 4096, nodeGroup: many, replicas`},
		told: []string{"restart double: restarts 2 replicas one after the other \\(variable `LOG`\\): no outage, .*"}, restarted: map[string]int{"double": 2}},
	{name: "a replica more", replace: []string{"{min: 2, max: 2}", "{min: 3, max: 3}"}, told: []string{`change double: starts 1 replica more; running ones stay`}},
	{name: "a replica less", replace: []string{"{min: 3, max: 3}", "{min: 2, max: 2}"}, told: []string{`change double: stops 1 replica; the others serve`}},
	{name: "clients", replace: []string{"{name: single,", "{name: single, network: {clients: [{namespace: search}]},"},
		told: []string{`change single: changes NetworkPolicy; its replicas keep running`}},
	{name: "another name, with the previous one", replace: []string{"{name: single,", "{name: alone, previousNames: [single],"},
		told: []string{"creation alone: gets the address `alone.e2e-explained`"}},
	{name: "a label of nodes", replace: []string{"{name: many, instanceTypes: [g5.2xlarge], labels: {kubernetes.io/os: linux}", "{name: many, instanceTypes: [g5.2xlarge], labels: {kubernetes.io/os: linux, kubernetes.io/arch: amd64}"},
		told:      []string{`restart double: restarts 2 replicas one after the other \(nodeSelector\): no outage, .*`, `restart third: restarts 1 replica \(nodeSelector\): no outage, the new one starts first, .*`},
		restarted: map[string]int{"double": 2, "third": 1}},
	{name: "another name, without the previous one", replace: []string{"{name: third,", "{name: fourth,"},
		told: []string{`deletion third: would be DELETED: .*`, `creation fourth: is created with 1 replica on many; .*`}},
	{name: "a model less", replace: []string{"    - {name: fourth, model: Qwen/Qwen2.5-7B, maxModelLen: 4096, nodeGroup: many, namespace: e2e-explained}\n", ""},
		told: []string{`deletion fourth: would be DELETED: .*`}},
}

// TestExplainedEdits makes typical edits on the embedded cluster. The comment about each must
// name what then happens: the replicas that restart, and the time without answers.
func TestExplainedEdits(t *testing.T) {
	t.Parallel()
	text := explainedStack
	s := newStack(t, text)
	s.up()
	urls := map[string]string{"single": serviceURLIn(t, explainedSpace, "single"), "double": serviceURLIn(t, explainedSpace, "double")}
	for _, e := range explainedEdits {
		t.Run(e.name, func(t *testing.T) {
			s.t = t
			text = replaced(t, text, e.replace...)
			s.configure(text)
			report := s.explain()
			expectTold(t, report, e.told...)
			before := replicasOf(t)
			expectName(t, urls["double"], e.unknown, http.StatusOK)
			watches := map[string]*watch{}
			for name, url := range urls {
				watches[name] = watchService(t, url)
			}
			s.up()
			for name, w := range watches {
				w.cancel()
				<-w.done
				expectAnswers(t, name, w, report)
			}
			expectName(t, urls["double"], e.unknown, http.StatusNotFound)
			after := replicasOf(t)
			for _, name := range []string{"single", "double", "third"} {
				if gone := strings.Contains(strings.Join(told(report), "\n"), "deletion "+name+": would be DELETED"); gone || len(after[name]) < len(before[name]) {
					continue
				}
				restarted := len(slices.DeleteFunc(slices.Clone(before[name]), func(pod string) bool { return slices.Contains(after[name], pod) }))
				if restarted != e.restarted[name] || restarted != toldRestarts(report, name) {
					t.Errorf("%d replicas of %s restarted, want %d, and the explanation says %d", restarted, name, e.restarted[name], toldRestarts(report, name))
				}
			}
		})
	}
}

// expectName waits until requests with a model name get a status, unless the name is "". A
// stopping replica still answers for a moment.
func expectName(t *testing.T, url, name string, want int) {
	t.Helper()
	if name == "" {
		return
	}
	await(t, fmt.Sprintf("status %d of requests for %s", want, name), 30*time.Second, func() bool {
		response, err := fresh.Post(url+"/v1/completions", "application/json", strings.NewReader(fmt.Sprintf(`{"model": %q, "prompt": "a", "max_tokens": 1}`, name)))
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == want
	})
}

// expectAnswers fails if a model without an outage in the explanation did not answer.
func expectAnswers(t *testing.T, name string, w *watch, r explain.Report) {
	t.Helper()
	for _, c := range r.Consequences {
		if c.Subject == name && c.Kind == explain.Outage {
			return // short here, where other GPUs are free: TestUpdateWithoutASpareGPU measures it
		}
	}
	w.end(t)
}

// toldRestarts returns the number of replicas of a model that an explanation says restart.
func toldRestarts(r explain.Report, name string) int {
	for _, c := range r.Consequences {
		if c.Subject == name && c.Restarts != nil {
			return c.Restarts.Max
		}
	}
	return 0
}

// replicasOf returns the UIDs of the replicas of each model.
func replicasOf(t *testing.T) map[string][]string {
	t.Helper()
	replicas := map[string][]string{}
	list := kubectl(t, "--namespace="+explainedSpace, "get", "pods", "--field-selector=status.phase=Running",
		`--output=jsonpath={range .items[*]}{.metadata.labels.app\.kubernetes\.io/instance} {.metadata.uid} {.metadata.deletionTimestamp}{"\n"}{end}`)
	for line := range strings.Lines(list) {
		if words := strings.Fields(line); len(words) == 2 { // not ending
			replicas[words[0]] = append(replicas[words[0]], words[1])
		}
	}
	return replicas
}

// explain explains the preview of the stack's configuration, as a workflow does.
func (s *stack) explain() explain.Report {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := s.command(ctx, "preview", "--json", "--stack="+stackName)
	cmd.Env = append(cmd.Env, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true")
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	p, err := explain.Read(out)
	if err != nil {
		s.t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		s.t.Fatalf("pulumi preview: %v: %v", err, p.Messages)
	}
	return explain.Explain(p)
}
